"""Everything hostile at once, beside what is sound: refused by name, in bounded memory."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from simtui.paths import Home
from tests.bench.peak import peak_of
from tests.importing.archives import Entry, archive, covered, many
from tests.looking import tables_in, tree
from tests.making import as_bytes, document
from tests.soak.conftest import ask, check_whole, command

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]

MB = 1 << 20
BOUND = 200 * MB
"""The largest document, read and copied once, and the program itself."""


def quoted_bomb(entries: int, kernel_bytes: int) -> bytes:
    """Each entry's data is the header of the next, quoted in a stored block, and then the next
    one's data: all of them lie over one another, and unpack to `entries` times the kernel."""
    kernel = bytes(kernel_bytes)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data, quoted = packer.compress(kernel) + packer.flush(), b""
    header, table = b"", []
    for number in reversed(range(entries)):
        if header:
            data = struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF) + header + data
            quoted = header + quoted
        name = f"{number:04}.json".encode()
        crc, size = zlib.crc32(kernel, zlib.crc32(quoted)), len(quoted) + kernel_bytes
        fields = struct.pack("<5H3L2H", 20, 0, 8, 0, 0x21, crc, len(data), size, len(name), 0)
        header = b"PK\x03\x04" + fields + name
        table.append((fields, name, len(header) + len(data)))
    body = header + data
    listed = b"".join(
        b"PK\x01\x02\x14\0" + fields + struct.pack("<3H2L", 0, 0, 0, 0, len(body) - rest) + name
        for fields, name, rest in reversed(table)
    )
    return (
        body
        + listed
        + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, entries, entries, len(listed), len(body), 0)
    )


def values_by_the_million() -> bytes:
    return b"[" + b"{}," * 3_000_000 + b"{}]"


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "declared.zip": (lambda: archive(Entry("a.json", bytes(300 * MB))), "200 times its size"),
    "lying.zip": (
        lambda: archive(Entry("a.json", bytes(300 * MB), size=10)),
        "more than it says",
    ),
    "entries.zip": (lambda: many(100_000), "at most 20,000 are read"),
    "entries-said-one.zip": (lambda: many(100_000, count=1), "entries"),
    "quoted.zip": (lambda: quoted_bomb(2000, 900_000), "over one another"),
    "covered.zip": (covered, "over one another"),
    "values.zip": (
        lambda: archive(Entry("a.json", values_by_the_million(), method=0)),
        "2,000,000 values",
    ),
    "values.json": (values_by_the_million, "2,000,000 values"),
    "deep.json": (lambda: b'{"a":' * 100_000, "too deeply nested"),
    "long.json": (lambda: b'{"state": "' + b"x" * (65 * MB) + b'"}', "64 MB"),
    "digits.json": (lambda: b'{"state": ' + b"9" * 1_000_000 + b"}", "digits"),
    "cut.zip": (lambda: archive(Entry("a.json"))[:-9], "not a whole zip"),
}
"""By a file's name, what makes it, and a word of the reason to refuse it."""


def test_the_quoted_bomb_is_one() -> None:
    """Python's own reader unpacks it, to thousands of times what the file holds."""
    small, large = quoted_bomb(5, 1000), quoted_bomb(2000, 900_000)
    with zipfile.ZipFile(io.BytesIO(small)) as archive:
        assert [len(archive.read(name)) for name in archive.namelist()][-2:] == [1039, 1000]
    with zipfile.ZipFile(io.BytesIO(large)) as archive:
        assert sum(entry.file_size for entry in archive.infolist()) > 5_000 * len(large)


def test_a_folder_full_of_attacks_costs_little_memory_and_keeps_nothing_else_out(
    home: Home, tmp_path: Path
) -> None:
    before = tmp_path / "before.json"
    before.write_bytes(as_bytes(document("Was here before")))
    assert ask(home, "import", before).returncode == 0
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, (content, _reason) in HOSTILE.items():
        (folder / name).write_bytes(content())
    (folder / "zzz-sound.json").write_bytes(as_bytes(document("Sound")))
    files = tree(tmp_path, without=home.root)

    code, size, printed = peak_of(command(home, "import", folder, "-o", "json"))
    answer = json.loads(printed)
    assert code == 3
    refused = {
        Path(item["source"]).name: item["reason"]
        for item in answer["items"]
        if item["outcome"] == "refused"
    }
    assert refused.keys() == HOSTILE.keys()
    for name, (_content, reason) in HOSTILE.items():
        assert reason in refused[name], (name, refused[name])
    assert answer["imported"] == 1
    assert size < BOUND, f"{size / MB:.0f} MB"
    assert tree(tmp_path, without=home.root) == files
    sound = {"Was here before": before, "Sound": folder / "zzz-sound.json"}
    assert check_whole(home, {name: path.read_bytes() for name, path in sound.items()}) == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_an_attack_alone_is_refused_in_bounded_memory(
    home: Home, tmp_path: Path, name: str
) -> None:
    assert ask(home).returncode == 0
    rows = tables_in(home)
    path = tmp_path / name
    path.write_bytes(HOSTILE[name][0]())
    code, size, _printed = peak_of(command(home, "import", path))
    assert code == 6
    assert size < BOUND, f"{size / MB:.0f} MB"
    assert tables_in(home) == rows


def test_ten_thousand_workflows_in_one_zip_come_in_and_go_out_in_bounded_memory(
    home: Home, tmp_path: Path
) -> None:
    """What simtui writes, it reads: no limit against attacks stands in the way."""
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for n in range(10_000):
            made.writestr(f"{n % 90}/{n}.json", as_bytes(document(f"Number {n}")))
    code, size, printed = peak_of(command(home, "import", path, "-o", "json"))
    assert code == 0
    assert json.loads(printed)["imported"] == 10_000
    assert size < BOUND, f"{size / MB:.0f} MB"

    target = tmp_path / "out.zip"
    exporting = command(home, "export", "--all", "--as", "zip", "--to", target, "--allow-secrets")
    code, size, _printed = peak_of(exporting)
    assert code == 0
    assert size < BOUND, f"{size / MB:.0f} MB"
    other = Home(tmp_path / "other")
    done = ask(other, "import", target)
    assert done.returncode == 0
    assert "10,000 imported" in done.stderr
    assert digests(other) == digests(home)


def digests(home: Home) -> list[tuple[str, str]]:
    return sorted((row[1], row[6]) for row in tables_in(home)["workflows"])
