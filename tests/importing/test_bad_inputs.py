"""What is no workflow is refused with the reason, and changes nothing; what is odd but can be kept
is kept as it is, with a word on it."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from simtui.errors import NotWritable
from simtui.importing import ImportItem
from simtui.library import Library
from simtui.library.workflows import now_ms
from simtui.paths import Home
from tests.importing.conftest import Importing, nothing_changes
from tests.making import as_bytes, block, document, edge

Refused = Callable[[str, bytes], Awaitable[ImportItem]]

SOUND = as_bytes(document())
WITH = b'{"version":"1.0","state":{"blocks":{},"edges":[],"odd":%s}}'

BAD_JSON = {
    "too deep by far": (b'{"state":' * 100_000, "too deeply nested"),
    "too deep": (WITH % (b"[" * 200 + b"]" * 200), "too deeply nested"),
    "an endless integer": (WITH % (b"9" * 4301), "4,300 digits"),
    "NaN": (WITH % b"NaN", "NaN or Infinity"),
    "Infinity": (WITH % b"-Infinity", "NaN or Infinity"),
    "past the largest number": (WITH % b"1e999", "too large to keep"),
    "half a character": (WITH % rb'"\ud800"', "lone surrogate"),
    "UTF-16": (SOUND.decode().encode("utf-16"), "UTF-16"),
    "UTF-16 without a mark": (SOUND.decode().encode("utf-16-le"), "UTF-16"),
    "UTF-16 the other way round": (SOUND.decode().encode("utf-16-be"), "UTF-16"),
    "UTF-32": (SOUND.decode().encode("utf-32"), "UTF-32"),
    "Latin-1": (WITH % '"é"'.encode("latin-1"), "byte 56 .0xe9."),
    "two documents": (b"{} {}", "line 1, column 4"),
    "nothing": (b"", "empty"),
    "white space": (b" \n\t\n", "empty"),
    "cut short": (SOUND[:-2], r"cut short \(line \d+, column \d+\)"),
    "cut short in a string": (SOUND[: SOUND.index(b"hello")], r"line \d+, column \d+"),
    "a list": (b"[" + SOUND + b"]", "a list, where a workflow is a JSON object"),
    "a string": (b'"state"', "a single value, where a workflow is a JSON object"),
    "a number": (b"12", "a single value, where a workflow is a JSON object"),
    "null": (b"null", "a single value, where a workflow is a JSON object"),
    "three million values": (b"[" + b"{}," * 3_000_000 + b"{}]", "more than 2,000,000 values"),
    "more than 64 MB": (WITH % (b'"' + b"x" * (64 << 20) + b'"'), "64 MB"),
    "some other object": (b'{"hello": 1}', "no workflow.*hello"),
    "an object that tries to write": (b'{"\x1b]0;x": 1}', "not JSON"),
    "an object with odd keys": (rb'{"\u001b]0;x\u202e": 1}', r"\\x1b\]0;x\\u\{202e\}"),
    "a state without blocks": (b'{"state": {"edges": []}}', "without blocks"),
    "Sim's copilot view": (
        b'{"blocks": {"a": {"type": "agent", "name": "A", "inputs": {}}}, "edges": []}',
        "copilot view",
    ),
    "Sim's YAML": (b"version: '1.0'\nblocks:\n  a:\n    type: agent\n", "YAML"),
    "words": (b"Dear simtui, please find my workflow attached.", "not JSON"),
}


@pytest.mark.parametrize(("content", "reason"), BAD_JSON.values(), ids=BAD_JSON)
async def test_what_is_no_workflow_is_refused_with_the_reason(
    refused: Refused, content: bytes, reason: str
) -> None:
    item = await refused("bad.json", content)
    assert re.search(reason, item.reason or ""), item.reason


async def test_a_long_text_that_is_cut_short_is_refused_at_once(refused: Refused) -> None:
    """Reading it again from each quote in it would take hours."""
    item = await refused("bad.json", b'{"state": {"blocks": {"a": "' + b'{\\"b\\": ' * 500_000)
    assert "cut short" in str(item.reason)


async def test_a_name_of_a_file_is_shown_and_never_sent(
    importing: Importing, tmp_path: Path
) -> None:
    path = tmp_path / "a\x1b]0;owned\x07\u202e\n.json"
    path.write_bytes(b"[]")
    gone = tmp_path / "b\x1b[2J.json"
    here, absent = await importing(path, gone)
    assert (here.outcome, absent.outcome) == ("refused", "refused")
    assert str(here.reason).isprintable()
    assert r"b\x1b[2J.json: cannot be opened" in str(absent.reason)


async def test_a_name_that_is_no_text_is_written_out(importing: Importing, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.json"
    Path(os.fsdecode(path)).write_bytes(b"[]")
    (item,) = await importing(tmp_path)
    assert item.source == str(tmp_path / r"caf\udce9.json")


async def test_a_name_that_is_too_long_is_refused(importing: Importing) -> None:
    (item,) = await importing("x" * 300)
    assert (item.outcome, item.source) == ("refused", "x" * 300)
    assert "name too long" in str(item.reason).lower()


# --- odd, but kept as it is ------------------------------------------------------------------


async def kept(library: Library, importing: Importing, path: Path, content: bytes) -> ImportItem:
    """The item of a file that came in, its document byte for byte what was read."""
    path.write_bytes(content)
    (item,) = await importing(path)
    assert item.outcome == "imported", item.reason
    assert item.workflow_id is not None
    assert await library.workflows.document(item.workflow_id) == content.removeprefix(
        b"\xef\xbb\xbf"
    )
    return item


@pytest.mark.parametrize(
    "odd",
    [
        b"18446744073709551616",
        b"-9223372036854775809",
        b"1" + b"0" * 300,
        rb'"a\u0000b"',
        b'{"__proto__": {"__class__": 1}, "constructor": null, "__dict__": []}',
        b'{"same": 1, "same": 2}',
        b"[" * 150 + b"]" * 150,
        '"\U0001f600 \u202e \ufdd0"'.encode(),
    ],
    ids=["2^64", "-2^63-1", "10^300", "NUL", "prototypes", "a key twice", "150 deep", "planes"],
)
async def test_what_is_odd_stays_byte_for_byte(
    library: Library, importing: Importing, tmp_path: Path, odd: bytes
) -> None:
    await kept(library, importing, tmp_path / "odd.json", WITH % odd)


async def test_of_a_key_that_is_there_twice_the_last_counts(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    content = b'{"state":{"blocks":{},"edges":[],"metadata":{"name":"First","name":"Last"}}}'
    item = await kept(library, importing, tmp_path / "twice.json", content)
    assert item.name == "Last"


async def test_a_byte_order_mark_is_taken_off(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    await kept(library, importing, tmp_path / "marked.json", b"\xef\xbb\xbf" + SOUND)


async def test_a_number_past_a_column_stays_in_the_document(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    folder = tmp_path / "workspace"
    (folder / "Here").mkdir(parents=True)
    index = {"folders": [{"id": "f", "name": "Here", "sortOrder": 2**63}]}
    (folder / "_workspace.json").write_bytes(orjson.dumps(index))
    (folder / "Here" / "a.json").write_bytes(SOUND)
    (item,) = await importing(folder)
    assert item.outcome == "imported"
    assert await library.workflows.folders() == [("Here", 1)]


async def test_a_name_loses_what_cannot_be_shown_and_the_document_does_not(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    name = "Lead\0 \x1b[31menricher\u202e" + "!" * 300
    item = await kept(library, importing, tmp_path / "a.json", as_bytes(document(name)))
    assert item.name == ("Lead [31menricher" + "!" * 300)[:200]


async def test_an_unknown_block_is_kept_and_named(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    strange = block("strange", "teleporter") | {"warp": {"factor": 9}}
    item = await kept(library, importing, tmp_path / "a.json", as_bytes(document(blocks=[strange])))
    assert item.problems == ('block "strange" has a type that is not known here: "teleporter"',)


def unsound() -> dict[str, Any]:
    inside = block("inner") | {"data": {"parentId": "outer"}}
    around = block("outer", "loop") | {"data": {"parentId": "inner"}}
    twice = block("twice") | {"id": "inner"}
    orphan = block("orphan") | {"data": {"parentId": "gone"}}
    blocks = {"inner": inside, "outer": around, "twice": twice, "orphan": orphan}
    value = document()
    value["state"]["blocks"] = blocks
    value["state"]["edges"] = [edge("inner", "nowhere"), edge("inner", "nowhere")]
    value["state"]["loops"] = {"outer": {"nodes": ["inner", "lost"]}}
    return value


async def test_what_is_unsound_comes_in_whole_with_its_problems(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    item = await kept(library, importing, tmp_path / "a.json", as_bytes(unsound()))
    said = "\n".join(item.problems)
    for words in (
        "lies inside itself",
        "two blocks have the id",
        'a container that is not there: "gone"',
        'edge 1 names a block that is not there: "nowhere"',
        "two edges have the id",
        'loop "outer" names a block that is not there: "lost"',
    ):
        assert words in said
    assert (await library.workflows.outline(str(item.workflow_id))).problems == item.problems


async def test_a_key_in_clear_is_told_and_masked(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    value = "sk-proj-" + "q7W2e9R4" * 4
    content = as_bytes(document(blocks=[block("ask", apiKey=value)]))
    item = await kept(library, importing, tmp_path / "a.json", content)
    assert item.key_count == 1
    assert item.notes == ("1 value looks like a key; it stays as it is",)
    assert value not in repr(item)


@pytest.mark.parametrize(
    "when",
    ["1970-01-01T00:00:00.000Z", "2099-12-31T23:59:59.999Z", "9999-12-31T23:59:59Z", "soon", -1],
)
async def test_a_clock_that_is_wrong_does_no_harm(
    library: Library, importing: Importing, tmp_path: Path, when: Any
) -> None:
    before = now_ms()
    value = document(ident="timed") | {"exportedAt": when}
    value["workflow"] |= {"createdAt": when, "updatedAt": when}
    path = tmp_path / "a.json"
    path.write_bytes(as_bytes(value))
    (item,) = await importing(path)
    assert item.outcome == "imported"
    row = await library.workflows.get("timed")
    assert row is not None
    known = {"1970-01-01T00:00:00.000Z": 0, "2099-12-31T23:59:59.999Z": 4102444799999}
    if when in known:
        assert row.created_at == row.updated_at == known[when]
    else:
        assert before <= row.created_at <= row.updated_at <= now_ms()
    assert (await importing(path))[0].outcome == "unchanged"


# --- files that are none ---------------------------------------------------------------------


def pipe(path: Path) -> None:
    os.mkfifo(path)


def socket_file(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        os.chdir(path.parent)  # the path of a socket may be no longer than 107 bytes
        listening.bind(path.name)


def link_to_nothing(path: Path) -> None:
    path.symlink_to("vanished.json")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def link_to_zeros(path: Path) -> None:
    path.symlink_to("/dev/zero")


def link_to_what_cannot_be_read(path: Path) -> None:
    path.symlink_to("/proc/self/mem")


STRANGE = {
    "a pipe": (pipe, "is a pipe, not a file"),
    "a socket": (socket_file, "cannot be opened"),
    "a link to nothing": (link_to_nothing, "cannot be opened: No such file"),
    "a link to itself": (link_to_itself, "cannot be opened: Too many levels"),
    "a device": (link_to_zeros, "is a device, not a file"),
    "a file that cannot be read": (link_to_what_cannot_be_read, "cannot be"),
}


@pytest.mark.parametrize("in_a_folder", [False, True], ids=["named", "in a folder"])
@pytest.mark.parametrize(("make", "reason"), STRANGE.values(), ids=STRANGE)
async def test_what_is_no_file_is_refused_without_waiting(
    library: Library,
    importing: Importing,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], None],
    reason: str,
    in_a_folder: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "strange.json"
    make(path)
    async with nothing_changes(library, tmp_path):
        (item,) = await importing(folder if in_a_folder else path)
    assert (item.outcome, item.source) == ("refused", str(path))
    assert reason in str(item.reason)


async def test_a_folder_that_is_called_like_a_file_is_a_folder(
    importing: Importing, tmp_path: Path
) -> None:
    folder = tmp_path / "folder.json"
    folder.mkdir()
    (folder / "a.json").write_bytes(SOUND)
    (item,) = await importing(tmp_path)
    assert (item.outcome, item.source) == ("imported", str(folder / "a.json"))


async def test_a_workflow_that_lies_too_deep_to_leave_again_is_refused(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    for depth in (16, 17):
        folder = tmp_path.joinpath("in", *(f"d{n}" for n in range(depth)))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{depth}.json").write_bytes(as_bytes(document(str(depth))))
    items = {item.source[-7:]: item for item in await importing(tmp_path / "in")}
    assert items["16.json"].outcome == "imported"
    assert items["17.json"].outcome == "refused"
    assert "16 folders deep" in str(items["17.json"].reason)


@pytest.mark.parametrize("below", [False, True], ids=["it is a file", "it lies below a file"])
async def test_a_home_that_cannot_be_is_told(tmp_path: Path, below: bool) -> None:
    (tmp_path / "file").write_text("mine")
    home = Home(tmp_path / "file" / "SimAI" if below else tmp_path / "file")
    with pytest.raises(NotWritable, match="cannot be made"):
        await Library.open(home)
    assert (tmp_path / "file").read_text() == "mine"
