"""A value that was planted once is in nothing that simtui writes: the home with its log, exports of
every form, bundles, backups with what is packed in them, the search index, the log folder."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import sqlite3
import string
import urllib.parse
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from simtui.library import Library
from simtui.paths import Home
from tests.cli.vaulted import private_file, run_alone, vault_in
from tests.making import as_bytes, block, document

SECRET = (
    f"sk-{base64.urlsafe_b64encode(os.urandom(30)).decode().replace('-', 'x').replace('_', 'y')}"
)
AWKWARD = f'q"uo\\ted/ü {os.urandom(20).hex()}'


def forms(value: str) -> set[bytes]:
    """As it might be written: as it is, in JSON, in an address, in base64 at each offset, and as
    the words of an index."""
    octets = value.encode()
    found = {octets, json.dumps(value)[1:-1].encode(), value.lower().encode()}
    found |= {json.dumps(value, ensure_ascii=False)[1:-1].encode()}
    found.add(urllib.parse.quote(value).encode())
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + octets)
        found.add(encoded[4 * (before > 0) : len(encoded) // 4 * 4 - 4])
    words = "".join(c if c in string.ascii_letters + string.digits else " " for c in value)
    found |= {word.lower().encode() for word in words.split() if len(word) >= 12}
    return found


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file, and what is packed in it: zips, frames of zstd, rows of a database."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield from _unpacked(str(path.relative_to(folder)), path.read_bytes())


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.namelist():
                yield from _unpacked(f"{name}!{entry}", archive.read(entry))
    if content.startswith(b"SQLite format 3\0"):
        yield from _rows(name, content)


def _rows(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The frames in a database, unpacked; the library itself is compressed, and would hide it."""
    place = Path(os.environ["HOME"]) / "looked-at.db"
    place.write_bytes(content)
    connection = sqlite3.connect(f"file:{place}?immutable=1", uri=True)
    try:
        for table, column in (("workflows", "data"), ("workflow_versions", "data")):
            for number, (frame,) in enumerate(connection.execute(f"SELECT {column} FROM {table}")):
                yield f"{name}!{table}{number}", zstandard.decompress(frame)
    finally:
        connection.close()
        place.unlink()


def found_in(folder: Path, values: tuple[str, ...] = (SECRET, AWKWARD)) -> list[str]:
    wanted = {form for value in values for form in forms(value)}
    assert all(len(form) >= 12 for form in wanted)
    return [
        name
        for name, content in contents(folder)
        if any(form in content or form in content.lower() for form in wanted)
    ]


@pytest.fixture
def in_use(home: Home, tmp_path: Path) -> tuple[Home, list[str]]:
    """A home in which both values were set, found in clear, and moved into the vault; and what
    opens the vault."""
    opens = ["--password-file", str(private_file(tmp_path / "code", vault_in(home)))]
    workflow = as_bytes(
        document(
            "Keyed", [block("a", apiKey=SECRET), block("b", prompt=f"use {SECRET}")], ident="k"
        )
    )
    file = tmp_path / "keyed.json"
    file.write_bytes(workflow)
    steps: list[tuple[list[str], bytes]] = [
        (["import", str(file)], b""),
        (["secrets", "set", "AWKWARD", *opens], AWKWARD.encode()),
        (["secrets", "adopt", "Keyed", "--all", "--yes", *opens], b""),
        (["secrets", "list"], b""),
        (["secrets", "scan", "--versions", "--stored", *opens], b""),
        (["search", "use"], b""),
    ]
    for words, given in steps:
        done = run_alone(home, *words, input=given)
        assert done.returncode == 0, (words, done.stderr)
        assert not any(form in done.stdout + done.stderr for form in forms(SECRET)), words
    file.unlink()
    return home, opens


def test_what_is_looked_for_would_be_found(tmp_path: Path) -> None:
    for number, form in enumerate(forms(SECRET) | forms(AWKWARD)):
        place = tmp_path / str(number)
        place.mkdir()
        with zipfile.ZipFile(place / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a/b.txt", b"..." + form + b"...")
        assert found_in(place) == ["packed.zip!a/b.txt"]


def test_a_planted_value_is_in_nothing_that_is_written(
    in_use: tuple[Home, list[str]], tmp_path: Path
) -> None:
    home, opens = in_use
    out = tmp_path / "out"
    out.mkdir()
    for words in (
        ["export", "Keyed", "--as", "bundle", "--with-versions", "--to", out / "keyed.simworkflow"],
        ["export", "--all", "--as", "zip", "--to", out / "all.zip"],
        ["export", "--all", "--as", "files", "--to", out / "files"],
        ["export", "Keyed", "--to", out / "keyed.json"],
        ["backup"],
        ["backups", "prove"],
        ["exec", "--with", "AWKWARD", *opens, "--", "sh", "-c", 'printf %s "$AWKWARD"'],
        [
            "vault",
            "rotate",
            *opens,
            "--new-password-file",
            private_file(tmp_path / "p", "new words 1"),
        ],
        ["doctor"],
    ):
        done = run_alone(home, *words)
        assert done.returncode == 0, (words, done.stderr)
        assert not any(form in done.stdout + done.stderr for form in forms(AWKWARD)), words
    assert found_in(home.root) == []
    assert found_in(out) == []
    assert found_in(Path(os.environ["HOME"])) == [], "the log folder, caches, whatever there is"


def test_the_log_of_an_open_library_holds_it_no_more_either(in_use: tuple[Home, list[str]]) -> None:
    home, _ = in_use

    async def look() -> list[str]:
        async with await Library.open(home) as library:
            await library.workflows.rename("k", "Renamed")  # there is a log then
            assert Path(f"{home.database}-wal").stat().st_size > 0
            tokens = await library.store.write(_tokens)
            assert "use" in tokens
            assert not {form.decode() for form in forms(SECRET)} & tokens
            return found_in(home.root)

    assert asyncio.run(look()) == []


def _tokens(connection: sqlite3.Connection) -> set[str]:
    connection.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search, row)")
    try:
        return {term for (term,) in connection.execute("SELECT term FROM temp.words")}
    finally:
        connection.execute("DROP TABLE temp.words")
