"""`simai.keys`: what was written once is read by every later version, and is written as it is read.

`tests/vectors/make_keys_v1.py` says how the file of vectors was made. Neither is ever changed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from simtui.errors import Damaged, NotWritable, SimtuiError
from simtui.vault import sidecar
from simtui.vault.sealing import SealedByAnotherKey, key_id_of

FILE = Path(__file__).parents[1] / "vectors" / "keys-v1.json"
VECTORS = json.loads(FILE.read_bytes())
KEYS = {name: bytearray.fromhex(key) for name, key in VECTORS["data_keys"].items()}
ERRORS: dict[str, type[SimtuiError]] = {
    kind.__name__: kind for kind in (Damaged, SealedByAnotherKey)
}

Vector = dict[str, Any]


def of(outcome: str) -> pytest.MarkDecorator:
    chosen = [vector for vector in VECTORS["files"] if outcome in vector]
    assert chosen
    return pytest.mark.parametrize("vector", chosen, ids=[each["what"] for each in chosen])


def opened(vector: Vector) -> tuple[sidecar.Sidecar, bytearray]:
    found = sidecar.unpacked(base64.b64decode(vector["file"]))
    keys = {key_id_of(KEYS[name]): KEYS[name] for name in vector["keys"]}
    return found, found.opened(keys)


def test_the_file_is_the_one_that_was_written() -> None:
    digest = "44f3df11625d9ab7734c90eb618d274b4f29d2069494e50a12c842c9109bcaec"
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() == digest


@of("library_key")
def test_a_file_gives_this_key(vector: Vector) -> None:
    found, key = opened(vector)
    assert key.hex() == vector["library_key"]
    assert found.generation == vector["generation"]
    assert [number for number, _ in found.rows.slots] == vector["slots"]
    assert found.is_whole == vector["is_whole"]


@of("library_key")
def test_a_whole_file_is_written_as_it_was_read(vector: Vector) -> None:
    content = base64.b64decode(vector["file"])
    again = sidecar.packed(sidecar.unpacked(content))
    assert (again == content) == vector["is_whole"]


@of("error")
def test_a_file_is_refused_for_its_reason(vector: Vector) -> None:
    with pytest.raises(SimtuiError) as found:
        opened(vector)
    assert type(found.value) is ERRORS[vector["error"]]


def test_every_bit_that_rots_is_seen_or_harmless() -> None:
    """What still opens gives the very key; nothing else ever comes out of it."""
    vector = VECTORS["files"][0]
    content = base64.b64decode(vector["file"])
    keys = {key_id_of(KEYS["b"]): KEYS["b"]}
    for at in range(len(content)):
        rotten = bytearray(content)
        rotten[at] ^= 1
        try:
            found = sidecar.unpacked(bytes(rotten))
            assert not found.is_whole
            key = found.opened(keys)
        except (Damaged, SealedByAnotherKey):
            continue
        assert key.hex() == vector["library_key"]


def test_no_more_of_a_file_is_read_than_there_can_be(tmp_path: Path) -> None:
    path = tmp_path / "simai.keys"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(Damaged):
        sidecar.read(path)


def test_a_file_is_private_and_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "simai.keys"
    sidecar.write(path, b"one")
    before = path.stat().st_ino
    sidecar.write(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_ino != before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not [each for each in tmp_path.iterdir() if each.suffix == ".new"]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "simai.keys"
    sidecar.write(path, b"one")
    (tmp_path / "simai.keys.new").mkdir()  # in the way
    with pytest.raises(NotWritable, match="as they were"):
        sidecar.write(path, b"two")
    assert path.read_bytes() == b"one"


def test_one_that_is_not_there_says_where_others_are(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match="encrypted backup holds a copy"):
        sidecar.read(tmp_path / "simai.keys")
