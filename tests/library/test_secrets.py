"""What is listed without a key, opened by what was typed, and moved into the vault for good."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from simtui.errors import Damaged, Locked, NotFound, UsageError
from simtui.importing import import_paths
from simtui.library import Library
from simtui.library import secrets as shelf
from simtui.library.adopting import Plan, adopt, plan, scan
from simtui.library.clear_copies import clear_copies
from simtui.model.workflow import Workflow
from simtui.store import checks, payload
from simtui.vault.recovery import new_code
from tests.harming import flip_a_bit
from tests.library.conftest import Adding
from tests.making import as_bytes, block, document
from tests.vault.vaults import PASSWORD, make_vault, run_sql

KEY = "Zk3tT9wQx7Lr2Vb8Np4Hs6Yd1Cf5Gm0J"
OTHER = "Aa1Bb2Cc3Dd4Ee5Ff6Gg7Hh8Ii9Jj0Kk"

Bringing = Callable[..., Awaitable[None]]


@pytest.fixture
def bring(library: Library, tmp_path: Path) -> Bringing:
    """Brings a document in, or another one of the same workflow."""

    async def run(value: dict[str, Any]) -> None:
        path = tmp_path / "brought.json"
        path.write_bytes(as_bytes(value))
        (item,) = [item async for item in import_paths(library, [path])]
        assert item.outcome in ("imported", "updated")

    return run


async def workflow(library: Library, ident: str = "w") -> Workflow:
    found = await library.workflows.get(ident)
    assert found is not None
    return found


async def value_of(library: Library, name: str) -> bytes:
    return bytes(await library.vault.get(name))


# -- listed


async def test_the_list_holds_what_is_set_and_what_is_missing(
    library: Library, bring: Bringing
) -> None:
    await make_vault(library.vault)
    await library.vault.set("UNUSED", b"x")
    await library.vault.set("SHARED", b"x")
    await bring(document("Beta", [block("a", prompt="{{SHARED}} {{ MISSING }}")], ident="b"))
    await bring(document("Alpha", [block("a", prompt="{{SHARED}} {{not a name}}")], ident="a"))
    library.vault.lock()
    lines = await shelf.listed(library)
    assert [(line.name, line.is_set, line.used_by) for line in lines] == [
        ("MISSING", False, (("b", "Beta"),)),
        ("SHARED", True, (("a", "Alpha"), ("b", "Beta"))),
        ("UNUSED", True, ()),
    ]
    assert lines[0].updated_at is None
    assert lines[1].updated_at is not None


async def test_the_trash_uses_no_secret(library: Library, bring: Bringing) -> None:
    await bring(document("Alpha", [block("a", prompt="{{NAME}}")], ident="a"))
    await library.workflows.delete(["a"])
    assert await shelf.listed(library) == []


async def test_a_thousand_secrets_are_listed_with_the_vault_locked(library: Library) -> None:
    await make_vault(library.vault)
    for n in range(1000):
        await library.vault.set(f"KEY_{n:04}", b"x")
    await run_sql(library, "UPDATE secrets SET encrypted_value = x'00' WHERE provider = 'KEY_0500'")
    library.vault.lock()
    lines = await shelf.listed(library)
    assert [line.name for line in lines] == [f"KEY_{n:04}" for n in range(1000)]


async def test_values_come_all_or_none(library: Library) -> None:
    await make_vault(library.vault)
    await library.vault.set("ONE", b"1")
    await library.vault.set("TWO", b"2")
    assert await shelf.values(library, ["TWO", "ONE"]) == {"ONE": b"1", "TWO": b"2"}
    with pytest.raises(NotFound, match="Did you mean ONE"):
        await shelf.values(library, ["ONE", "ONNE"])
    await run_sql(library, "UPDATE secrets SET encrypted_value = x'00' WHERE provider = 'TWO'")
    with pytest.raises(Damaged, match="TWO"):
        await shelf.values(library, ["ONE", "TWO"])


# -- opened


@pytest.mark.parametrize("how", ["password", "code", "code without dashes"])
async def test_what_is_typed_is_known_for_what_it_is(library: Library, how: str) -> None:
    code = await make_vault(library.vault, PASSWORD)
    library.vault.lock()
    typed = bytearray(
        {"password": PASSWORD, "code": code, "code without dashes": code.replace("-", "")}[
            how
        ].encode()
    )
    tried = await shelf.unlock(library, typed)
    assert tried == shelf.Tried("password" if how == "password" else "recovery")
    assert library.vault.is_open
    assert not any(typed)


async def test_a_wrong_one_is_told_and_wiped(library: Library) -> None:
    await make_vault(library.vault, PASSWORD)
    library.vault.lock()
    typed = bytearray(b"something else")
    tried = await shelf.unlock(library, typed)
    assert (tried.way, library.vault.is_open) == ("", False)
    assert tried.said.startswith("This password does not open it.")
    assert not any(typed)


async def test_a_password_in_the_form_of_a_code_opens_it_too(library: Library) -> None:
    """Of another vault, perhaps: it is tried as both, and the wait between is kept."""
    other = new_code()
    await make_vault(library.vault, other)
    library.vault.lock()
    tried = await shelf.unlock(library, bytearray(other.encode()))
    assert tried.way == "password"


async def test_a_vault_that_has_a_code_alone_says_what_is_wrong_with_it(library: Library) -> None:
    await make_vault(library.vault)
    library.vault.lock()
    tried = await shelf.unlock(library, bytearray(b"ABCD-EFGH"))
    assert "this has 8 of 36 in all" in tried.said


async def test_without_a_vault_there_is_nothing_to_open(library: Library) -> None:
    with pytest.raises(Locked, match="`simtui vault init` makes one"):
        await shelf.unlock(library, bytearray(b"something"))


# -- many at once


async def imported(library: Library, text: str, replace: bool = False) -> list[tuple[str, str]]:
    async def may_replace(name: str) -> bool:
        return replace

    stream = BytesIO(text.encode())
    return [(i.name, i.outcome) async for i in shelf.import_env(library, stream, may_replace)]


async def test_every_line_of_an_env_file_is_told(library: Library) -> None:
    await make_vault(library.vault)
    await library.vault.set("SAME", b"1")
    await library.vault.set("OTHER", b"1")
    text = "NEW=1\nSAME=1\nOTHER=2\nTWICE=1\nTWICE=2\nEMPTY=\nBAD-NAME=1\nno line\n"
    assert await imported(library, text) == [
        ("NEW", "imported"),
        ("SAME", "unchanged"),
        ("OTHER", "skipped"),
        ("TWICE", "skipped"),
        ("TWICE", "imported"),
        ("EMPTY", "skipped"),
        ("BAD-NAME", "refused"),
        ("", "refused"),
    ]
    assert await value_of(library, "OTHER") == b"1"
    assert await value_of(library, "TWICE") == b"2"
    assert await imported(library, "OTHER=2\n", replace=True) == [("OTHER", "updated")]
    assert await value_of(library, "OTHER") == b"2"


async def test_a_secret_that_cannot_be_opened_is_replaced_only_when_told(library: Library) -> None:
    await make_vault(library.vault)
    await library.vault.set("ROTTEN", b"1")
    await run_sql(library, "UPDATE secrets SET encrypted_value = x'00' WHERE provider = 'ROTTEN'")
    assert await imported(library, "ROTTEN=1\n") == [("ROTTEN", "skipped")]
    assert await imported(library, "ROTTEN=1\n", replace=True) == [("ROTTEN", "updated")]
    assert await value_of(library, "ROTTEN") == b"1"


# -- found in clear


async def test_a_scan_tells_block_field_and_name_and_no_value(
    library: Library, bring: Bringing
) -> None:
    await bring(document("Alpha", [block("ask", "agent", "Ask", apiKey=KEY)], ident="a"))
    await bring(document("Beta", [block("ask", prompt="Hello.")], ident="b"))
    found = await scan(library)
    (item,) = found.found
    assert (item.workflow, item.block, item.field, item.name) == (
        "Alpha", "Ask", "apiKey", "ASK_API_KEY",
    )  # fmt: skip
    assert (item.in_trash, item.version) == (False, None)
    assert KEY not in repr(found)


async def test_a_scan_looks_into_the_trash_and_into_versions_when_asked(
    library: Library, bring: Bringing
) -> None:
    await bring(document("Alpha", [block("ask", apiKey=KEY)], ident="a"))
    await bring(document("Alpha", [block("ask", apiKey="{{K}}")], ident="a"))
    await bring(document("Gone", [block("ask", apiKey=KEY)], ident="g"))
    await library.workflows.delete(["g"])
    assert [(i.workflow, i.in_trash) for i in (await scan(library)).found] == [("Gone", True)]
    found = (await scan(library, versions=True)).found
    assert {(i.workflow, i.version) for i in found} == {("Alpha", 1), ("Gone", None)}


async def test_a_scan_knows_the_values_of_the_vault(library: Library, bring: Bringing) -> None:
    await make_vault(library.vault)
    await library.vault.set("PASSPHRASE", b"correct horse battery")
    await bring(document("Alpha", [block("ask", prompt="Say correct horse battery")], ident="a"))
    assert (await scan(library)).found == []
    (item,) = (await scan(library, stored=True)).found
    assert (item.name, item.rule) == ("PASSPHRASE", "it is the value of PASSPHRASE")


async def test_a_damaged_document_is_told_and_stops_no_scan(
    library: Library, bring: Bringing
) -> None:
    await bring(document("Alpha", [block("ask", apiKey=KEY)], ident="a"))
    await bring(document("Beta", [block("ask", apiKey=KEY)], ident="b"))
    await library.store.write(flip_a_bit, "a")
    found = await scan(library)
    assert [item.workflow for item in found.found] == ["Beta"]
    assert len(found.unread) == 1
    assert "Alpha" in found.unread[0]


# -- moved


async def adopted(library: Library, **choice: Any) -> Plan:
    """Everything of the workflow `w`."""
    versions = choice.pop("versions", True)
    made = await plan(library, await workflow(library), choice.pop("fields", None), **choice)
    assert await adopt(library, made, versions=versions)
    return made


async def texts_of(library: Library) -> list[bytes]:
    """Every document that is kept, current and earlier."""
    rows = await library.store.read(checks.documents_after, None, 1000)
    return [payload.decode(row.frame, "") for row in rows]


async def test_a_key_goes_into_the_vault_and_leaves_a_reference(
    library: Library, bring: Bringing
) -> None:
    await make_vault(library.vault)
    await bring(document("Alpha", [block("ask", "agent", "Ask", apiKey=KEY)], ident="w"))
    made = await adopted(library)
    assert [(m.name, m.is_new, m.versions) for m in made.moves] == [("ASK_API_KEY", True, ())]
    assert await value_of(library, "ASK_API_KEY") == KEY.encode()
    value = json.loads(await library.workflows.document("w"))
    assert value["state"]["blocks"]["ask"]["subBlocks"]["apiKey"]["value"] == "{{ASK_API_KEY}}"
    (line,) = await shelf.listed(library)
    assert (line.name, line.used_by) == ("ASK_API_KEY", (("w", "Alpha"),))
    assert (await scan(library, versions=True)).found == []


async def test_it_goes_out_of_every_version(library: Library, bring: Bringing) -> None:
    await make_vault(library.vault)
    for prompt in ("one", "two", "three"):
        await bring(document("Alpha", [block("ask", apiKey=KEY, prompt=prompt)], ident="w"))
    made = await adopted(library)
    assert made.versions == [1, 2]
    assert all(KEY.encode() not in text for text in await texts_of(library))
    assert [v.number for v in await library.workflows.versions("w")] == [2, 1]
    earlier = json.loads(await library.workflows.version_document("w", 1))
    assert earlier["state"]["blocks"]["ask"]["subBlocks"]["prompt"]["value"] == "one"


async def test_versions_that_differ_in_the_key_alone_become_one(
    library: Library, bring: Bringing
) -> None:
    await make_vault(library.vault)
    await bring(document("Alpha", [block("ask", apiKey=KEY)], ident="w"))
    await bring(document("Alpha", [block("ask", apiKey="{{ASK_API_KEY}}")], ident="w"))
    await bring(document("Alpha", [block("ask", apiKey=KEY, prompt="x")], ident="w"))
    await bring(document("Alpha", [block("ask", apiKey="{{ASK_API_KEY}}", prompt="y")], ident="w"))
    made = await plan(library, await workflow(library), None, "ASK_API_KEY")
    assert [m.in_current for m in made.moves] == [False]
    assert made.versions == [1, 3]
    await adopt(library, made, versions=True)
    assert [v.number for v in await library.workflows.versions("w")] == [3, 2]
    assert all(KEY.encode() not in text for text in await texts_of(library))


async def test_versions_stay_as_they_are_when_that_is_wanted(
    library: Library, bring: Bringing
) -> None:
    await make_vault(library.vault)
    await bring(document("Alpha", [block("ask", apiKey=KEY)], ident="w"))
    await adopted(library, versions=False)
    assert KEY.encode() not in await library.workflows.document("w")
    assert KEY.encode() in await library.workflows.version_document("w", 1)
    copies = await clear_copies(library, [KEY])
    assert copies.workflows == (("w", "Alpha"),)


async def test_only_the_fields_that_were_named_are_moved(library: Library, bring: Bringing) -> None:
    await make_vault(library.vault)
    ask = block("ask", "agent", "Ask", apiKey=KEY, token=OTHER)
    await bring(document("Alpha", [ask], ident="w"))
    await adopted(library, fields=["ask · TOKEN"], name="MINE")
    text = await library.workflows.document("w")
    assert (KEY.encode() in text, OTHER.encode() in text) == (True, False)
    assert await value_of(library, "MINE") == OTHER.encode()
    with pytest.raises(NotFound, match="What does: Ask · apiKey"):
        await adopted(library, fields=["prompt"])


async def test_a_value_that_the_vault_has_keeps_its_name(library: Library, bring: Bringing) -> None:
    await make_vault(library.vault)
    await library.vault.set("MODEL_KEY", KEY.encode())
    await bring(document("Alpha", [block("ask", apiKey=KEY)], ident="w"))
    made = await adopted(library)
    assert [(m.name, m.is_new) for m in made.moves] == [("MODEL_KEY", False)]
    assert [line.name for line in await shelf.listed(library)] == ["MODEL_KEY"]


async def test_a_name_that_is_taken_by_another_value_is_never_reused(
    library: Library, bring: Bringing
) -> None:
    await make_vault(library.vault)
    await library.vault.set("ASK_API_KEY", b"another value")
    await bring(document("Alpha", [block("ask", "agent", "Ask", apiKey=KEY)], ident="w"))
    with pytest.raises(UsageError, match="ASK_API_KEY is set already, to another value"):
        await plan(library, await workflow(library), None, "ASK_API_KEY")
    await adopted(library)
    assert await value_of(library, "ASK_API_KEY") == b"another value"
    assert await value_of(library, "ASK_API_KEY_2") == KEY.encode()


@pytest.mark.parametrize("name", ["no name", "", "9X"])
async def test_a_name_that_cannot_be_one_is_refused(
    library: Library, bring: Bringing, name: str
) -> None:
    await make_vault(library.vault)
    await bring(document("Alpha", [block("ask", apiKey=KEY)], ident="w"))
    with pytest.raises(UsageError, match="cannot name a secret"):
        await plan(library, await workflow(library), None, name)


async def test_one_name_is_for_one_value(library: Library, bring: Bringing) -> None:
    await make_vault(library.vault)
    await bring(document("Alpha", [block("ask", apiKey=KEY, token=OTHER)], ident="w"))
    with pytest.raises(UsageError, match="these are 2"):
        await plan(library, await workflow(library), None, "NAME")


async def test_a_key_beside_a_reference_is_left_to_the_person(
    library: Library, bring: Bringing
) -> None:
    await make_vault(library.vault)
    await bring(document("Alpha", [block("ask", apiKey=f"{{{{A}}}} {KEY}")], ident="w"))
    made = await plan(library, await workflow(library), None)
    assert made.moves == ()
    assert [key.where for key in made.by_hand] == ["Ask · apiKey"]


async def test_a_workflow_that_was_changed_meanwhile_stays_as_it_is(
    library: Library, bring: Bringing
) -> None:
    await make_vault(library.vault)
    await bring(document("Alpha", [block("ask", apiKey=KEY)], ident="w"))
    made = await plan(library, await workflow(library), None)
    await library.workflows.rename("w", "Renamed")
    with pytest.raises(UsageError, match="changed by someone else meanwhile"):
        await adopt(library, made, versions=True)
    assert KEY.encode() in await library.workflows.document("w")
    assert await library.vault.names() == []


async def test_a_large_document_is_moved_too(library: Library, bring: Bringing) -> None:
    await make_vault(library.vault)
    noise = [f"line {n} of many" for n in range(100_000)]
    await bring(document("Alpha", [block("ask", apiKey=KEY, noise=noise)], ident="w"))
    await adopted(library)
    assert KEY.encode() not in await library.workflows.document("w")
    assert await value_of(library, "ASK_API_KEY") == KEY.encode()


async def test_one_in_the_trash_is_moved_and_stays_there(library: Library, bring: Bringing) -> None:
    await make_vault(library.vault)
    await bring(document("Alpha", [block("ask", apiKey=KEY)], ident="w"))
    await library.workflows.delete(["w"])
    await adopted(library)
    assert (await workflow(library)).deleted_at is not None
    assert (await scan(library)).found == []


# -- gone


def vocabulary(connection: Connection) -> set[str]:
    """Every word of the search index."""
    connection.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search, 'row')")
    words = {row[0] for row in connection.execute("SELECT term FROM temp.words")}
    connection.execute("DROP TABLE temp.words")
    return words


def files_with(library: Library, word: bytes) -> list[str]:
    return [p.name for p in library.home.root.iterdir() if word in p.read_bytes().lower()]


async def test_a_value_that_was_searchable_is_in_no_file_any_more(
    library: Library, add: Adding
) -> None:
    word = "zebrafish99quagga"
    await add("w", "Alpha", prompt=f"Say {word}")
    await add("w", "Alpha", prompt=f"Say {word} twice")
    assert word in await library.store.write(vocabulary)
    assert files_with(library, word.encode()) != []
    await make_vault(library.vault)
    await library.vault.set("WORD", word.encode())
    await adopted(library)
    assert word not in await library.store.write(vocabulary)
    assert await library.search(word) == []
    assert files_with(library, word.encode()) == []
    assert all(word.encode() not in text for text in await texts_of(library))
    assert (library.home.root / "simai.db-wal").stat().st_size == 0


async def test_a_name_and_a_description_lose_it_too(library: Library, bring: Bringing) -> None:
    value = document(f"Alpha {KEY}", [block("ask", apiKey=KEY)], ident="w")
    value["state"]["metadata"]["description"] = f"Uses {KEY}"
    await make_vault(library.vault)
    await bring(value)
    await adopted(library)
    found = await workflow(library)
    assert (found.name, found.description) == ("Alpha {{ASK_API_KEY}}", "Uses {{ASK_API_KEY}}")
    assert files_with(library, KEY.lower().encode()) == []


async def test_while_somebody_reads_the_trace_is_told_to_stay(
    library: Library, bring: Bringing
) -> None:
    await make_vault(library.vault)
    await bring(document("Alpha", [block("ask", apiKey=KEY)], ident="w"))
    made = await plan(library, await workflow(library), None)
    other = await Library.open(library.home)
    reads, release = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(connection: Connection) -> None:
        connection.execute("SELECT count(*) FROM workflows").fetchone()
        loop.call_soon_threadsafe(reads.set)
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result()

    reading = asyncio.create_task(other.store.read(hold))
    await reads.wait()
    cleared = await adopt(library, made, versions=True)
    release.set()
    await reading
    await other.close()
    assert not cleared
    assert await library.store.forget()


# -- other copies


async def test_copies_in_the_home_are_named(
    library: Library, bring: Bringing, tmp_path: Path
) -> None:
    await bring(document("Alpha", [block("ask", apiKey=KEY)], ident="a"))
    await bring(document("Beta", [block("ask", prompt=f"Use {KEY}")], ident="b"))
    await bring(document("Other", [block("ask", apiKey=OTHER)], ident="c"))
    exports = library.home.exports
    exports.mkdir()
    (exports / "plain.json").write_text(json.dumps({"x": KEY}))
    (exports / "innocent.json").write_text(json.dumps({"x": OTHER}))
    with zipfile.ZipFile(exports / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", json.dumps({"x": f"…{KEY}…"}))
    (exports / "broken.zip").write_bytes((exports / "packed.zip").read_bytes()[30:])
    library.home.backups.mkdir()
    (library.home.backups / "old.zip").write_bytes(b"")
    copies = await clear_copies(library, [KEY])
    assert set(copies.workflows) == {("a", "Alpha"), ("b", "Beta")}
    assert copies.exports == (exports / "packed.zip", exports / "plain.json")
    assert copies.unread == (exports / "broken.zip",)
    assert copies.backups == (library.home.backups / "old.zip",)


async def test_a_key_over_the_seam_of_two_pieces_is_seen(library: Library) -> None:
    library.home.exports.mkdir()
    for name, before in (("seam", (1 << 20) - 10), ("start", 0), ("later", (2 << 20) + 5)):
        (library.home.exports / name).write_bytes(b"x" * before + KEY.encode() + b"x" * 100)
    copies = await clear_copies(library, [KEY])
    assert [path.name for path in copies.exports] == ["later", "seam", "start"]


async def test_a_short_value_is_meant_only_where_it_stands_alone(
    library: Library, bring: Bringing
) -> None:
    await bring(document("Alpha", [block("ask", password="secret7")], ident="a"))
    await bring(document("Beta", [block("ask", prompt="a secret7 and more")], ident="b"))
    copies = await clear_copies(library, ["secret7"])
    assert copies.workflows == (("a", "Alpha"),)


async def test_a_key_with_quotes_and_letters_is_found_as_json_writes_it(
    library: Library, bring: Bringing
) -> None:
    odd = 'täglich "und" Nächte'
    await bring(document("Alpha", [block("ask", prompt=odd)], ident="a"))
    library.home.exports.mkdir()
    (library.home.exports / "ascii.json").write_text(json.dumps(odd))
    copies = await clear_copies(library, [odd])
    assert copies.workflows == (("a", "Alpha"),)
    assert [path.name for path in copies.exports] == ["ascii.json"]
