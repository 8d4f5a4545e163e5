"""Documents of any size: opened, paged and searched by the lines that are looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from simtui.importing import import_paths
from simtui.library import Library
from simtui.paths import Home
from simtui.tui.widgets.cells import fitted
from simtui.tui.widgets.lines import MAX_LINE, JsonLines
from tests.making import as_bytes, block, document, edge
from tests.tui.driving import driven


async def take_in(home: Home, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "in.json"
    file.write_bytes(content)
    async with await Library.open(home) as library:
        assert [item.outcome async for item in import_paths(library, [file])] == ["imported"]


def large(megabytes: int) -> dict[str, Any]:
    piece = "a line of a long prompt\n" * 400
    blocks = [block(f"b{n:04}", prompt=piece) for n in range(megabytes * 100)]
    blocks[-1]["subBlocks"]["prompt"]["value"] = "the Needle is here"
    return document("Large", blocks)


async def test_the_json_of_a_large_document_is_searched_from_end_to_end(
    home: Home, tmp_path: Path
) -> None:
    await take_in(home, tmp_path, as_bytes(large(20)))
    async with driven(home) as screen:
        await screen.press("J")
        await screen.sees('"version": "1.0"', "J JSON")
        await screen.press("slash")
        await screen.sees("Find in this text")
        await screen.type("needle")
        await screen.press("enter")
        await screen.sees("the Needle is here")
        await screen.press("g", "n")
        await screen.sees("the Needle is here")
        await screen.press("G", "pageup", "pagedown", "g")
        await screen.sees('"version": "1.0"')


async def test_a_document_of_one_line_is_shown_and_searched_to_its_end(
    home: Home, tmp_path: Path
) -> None:
    await take_in(home, tmp_path, json.dumps(large(5), separators=(",", ":")).encode())
    async with driven(home) as screen:
        await screen.press("J")
        await screen.sees('{"version":"1.0"')
        await screen.press("slash")
        await screen.sees("Find in this text")
        await screen.type("needle")
        await screen.press("enter")
        await screen.sees("the Needle is here")


async def test_two_thousand_blocks_and_five_hundred_problems_are_listed_and_walked(
    home: Home, tmp_path: Path
) -> None:
    blocks = [block(f"b{n:04}", prompt="x") for n in range(2000)]
    edges = [edge(f"b{n:04}", f"gone{n}") for n in range(500)]
    await take_in(home, tmp_path, as_bytes(document("Wide", blocks, edges)))
    async with driven(home, columns=120) as screen:
        await screen.press("enter")
        text = await screen.sees("problems", "gone0")
        assert text.count("! ") > 5
        await screen.press("right_square_bracket", "right_square_bracket", "G")
        await screen.sees("Changed  ", "B1999")
        await screen.press("right_square_bracket")
        await screen.sees("gone0")


def pieces_of(content: bytes) -> list[str]:
    lines = JsonLines(content)
    return [lines.plain(number) for number in range(len(lines))]


@pytest.mark.parametrize("character", ["x", "é", "日", "🚀"])
def test_a_line_of_any_length_goes_on_in_the_next_with_no_character_cut(character: str) -> None:
    text = f'{{"a": "{character * 20_000}"}}'
    pieces = pieces_of(f"first\n{text}\nlast".encode())
    assert pieces[0] == "first"
    assert pieces[-1] == "last"
    assert "".join(pieces[1:-1]) == text
    assert all(len(piece.encode()) <= MAX_LINE for piece in pieces)


def test_what_is_no_text_is_shown_all_the_same() -> None:
    assert "".join(pieces_of(b"\x80" * (2 * MAX_LINE + 1))) == "\ufffd" * (2 * MAX_LINE + 1)


def test_a_text_is_found_in_both_directions_round_the_end_without_regard_to_case() -> None:
    lines = JsonLines("one\nÉtÉ two\nthree\nété Two\nfour".encode())
    assert [lines.line_with("two", after, 1) for after in range(5)] == [1, 3, 3, 1, 1]
    assert [lines.line_with("TWO", after, -1) for after in range(5)] == [3, 3, 1, 1, 3]
    assert lines.line_with("été", 0, 1) == 1
    assert lines.line_with("four", 4, 1) == 4
    assert lines.line_with("five", 0, 1) is None
    assert lines.line_with("five", 0, -1) is None


async def test_looking_for_the_next_without_having_looked_says_how(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("enter", "n")
        await screen.sees("/ looks for a text first")


async def test_a_text_goes_no_further_sideways_than_it_is_long(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("J", *["l"] * 50)
        await screen.press(*["h"] * 3)
        await screen.sees('"version": "1.0"')


@pytest.mark.parametrize(
    "name",
    [
        "é" * 300,
        "e\u0301" * 150,
        "日本語" * 100,
        "👩‍🚀" * 60,
        "\u0301" * 50,
        "𝒳" * 80,
        "ｗｉｄｅ" * 60,
    ],
)
@pytest.mark.parametrize("width", [0, 1, 2, 3, 20, 77])
def test_any_name_takes_exactly_its_cells(name: str, width: int) -> None:
    assert cell_len(fitted(name, width)) == width


@pytest.mark.parametrize("name", ["日本語" * 100, "👩‍🚀 crew " * 30, "e\u0301" * 150])
async def test_a_long_name_of_any_script_keeps_the_columns_in_their_place(
    home: Home, tmp_path: Path, name: str
) -> None:
    await take_in(home, tmp_path, as_bytes(document(name, [block("a", name=name)])))
    async with driven(home) as screen:
        text = await screen.sees("– never")
        line = next(line for line in text.splitlines() if "– never" in line)
        assert cell_len(line[: line.index("– never")]) == 63
        await screen.press("enter")
        await screen.sees("Blocks", "Came as")
        await screen.press("escape", "d")
        await screen.sees("to the trash?", "n  no, leave everything as it is")
