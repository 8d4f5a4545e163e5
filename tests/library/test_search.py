"""A search finds what is there now, and never what looks like a key."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection

import pytest

from simtui.importing import import_paths
from simtui.library import Library
from simtui.library.searching import MARK, UNMARK
from tests.harming import flip_a_bit
from tests.library.conftest import Adding
from tests.making import as_bytes, block, document

KEY = "sk-proj-" + "q7W2e9R4" * 4


async def found(library: Library, text: str) -> list[str]:
    return [hit.id for hit in await library.search(text)]


async def test_words_are_found_in_names_prompts_code_and_variables(
    library: Library, tmp_path: Path
) -> None:
    value = document(
        "Quarterly digest",
        [block("ask", prompt="Weigh the mangoes", code="return ripeness > 3")],
        ident="a",
        variables={"v": {"id": "v", "name": "orchard", "type": "string", "value": "Malihabad"}},
    )
    value["state"]["metadata"]["description"] = "For the greengrocer."
    (tmp_path / "a.json").write_bytes(as_bytes(value))
    async for item in import_paths(library, [tmp_path / "a.json"]):
        assert item.outcome == "imported"
    for text in (
        "quarterly",
        "mangoes",
        "ripeness",
        "orchard",
        "malihabad",
        "greengrocer",
        "MANGO",
        "mang rip",
    ):
        assert await found(library, text) == ["a"], text
    for text in ("angoes", "mangoes apples", "subBlocks", "long-input"):
        assert await found(library, text) == [], text


@pytest.mark.parametrize("text", ["resume", "RÉSUMÉ", "re\u0301sume\u0301", "日報", "наивный"])
async def test_case_and_accents_do_not_matter(library: Library, add: Adding, text: str) -> None:
    await add("a", "Résumé 日報 Наивный")
    assert await found(library, text) == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "*",
        '"',
        "-",
        "(",
        "NEAR(",
        "a OR b",
        "title:lead",
        "^",
        "\0",
        "_",
        "\ud800",
        "'",
        ";",
    ],
)
async def test_nothing_in_a_text_is_an_operator(library: Library, add: Adding, text: str) -> None:
    await add("a", "Lead enricher")
    await add("b", "Boring")
    assert await found(library, text) == []


async def test_a_rename_is_followed(library: Library, add: Adding) -> None:
    await add("a", "Mango counter")
    await library.workflows.rename("a", "Apple counter")
    assert (await found(library, "mango"), await found(library, "apple")) == ([], ["a"])
    await library.workflows.rollback("a", 1)
    assert (await found(library, "mango"), await found(library, "apple")) == (["a"], [])


async def test_another_document_is_followed(library: Library, add: Adding) -> None:
    await add("a", prompt="mangoes")
    await add("a", prompt="apples")
    assert (await found(library, "mango"), await found(library, "apple")) == ([], ["a"])
    await library.workflows.rollback("a", 1)
    assert (await found(library, "mango"), await found(library, "apple")) == (["a"], [])


async def test_what_is_in_the_trash_is_not_found_until_it_is_back(
    library: Library, add: Adding
) -> None:
    await add("a", prompt="mangoes")
    await library.workflows.delete(["a"])
    assert await found(library, "mangoes") == []
    await library.workflows.restore(["a"])
    assert await found(library, "mangoes") == ["a"]


async def test_a_name_counts_more_than_a_word_and_a_newer_one_more_than_an_older(
    library: Library, tmp_path: Path
) -> None:
    for ident, name, prompt, day in (
        ("old", "Other words", "mango", 3),
        ("new", "Other words", "mango", 4),
        ("older", "Other words", "mango", 2),
        ("named", "Mango", "other words", 1),
    ):
        value = document(name, [block("ask", prompt=prompt)], ident=ident)
        value["workflow"]["updatedAt"] = f"2026-01-0{day}T00:00:00.000Z"
        (tmp_path / f"{ident}.json").write_bytes(as_bytes(value))
    assert len([item async for item in import_paths(library, [tmp_path])]) == 4
    assert await found(library, "mango") == ["named", "new", "old", "older"]
    assert [hit.id for hit in await library.search("mango", limit=1)] == ["named"]
    times = {row.id: row.updated_at for row in await library.workflows.page()}
    assert {hit.id: hit.at for hit in await library.search("mango")} == times


async def test_a_snippet_shows_where_and_marks_what_was_found(
    library: Library, add: Adding
) -> None:
    await add("a", prompt="First " * 40 + "weigh the\x1b[31m\nMangoes, then " + "last " * 40)
    (hit,) = await library.search("mango weigh")
    assert (hit.kind, hit.workflow_id, hit.title) == ("workflow", "a", "Lead enricher")
    assert hit.snippet.startswith("Ask · prompt: …")
    assert f"{MARK}weigh{UNMARK} the" in hit.snippet
    assert f"{MARK}Mangoes{UNMARK}, then" in hit.snippet
    assert hit.snippet.endswith("…")
    assert len(hit.snippet) < 200
    assert hit.snippet.replace(MARK, "").replace(UNMARK, "").isprintable()


async def test_a_damaged_document_is_told_in_its_snippet(library: Library, add: Adding) -> None:
    await add("a", prompt="mango")
    await library.store.write(flip_a_bit, "a")
    (hit,) = await library.search("mango")
    assert "cannot be unpacked" in hit.snippet


def words(connection: Connection) -> set[str]:
    """Every word in the index, of whatever row."""
    connection.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search, 'row')")
    found = {row[0] for row in connection.execute("SELECT term FROM temp.words")}
    connection.execute("DROP TABLE temp.words")
    return found


async def test_what_looks_like_a_key_never_enters_the_index(library: Library, add: Adding) -> None:
    await add(
        "a",
        apiKey=KEY,
        prompt=f"Call it with {KEY} please",
        headers=[{"id": "r", "cells": {"Key": "Authorization", "Value": "zq8v1kx7mm2w"}}],
        password="hunter2hunter2",
    )
    await library.workflows.rename("a", "Another name")
    there = await library.store.write(words)
    assert {"call", "please", "another"} <= there
    for secret in ("q7w2e9r4" * 4, "zq8v1kx7mm2w", "hunter2hunter2"):
        assert not any(secret in word or word in secret for word in there if len(word) > 5)
        assert await found(library, secret) == []
    for hit in await library.search("please"):
        assert "q7W2" not in hit.snippet


async def test_words_that_were_replaced_are_gone_from_what_is_found(
    library: Library, add: Adding
) -> None:
    for fruit in ("mango", "apple", "plum"):
        await add("a", fruit.title(), prompt=f"{fruit} pie")
    assert [await found(library, fruit) for fruit in ("mango", "apple", "plum", "pie")] == [
        [],
        [],
        ["a"],
        ["a"],
    ]
