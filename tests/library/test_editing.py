"""A document in an editor and back: what is kept, what is refused, and that no file stays."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from simtui.errors import BadInput, NotFound, UsageError
from simtui.importing import import_paths
from simtui.library import Library, editing
from simtui.library.editing import RunEditor
from simtui.model.workflow import Workflow
from simtui.store import aside
from tests.making import as_bytes, block, document

ID = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
async def workflow(library: Library, tmp_path: Path) -> Workflow:
    await take_in(library, tmp_path, document(ident=ID))
    return await library.workflows.find(ID)


async def take_in(library: Library, place: Path, value: object) -> None:
    file = place / "in.json"
    file.write_bytes(as_bytes(value))
    async for _ in import_paths(library, [file]):
        pass


def editor_that(change: Callable[[str], str], code: int = 0) -> RunEditor:
    """Somebody who changes the text and leaves the editor."""

    async def run(path: Path) -> int:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.write_text(change(path.read_text()))
        return code

    return run


def files_left(library: Library) -> list[str]:
    return [path.name for path in library.home.root.iterdir() if path.name.startswith("edit-")]


async def test_a_changed_document_is_saved_and_the_one_before_is_a_version(
    library: Library, workflow: Workflow
) -> None:
    change = editor_that(lambda text: text.replace("Say hello.", "Say good evening."))
    assert await editing.edit(library, workflow, None, change) == editing.Saved(())
    assert b"good evening" in await library.workflows.document(ID)
    assert b"Say hello." in await library.workflows.version_document(ID, 1)
    assert files_left(library) == []


async def test_a_prompt_alone_is_plain_text_and_all_else_stays(
    library: Library, workflow: Workflow
) -> None:
    before = json.loads(await library.workflows.document(ID))
    [piece] = await editing.pieces(library, ID)
    change = editor_that(lambda text: text.replace("hello.\n", "hello.\nThen wait.\n"))
    assert await editing.edit(library, workflow, piece, change)
    after = json.loads(await library.workflows.document(ID))
    field = before["state"]["blocks"]["ask"]["subBlocks"]["prompt"]
    assert field["value"] == "Say hello."
    field["value"] = "Say hello.\nThen wait."
    assert after == before


async def test_integers_of_any_size_survive_a_prompt_that_is_edited(
    library: Library, tmp_path: Path
) -> None:
    big = 12345678901234567890123
    await take_in(library, tmp_path, document(ident=ID, odd=big))
    workflow = await library.workflows.find(ID)
    [piece] = await editing.pieces(library, ID)
    await editing.edit(library, workflow, piece, editor_that(lambda text: f"{text} again"))
    assert json.loads(await library.workflows.document(ID))["odd"] == big


async def test_what_was_not_changed_makes_no_version(library: Library, workflow: Workflow) -> None:
    [piece] = await editing.pieces(library, ID)
    for each in (None, piece):
        assert await editing.edit(library, workflow, each, editor_that(str)) is None
    assert await library.workflows.versions(ID) == []


async def test_another_name_in_the_document_is_the_workflows(
    library: Library, workflow: Workflow
) -> None:
    change = editor_that(lambda text: text.replace("Lead enricher", "Night porter"))
    await editing.edit(library, workflow, None, change)
    assert (await library.workflows.find(ID)).name == "Night porter"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"version": "1.0",', '"version": "1.0"', r"line 3, column 3"),
        ('"state"', '"stat"', 'line 1, column 1: an object with "state"'),
        ('"Lead enricher"', '"Bad\\u0007name"', "none of them a control character"),
    ],
)
async def test_what_cannot_be_kept_is_refused_and_is_there_at_the_next_try(
    library: Library, workflow: Workflow, old: str, new: str, message: str
) -> None:
    def spoil(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    with pytest.raises((BadInput, UsageError), match=message):
        await editing.edit(library, workflow, None, editor_that(spoil))
    assert await library.workflows.versions(ID) == []
    assert files_left(library) == []
    draft = await editing.draft_of(library, ID, None)
    assert draft is not None
    assert new in draft.text

    def mend(text: str) -> str:
        assert new in text
        return text.replace(new, old).replace("Say hello.", "Mended.")

    assert await editing.edit(library, workflow, None, editor_that(mend))
    assert b"Mended." in await library.workflows.document(ID)
    assert await editing.draft_of(library, ID, None) is None


async def test_a_draft_can_be_let_go(library: Library, workflow: Workflow) -> None:
    with pytest.raises(BadInput):
        await editing.edit(library, workflow, None, editor_that(lambda text: "{"))
    seen: list[str] = []

    def look(text: str) -> str:
        seen.append(text)
        return text

    await editing.edit(library, workflow, None, editor_that(look), anew=True)
    assert seen[0].encode() == await library.workflows.document(ID)
    assert await editing.draft_of(library, ID, None) is None


async def test_a_draft_is_no_setting_and_no_export_has_it(
    library: Library, workflow: Workflow
) -> None:
    with pytest.raises(BadInput):
        await editing.edit(library, workflow, None, editor_that(lambda text: "{"))
    assert await library.settings.all() == {}


async def test_a_problem_that_is_new_is_told_and_kept(library: Library, workflow: Workflow) -> None:
    change = editor_that(lambda text: text.replace('"target": "ask"', '"target": "nobody"'))
    saved = await editing.edit(library, workflow, None, change)
    assert saved is not None
    assert "nobody" in saved.problems[0]


async def test_what_somebody_else_changed_meanwhile_is_not_written_over(
    library: Library, workflow: Workflow
) -> None:
    async def run(path: Path) -> int:
        await library.workflows.rename(ID, "Other")
        path.write_text(path.read_text().replace("Say hello.", "Mine."))
        return 0

    with pytest.raises(UsageError, match="changed by someone else"):
        await editing.edit(library, workflow, None, run)
    assert (await library.workflows.find(ID)).name == "Other"
    draft = await editing.draft_of(library, ID, None)
    assert draft is not None
    assert "Mine." in draft.text


async def test_an_editor_that_fails_saves_nothing_and_loses_nothing(
    library: Library, workflow: Workflow
) -> None:
    with pytest.raises(UsageError, match="ended with 3"):
        await editing.edit(library, workflow, None, editor_that(lambda text: f"{text} ", 3))
    assert await library.workflows.versions(ID) == []
    assert await editing.draft_of(library, ID, None) is not None
    assert files_left(library) == []


async def test_an_editor_that_takes_the_file_away_is_told(
    library: Library, workflow: Workflow
) -> None:
    async def run(path: Path) -> int:
        path.unlink()
        return 0

    with pytest.raises(NotFound, match="cannot be read"):
        await editing.edit(library, workflow, None, run)


async def test_a_program_that_is_ended_while_one_edits_keeps_the_text(
    library: Library, workflow: Workflow
) -> None:
    begun = asyncio.Event()

    async def run(path: Path) -> int:
        path.write_text("half a thought")
        begun.set()
        await asyncio.Event().wait()
        return 0

    task = asyncio.create_task(editing.edit(library, workflow, None, run))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    draft = await editing.draft_of(library, ID, None)
    assert draft is not None
    assert draft.text == "half a thought"
    assert files_left(library) == []


async def test_the_file_of_a_program_that_was_killed_becomes_a_draft(
    library: Library, workflow: Workflow
) -> None:
    """What a killed process leaves: its file and its row, under a number that nobody has."""
    kept: list[tuple[Path, str]] = []

    async def run(path: Path) -> int:
        kept.append((path, path.read_text().replace("Say hello.", "Unsaved.")))
        token = path.stem.removeprefix("edit-")
        dead = f"4194304{token.removeprefix(str(os.getpid()))}"
        row = await library.store.read(aside.get, f"edit-{token}")
        assert row is not None
        await library.store.write(aside.put, f"edit-{dead}", row)
        path.with_name(f"edit-{dead}.json").write_text(kept[0][1])
        return 0

    assert await editing.edit(library, workflow, None, run) is None
    assert await editing.take_up_files(library) == 1
    draft = await editing.draft_of(library, ID, None)
    assert draft is not None
    assert draft.text == kept[0][1]
    assert files_left(library) == []


async def test_a_copy_has_an_id_of_its_own_also_inside(
    library: Library, workflow: Workflow
) -> None:
    copy = await library.workflows.duplicate(ID)
    assert copy.name == "Lead enricher (copy)"
    value = json.loads(await library.workflows.document(copy.id))
    assert value["workflow"] == {"id": copy.id, "name": copy.name}
    assert value["state"]["blocks"].keys() == {"start", "ask"}
    assert (await library.workflows.duplicate(ID)).name == "Lead enricher (copy 2)"
    assert await library.workflows.count() == 3


async def test_a_copy_is_found_by_its_words_and_names_its_secrets(
    library: Library, tmp_path: Path
) -> None:
    asking = document(ident=ID, blocks=[block("ask", prompt="Use {{SHEET_ID}} of payroll.")])
    await take_in(library, tmp_path, asking)
    copy = await library.workflows.duplicate(ID, "Second")
    assert {hit.id for hit in await library.search("payroll")} == {ID, copy.id}
    assert len((await library.workflows.needed())["SHEET_ID"]) == 2


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"VISUAL": "vim -R", "EDITOR": "nano"}, ["vim", "-R"]),
        ({"EDITOR": "'my editor' -w"}, ["my editor", "-w"]),
        ({"VISUAL": "", "EDITOR": "nano"}, ["nano"]),
    ],
)
def test_the_editor_is_the_one_that_was_named(
    environment: dict[str, str], words: list[str]
) -> None:
    assert editing.editor(environment) == words


def test_no_editor_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotFound, match=r"\$EDITOR"):
        editing.editor({})
