"""The search index follows the rows: what is written is found, what is gone is not."""

from __future__ import annotations

from sqlite3 import Connection

import pytest

from simtui.store import checks, search, workflows
from simtui.store.store import Store
from tests.store.rows import add, content


def found(connection: Connection, text: str) -> list[str]:
    match = search.match_of(text)
    assert match is not None
    return [row[0] for row in search.workflows(connection, match, 50)]


async def test_what_is_written_is_found_by_the_beginning_of_each_word(store: Store) -> None:
    await store.write(add, "a", "Lead enricher", text="classify the mail")
    assert await store.read(found, "class mai") == ["a"]
    assert await store.read(found, "enr") == ["a"]
    assert await store.read(found, "lassify") == []
    assert await store.read(found, "classify spam") == []


async def test_a_write_that_fails_leaves_nothing_in_the_index(store: Store) -> None:
    def half(connection: Connection) -> None:
        add(connection, "a", text="zephyr")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await store.write(half)
    await store.write(add, "b", text="other")
    assert await store.read(found, "zephyr") == []
    assert await store.read(checks.index_both_ways) == (1, 0)


async def test_another_document_takes_the_place_of_the_words_before_it(store: Store) -> None:
    await store.write(add, "a", "Old name", text="oldword")
    new = content("newword", "d2")
    await store.write(workflows.replace, "a", new, name="New title", description="", now_ms=2000)
    assert await store.read(found, "oldword") == []
    assert await store.read(found, "old") == []
    assert await store.read(found, "newword title") == ["a"]
    assert await store.read(checks.index_both_ways) == (1, 0)


async def test_what_is_in_the_trash_is_not_found_until_it_is_back(store: Store) -> None:
    await store.write(add, "a", text="zephyr")
    await store.write(workflows.delete, ["a"], 2000)
    assert await store.read(found, "zephyr") == []
    await store.write(workflows.restore, ["a"])
    assert await store.read(found, "zephyr") == ["a"]


async def test_what_is_taken_out_of_the_index_is_gone_from_it(store: Store) -> None:
    await store.write(add, "a", text="zephyr")
    await store.write(search.remove, workflows.KIND, "a")
    assert await store.read(found, "zephyr") == []


async def test_a_name_counts_more_than_a_body_and_newer_more_than_older(store: Store) -> None:
    await store.write(add, "body", "Other", text="zephyr of the west", updated_at=9000)
    await store.write(add, "old", "Zephyr", text="x", updated_at=1000)
    await store.write(add, "new", "Zephyr", text="x", updated_at=2000)
    assert await store.read(found, "zephyr") == ["new", "old", "body"]


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Café", "cafe"),
        ("cafes", "cafe\u0301s"),
        ("cafe\u0301s", "cafés"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("snake_case_name", "case_na"),
        ("日本語", "日本"),
        ("{{OPENAI_API_KEY}}", "openai_api"),
    ],
)
async def test_case_and_accents_make_no_difference(store: Store, stored: str, asked: str) -> None:
    await store.write(add, "a", text=f"before {stored} after")
    assert await store.read(found, asked) == ["a"]


@pytest.mark.parametrize(
    "text", ['"', "a AND", "NEAR(a b)", "title:x", "a*", "^a", "-a", "a OR b", "('", "_", "\0a"]
)
async def test_nothing_that_is_typed_is_an_operator(store: Store, text: str) -> None:
    await store.write(add, "a", "Nothing", text="of it")
    assert await store.read(found, f"{text} zephyr") == []


def test_what_holds_no_word_asks_for_nothing() -> None:
    assert search.match_of(" -- \u00bf? ") is None


async def test_an_index_that_lost_a_row_or_kept_a_dead_one_is_told(store: Store) -> None:
    await store.write(add, "a")
    await store.write(add, "b")
    assert await store.read(checks.index_both_ways) == (2, 0)

    def spoil(connection: Connection, sql: str) -> None:
        connection.execute(sql)

    await store.write(spoil, "UPDATE search_items SET ref = 'nobody' WHERE ref = 'a'")
    assert await store.read(checks.index_both_ways) == (2, 2)  # no entry for a, none behind it
    await store.write(spoil, "UPDATE search_items SET ref = 'a' WHERE ref = 'nobody'")
    await store.write(spoil, "DELETE FROM search WHERE rowid = 1")
    assert (await store.read(checks.index_both_ways))[1] == 1
    await store.write(spoil, "INSERT INTO search (rowid, title, body) VALUES (77, 'x', 'x')")
    assert (await store.read(checks.index_both_ways))[1] == 2
