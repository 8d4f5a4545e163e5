"""The files of workflows: in and out in pieces, once for all that have them, gone with the last."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from simtui.errors import BadInput, Damaged, NotFound, UsageError
from simtui.importing import import_paths
from simtui.library import Library
from simtui.library.doctor import examine
from simtui.library.workflows import now_ms
from simtui.model.asset import MAX_NAME_BYTES, media_type_of, other_name
from simtui.paths import Home
from simtui.store import assets, pruning
from simtui.store.assets import PIECE_BYTES, PIECES_AT_ONCE
from tests.looking import tables_of
from tests.making import as_bytes, document

LONG = os.urandom(PIECE_BYTES) + bytes(PIECE_BYTES * PIECES_AT_ONCE) + b"the end"
"""A piece that does not shrink, more of those that do than a transaction takes, and a rest."""


@pytest.fixture
async def two(library: Library, tmp_path: Path) -> Library:
    """Two workflows, `one` and `other`."""
    for ident in ("one", "other"):
        path = tmp_path / f"{ident}.json"
        path.write_bytes(as_bytes(document(ident.title(), ident=ident)))
        async for item in import_paths(library, [path]):
            assert item.outcome == "imported"
    return library


async def add(library: Library, ident: str, name: str, content: bytes, **options: Any) -> bool:
    asset, new = await library.assets.add(ident, name, io.BytesIO(content), **options)
    assert (asset.name, asset.digest) == (name, sha256(content).hexdigest())
    return new


async def content_of(library: Library, ident: str, name: str) -> bytes:
    asset = await library.assets.get(ident, name)
    pieces = [piece async for piece in library.assets.pieces(asset)]
    assert max(map(len, pieces), default=0) <= PIECE_BYTES
    return b"".join(pieces)


async def counts(library: Library) -> tuple[int, int]:
    """How many contents, and how many pieces, there are."""
    tables = await tables_of(library)
    return len(tables["asset_contents"]), len(tables["asset_pieces"])


@pytest.mark.parametrize("content", [b"", b"x", b"a,b\n" * 100, LONG], ids=len)
async def test_a_file_comes_back_as_it_was(two: Library, content: bytes) -> None:
    assert await add(two, "one", "report.csv", content)
    assert await content_of(two, "one", "report.csv") == content
    (listed,) = await two.assets.of("one")
    assert (listed.size_bytes, listed.media_type) == (len(content), "text/csv")
    assert all(finding.ok is not False for finding in await examine(two.home))


async def test_the_same_bytes_are_stored_once(two: Library) -> None:
    await add(two, "one", "a.bin", LONG)
    before = await counts(two)
    await add(two, "one", "b.bin", LONG)
    await add(two, "other", "a.bin", LONG)
    assert not await add(two, "other", "a.bin", LONG)
    assert await counts(two) == before == (1, PIECES_AT_ONCE + 2)


async def test_bytes_go_with_the_last_that_has_them(two: Library) -> None:
    await add(two, "one", "a.bin", LONG)
    await add(two, "other", "a.bin", LONG)
    await two.assets.remove("one", "a.bin")
    assert await content_of(two, "other", "a.bin") == LONG
    await two.assets.remove("other", "a.bin")
    assert await counts(two) == (0, 0)
    with pytest.raises(NotFound):
        await two.assets.get("other", "a.bin")


async def test_the_trash_keeps_files_and_the_end_takes_them(two: Library) -> None:
    await add(two, "one", "a.bin", LONG)
    await two.workflows.delete(["one"])
    await two.assets.tidy()
    assert await content_of(two, "one", "a.bin") == LONG
    assert await two.store.write(pruning.remove_workflow, "one", now_ms() + 1)
    await two.assets.tidy()
    assert await counts(two) == (0, 0)
    assert all(finding.ok is not False for finding in await examine(two.home))


async def test_a_copy_has_the_files_and_no_bytes_of_its_own(two: Library) -> None:
    await add(two, "one", "a.bin", b"content")
    assert await two.store.write(assets.copy, "one", "other") == 1
    await two.assets.remove("one", "a.bin")
    assert await content_of(two, "other", "a.bin") == b"content"


async def test_another_file_of_that_name_is_put_in_its_place_only_when_told(two: Library) -> None:
    await add(two, "one", "a.txt", b"before")
    with pytest.raises(UsageError, match="already"):
        await add(two, "one", "a.txt", b"after")
    assert await content_of(two, "one", "a.txt") == b"before"
    assert await add(two, "one", "a.txt", b"after", replace=True)
    assert await content_of(two, "one", "a.txt") == b"after"
    assert await counts(two) == (1, 1)


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", "a/b", "/etc/passwd", "..\\a", "a\nb", "\x1b]0;x\x07", "a\u202eb",
     "\udcff", "x" * (MAX_NAME_BYTES + 1)],
)  # fmt: skip
async def test_a_name_never_leads_anywhere(two: Library, name: str) -> None:
    before = await tables_of(two)
    with pytest.raises(UsageError, match="cannot be a file's name"):
        await two.assets.add("one", name, io.BytesIO(b"x"))
    assert await tables_of(two) == before


async def test_a_workflow_that_is_not_there_gets_nothing(two: Library) -> None:
    with pytest.raises(NotFound):
        await two.assets.add("nobody", "a.txt", io.BytesIO(b"x"))
    assert await counts(two) == (0, 0)


class Breaking(io.BytesIO):
    """A stream that fails, or calls off, after some pieces."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(LONG)
        self._error = error

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > PIECE_BYTES * 3:
            raise self._error
        return super().read(size)


@pytest.mark.parametrize("error", [OSError(5, "gone"), BadInput("no more")], ids=repr)
async def test_a_file_that_breaks_off_leaves_nothing(two: Library, error: Exception) -> None:
    before = await tables_of(two)
    with pytest.raises(type(error)):
        await two.assets.add("one", "a.bin", Breaking(error))
    assert await tables_of(two) == before


async def test_a_cancelled_addition_leaves_nothing(two: Library) -> None:
    before = await tables_of(two)
    work: asyncio.Task[Any] | None = None

    def cancel(_size: int) -> None:
        assert work is not None
        work.cancel()

    adding = two.assets.add("one", "a.bin", io.BytesIO(LONG), on_progress=cancel)
    work = asyncio.create_task(adding)
    with pytest.raises(asyncio.CancelledError):
        await work
    assert await tables_of(two) == before


async def test_what_was_left_half_way_goes_an_hour_later(two: Library) -> None:
    frame = assets.packed(b"x")
    at = now_ms()
    ident = await two.store.write(assets.begin, at)
    await two.store.write(assets.put_pieces, ident, 0, [frame] * 20, at)
    await two.assets.tidy()
    assert await counts(two) == (1, 20)  # somebody may be at work there
    await two.store.write(assets.begin, at - 3_700_000)
    while await two.store.write(assets.sweep, at + 3_700_000):
        pass
    assert await counts(two) == (0, 0)


async def test_what_was_cleared_away_is_not_gone_on_with(two: Library) -> None:
    ident = await two.store.write(assets.begin, now_ms())
    await two.store.write(assets.drop, ident)
    await two.assets.tidy()
    with pytest.raises(Exception, match="cleared away"):
        await two.store.write(assets.put_pieces, ident, 0, [assets.packed(b"x")], now_ms())


async def test_bytes_that_go_while_they_are_wanted_are_missed(two: Library) -> None:
    await add(two, "one", "a.txt", b"x")
    staged = await two.assets.stage(iter([b"x"]), sha256(b"x").hexdigest())
    assert staged.id is None
    await two.assets.remove("one", "a.txt")
    with pytest.raises(assets.ContentGone):
        await two.store.write(assets.settle, staged)


def harm(connection: Connection, sql: str) -> None:
    assert connection.execute(sql).rowcount == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE asset_pieces SET data = CAST('A' || substr(data, 2) AS BLOB) WHERE number = 0",
        "DELETE FROM asset_pieces WHERE number = 3",
        "UPDATE asset_pieces SET packed = 0 WHERE number = 3",
        "UPDATE asset_contents SET size_bytes = size_bytes + 1",
    ],
    ids=["a byte", "a piece", "its form", "the size"],
)
async def test_a_damaged_file_is_told_and_never_whole(two: Library, sql: str) -> None:
    await add(two, "one", "a.bin", LONG)
    await two.store.write(harm, sql)
    asset = await two.assets.get("one", "a.bin")
    with pytest.raises(Damaged, match=r"a\.bin"):
        await two.assets.check(asset)
    (finding,) = [each for each in await examine(two.home) if each.name == "files"]
    assert finding.ok is False
    assert "a.bin" in finding.value
    found = await two.store.read(lambda connection: list(assets.damaged(connection)))
    assert [reason is not None for _, reason in found] == [True]


async def test_a_file_is_found_by_its_name(two: Library) -> None:
    await add(two, "one", "Quarterly report.csv", b"x")
    (hit,) = await two.search("quart")
    assert (hit.kind, hit.workflow_id, hit.title) == ("asset", "one", "Quarterly report.csv")
    await two.workflows.delete(["one"])
    assert await two.search("quart") == []
    await two.workflows.restore(["one"])
    await two.assets.remove("one", "Quarterly report.csv")
    assert await two.search("quart") == []


def test_a_type_is_told_by_the_ending() -> None:
    assert media_type_of("a.PNG") == "image/png"
    assert media_type_of("a.tar.gz") == "application/gzip"
    assert media_type_of("README") == media_type_of("a.b c") == "application/octet-stream"


def test_another_name_is_free_and_no_longer_than_one_may_be() -> None:
    assert other_name("a.csv", {"a.csv", "a-2.csv"}) == "a-3.csv"
    assert other_name(".env", {".env"}) == ".env-2"
    long = "é" * (MAX_NAME_BYTES // 2 - 2) + ".csv"
    assert len(other_name(long, {long}).encode()) <= MAX_NAME_BYTES


MEASURED = """
import asyncio, json, resource, sys
from pathlib import Path
from simtui.library import Library
from simtui.paths import Home

class Endless:
    left = {pieces}
    def read(self, size):
        self.left -= 1
        return (b"%09d" % self.left) * (size // 9) if self.left >= 0 else b""

async def main():
    async with await Library.open(Home(Path(sys.argv[1]))) as library:
        asset, _ = await library.assets.add("one", "large.bin", Endless())
        await library.assets.check(asset)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

asyncio.run(main())
"""


async def test_memory_does_not_grow_with_the_file(two: Library) -> None:
    def peak_kib(pieces: int) -> int:
        program = MEASURED.format(pieces=pieces)
        done = subprocess.run(
            [sys.executable, "-c", program, str(two.home.root)],
            capture_output=True, text=True, check=True, timeout=100,
        )  # fmt: skip
        return int(json.loads(done.stdout))

    small = peak_kib(30)
    await two.assets.remove("one", "large.bin")
    assert peak_kib(300) < small + 10_000


async def test_every_open_home_sees_the_same(two: Library, home: Home) -> None:
    async with await Library.open(home) as other:
        await add(other, "one", "a.txt", b"x")
        assert await content_of(two, "one", "a.txt") == b"x"
