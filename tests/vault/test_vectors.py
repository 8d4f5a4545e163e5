"""What was sealed once opens in every later version, and what was bad stays refused for its reason.

`tests/vectors/make_v1.py` says how the file was made. Neither is ever changed.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from simtui.errors import Damaged, SimtuiError, UsageError
from simtui.library import Library
from simtui.vault.passwords import normal
from simtui.vault.recovery import read_code
from simtui.vault.sealing import Place, SealedByAnotherKey, key_id_of, unseal
from simtui.vault.slots import WrongWayIn, open_slot, read_slot

FILE = Path(__file__).parents[1] / "vectors" / "vault-v1.json"
VECTORS = json.loads(FILE.read_bytes())
KEYS = {name: bytearray.fromhex(key) for name, key in VECTORS["data_keys"].items()}
ERRORS: dict[str, type[SimtuiError]] = {
    kind.__name__: kind for kind in (Damaged, SealedByAnotherKey, UsageError, WrongWayIn)
}

Vector = dict[str, Any]


def of(kind: str, outcome: str) -> pytest.MarkDecorator:
    chosen = [vector for vector in VECTORS[kind] if outcome in vector]
    assert chosen
    return pytest.mark.parametrize(
        "vector", chosen, ids=[each.get("what", repr(each.get("typed"))[:30]) for each in chosen]
    )


def refused(vector: Vector, found: pytest.ExceptionInfo[SimtuiError]) -> bool:
    return type(found.value) is ERRORS[vector["error"]]


def test_the_file_is_the_one_that_was_written() -> None:
    digest = "aa8b6354acc2b5da07524af785065c3023951bd4058f7144d1632bf6c4888641"
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() == digest


def test_a_keys_id_stays_its_id() -> None:
    assert {name: key_id_of(key).hex() for name, key in KEYS.items()} == VECTORS["key_ids"]


@of("passwords", "bytes")
def test_a_password_becomes_these_bytes(vector: Vector) -> None:
    assert normal(vector["typed"]).hex() == vector["bytes"]


@of("passwords", "error")
def test_what_is_no_password_is_refused(vector: Vector) -> None:
    with pytest.raises(SimtuiError) as found:
        normal(vector["typed"])
    assert refused(vector, found)


@of("codes", "bits")
def test_a_recovery_code_becomes_these_bits(vector: Vector) -> None:
    assert read_code(vector["typed"]).hex() == vector["bits"]


@of("codes", "error")
def test_what_is_no_recovery_code_is_refused(vector: Vector) -> None:
    with pytest.raises(SimtuiError) as found:
        read_code(vector["typed"])
    assert refused(vector, found)


def open_one(vector: Vector) -> bytearray:
    slot = read_slot(base64.b64decode(vector["packed"]), vector["number"])
    return open_slot(slot, bytearray.fromhex(vector["secret"]))


@of("slots", "gives")
def test_a_slot_gives_this_key(vector: Vector) -> None:
    assert open_one(vector).hex() == vector["gives"]


@of("slots", "gives")
def test_a_slot_is_written_as_it_was_read(vector: Vector) -> None:
    packed = base64.b64decode(vector["packed"])
    assert read_slot(packed, vector["number"]).packed() == packed


@of("slots", "error")
def test_a_slot_is_refused_for_its_reason(vector: Vector) -> None:
    with pytest.raises(SimtuiError) as found:
        open_one(vector)
    assert refused(vector, found)
    if vector["error"] == "Damaged":
        assert f"slot {vector['number']}" in found.value.message


def unseal_one(vector: Vector) -> bytearray:
    keys = {key_id_of(KEYS[name]): KEYS[name] for name in vector["keys"]}
    return unseal(keys, base64.b64decode(vector["sealed"]), Place(*vector["place"]))


@of("sealed", "value")
def test_a_sealed_value_opens(vector: Vector) -> None:
    assert unseal_one(vector) == base64.b64decode(vector["value"])


@of("sealed", "error")
def test_a_sealed_value_is_refused_for_its_reason(vector: Vector) -> None:
    with pytest.raises(SimtuiError) as found:
        unseal_one(vector)
    assert refused(vector, found)
    assert f'The secret "{vector["place"][2]}"' in found.value.message


def put_rows(connection: Connection, vault: Vector) -> None:
    connection.execute(
        "INSERT INTO vault (only, store_id, key_id, created_at) VALUES (1, ?, ?, 0)",
        (vault["store_id"], bytes.fromhex(vault["key_id"])),
    )
    connection.executemany(
        "INSERT INTO vault_slots (number, packed) VALUES (?, ?)",
        [(slot["number"], base64.b64decode(slot["packed"])) for slot in vault["slots"]],
    )
    connection.executemany(
        "INSERT INTO vault_retired_keys (key_id, sealed, retired_at) VALUES (?, ?, 0)",
        [
            (bytes.fromhex(key["key_id"]), base64.b64decode(key["sealed"]))
            for key in vault["retired"]
        ],
    )
    connection.executemany(
        "INSERT INTO secrets (provider, encrypted_value, created_at, updated_at)"
        " VALUES (?, ?, 0, 0)",
        [(row["name"], base64.b64decode(row["sealed"])) for row in vault["secrets"]],
    )


@pytest.mark.parametrize("way", ["keyring", "password", "recovery"])
async def test_a_whole_vault_opens_by_each_way_in(library: Library, way: str) -> None:
    """It was rotated, and one of its secrets is still sealed by the key before."""
    vector = VECTORS["vault"]
    await library.store.write(put_rows, vector)
    read = {"keyring": bytearray.fromhex, "password": normal, "recovery": read_code}[way]
    await library.vault.unlock(way, read(vector["opened_by"][way]))
    for secret in vector["secrets"]:
        assert await library.vault.get(secret["name"]) == base64.b64decode(secret["value"])
