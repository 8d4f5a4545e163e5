"""An import from the screen: what is typed, while it runs, and its report."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as engine

from simtui.errors import NotWritable
from simtui.importing import ImportItem
from simtui.library import Library
from simtui.paths import Home
from simtui.tui.screens.tally import MAX_ITEMS, Tally
from simtui.tui.typed_paths import complete_path, path_meant
from tests.making import as_bytes, block, document
from tests.tui.driving import Driver, driven
from tests.tui.pty_screen import screen_on
from tests.tui.test_terminal import LEFT_THE_SCREEN


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that takes a while."""
    folder = tmp_path_factory.mktemp("lot") / "many"
    folder.mkdir()
    content = "some words " * 2000
    for number in range(1500):
        value = document(f"Flow {number}", [block("a", prompt=content)])
        (folder / f"{number:04}.json").write_bytes(as_bytes(value))
    return folder


@contextmanager
def held_up(home: Home) -> Iterator[None]:
    """Another process that writes: whatever wants to write here waits for its end."""
    connection = engine.connect(str(home.database), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


async def begin_import(screen: Driver, path: Path | str) -> None:
    await screen.press("i")
    await screen.sees("Tab completes")
    await screen.paste(str(path))
    screen.app.simulate_key("enter")


@pytest.mark.parametrize("form", ["{}", "'{}'", '"{}"', " {} "])
async def test_a_path_with_spaces_is_taken_as_it_is_or_in_the_quotes_of_a_shell(
    home: Home, tmp_path: Path, form: str
) -> None:
    file = tmp_path / "a b.json"
    file.write_bytes(as_bytes(document("Spaced")))
    async with driven(home) as screen:
        await begin_import(screen, form.format(file))
        await screen.sees("+ Spaced", "1 in")


def test_a_path_is_what_is_there_before_it_is_what_a_shell_would_make_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ('"q".json', "q.json", "it's.json", "~x.json"):
        Path(name).touch()
    assert path_meant('"q".json') == Path('"q".json')
    assert path_meant("'q.json'") == Path("q.json")
    assert path_meant("it's.json") == Path("it's.json")
    assert path_meant(r"it\'s.json") == Path("it's.json")
    assert path_meant("'not there.json'") == Path("'not there.json'")
    assert path_meant("~/a") == Path.home() / "a"
    assert path_meant("~nobodyofthisname/a") == Path("~nobodyofthisname/a")


def test_a_completion_never_fails(tmp_path: Path) -> None:
    assert complete_path("~") == ("~/", [])
    for text in ("~nobodyofthisname/x", f"{tmp_path}/none/x", "a\0b/", "x" * 5000, "/" * 5000):
        assert complete_path(text)[0] == text


@pytest.mark.parametrize("path", ["~nobodyofthisname/x", "/no/such/place", "-"])
async def test_what_is_not_there_is_refused_in_the_report(home: Home, path: str) -> None:
    async with driven(home) as screen:
        await begin_import(screen, path)
        await screen.sees("1 refused", "✗")
        await screen.press("enter")
        await screen.sees("There is no workflow of this one.")
        await screen.press("escape")
        await screen.sees("Nothing here yet.")


async def test_a_second_import_says_that_one_is_running(home: Home, many: Path) -> None:
    async with driven(home) as screen:
        with held_up(home):
            await begin_import(screen, many)
            await screen.sees("importing many (esc cancels)")
            for key in ("i", "D"):
                await screen.press("r", key)
                await screen.sees("importing many (esc cancels) · One thing at a time")
            await screen.press("escape")
        await screen.sees("ended before its end")


async def test_esc_ends_an_import_in_every_area(home: Home, many: Path) -> None:
    async with driven(home) as screen:
        with held_up(home):
            await begin_import(screen, many)
            await screen.press("4")
            await screen.sees("Kept by", "importing many (esc cancels)")
            await screen.press("escape")
        await screen.sees("ended before its end")


async def test_a_folder_that_vanishes_on_the_way_is_told_and_what_came_in_stays(
    home: Home, many: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "going"
    shutil.copytree(many, folder)
    async with driven(home, columns=200) as screen:
        await begin_import(screen, folder)
        await screen.sees("importing going", "/1,500")
        with held_up(home):
            shutil.rmtree(folder)
        await screen.sees("save report", " in · ", "refused")
        await screen.press("f")
        await screen.sees("No such file or directory")
    async with await Library.open(home) as library:
        assert 0 < await library.workflows.count() < 1500


@pytest.mark.parametrize(
    ("where", "there"), [(("question_mark",), "Keys here"), (("slash", "q"), "/ q")]
)
async def test_the_report_does_not_get_in_the_way(
    filled: Home, many: Path, where: tuple[str, ...], there: str
) -> None:
    home = filled
    async with driven(home) as screen:
        with held_up(home):
            await begin_import(screen, many)
            await screen.sees("importing many")
            await screen.press(*where)
            await screen.sees(there)
        while screen.app.last_report is None:
            await screen.pause()
        text = await screen.sees(there)
        assert "save report" not in text
        if there == "Keys here":
            await screen.press("escape")
        await screen.sees("1,500 in", "I shows the report")
        await screen.press("escape")
        await screen.press("I")
        await screen.sees("save report", "+ Flow")


async def test_the_report_is_saved_as_a_text_in_the_home(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    value = document("Unsound\u202e one", [block("a")])
    value["state"]["edges"] = [{"id": "e", "source": "a", "target": "gone"}]
    (folder / "a.json").write_bytes(as_bytes(value))
    (folder / "b.json").write_text("[1]")
    async with driven(home) as screen:
        await begin_import(screen, folder)
        await screen.sees("1 in · 1 refused", "s save report")
        await screen.press("s")
        await screen.sees("Saved in the home under exports/import-report-")
        await screen.press("s")
        await screen.pause()
    one, _other = sorted(home.exports.iterdir())
    text = one.read_text()
    assert "1 in · 1 refused" in text
    assert "✗ b.json" in text
    assert "gone" in text
    assert "\u202e" not in text


async def test_a_report_that_cannot_be_saved_says_so_and_stays(home: Home, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(as_bytes(document("One")))
    async with driven(home) as screen:
        await begin_import(screen, tmp_path / "a.json")
        await screen.sees("+ One")
        home.exports.write_text("in the way")
        await screen.press("s")
        await screen.sees("cannot be written", "+ One")


async def test_an_update_tells_the_version_that_is_kept(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    async with driven(home) as screen:
        for words in ("first", "second"):
            content = document("One", [block("a", prompt=words)], ident="one")
            file.write_bytes(as_bytes(content))
            await begin_import(screen, file)
            await screen.sees("s save report")
            if words == "second":
                await screen.sees("↻ One", "version 1 is kept (1 block changed)")
            await screen.press("escape")


def test_a_report_of_any_length_keeps_what_must_be_looked_at() -> None:
    tally = Tally("somewhere")
    for number in range(MAX_ITEMS + 100):
        tally.add(ImportItem(f"/in/{number}.json", None, "F1", "imported", name=f"Flow {number}"))
    tally.add(ImportItem("/in/bad.json", None, None, "refused", reason="no workflow"))
    assert tally.counts == {
        "imported": MAX_ITEMS + 100, "updated": 0, "unchanged": 0, "skipped": 0, "refused": 1,
    }  # fmt: skip
    assert tally.items[-1].reason == "no workflow"
    assert tally.left_out == 100
    assert list(tally.text())[-1] == "… and 100 more"


async def test_an_import_that_breaks_off_says_why_and_keeps_its_report() -> None:
    tally = Tally("somewhere")
    tally.add(ImportItem("/in/1.json", None, "F1", "imported", name="One"))
    tally.ended_by = NotWritable("The disk is full.").message
    assert tally.words() == "1 in; broken off: The disk is full."
    assert tally.colour == "error"


def test_a_termination_during_an_import_leaves_whole_workflows_and_a_clean_terminal(
    home: Home, many: Path
) -> None:
    with screen_on(home.root) as screen:
        screen.send("i")
        screen.read_until(b"Tab completes")
        screen.send(f"{many}\r")
        screen.read_until(b"/1,500")
        screen.signal(signal.SIGTERM)
        assert screen.exit_code() == 143
        last = screen.seen.rpartition(LEFT_THE_SCREEN)[2]
        assert b"Traceback" not in last
        assert b"fault" not in last
    assert not Path(f"{home.database}-wal").exists()


def test_a_termination_in_a_dialog_leaves_a_clean_terminal(filled: Home) -> None:
    with screen_on(filled.root) as screen:
        screen.send("d")
        screen.read_until(b"to the trash?")
        screen.signal(signal.SIGTERM)
        assert screen.exit_code() == 143
        last = screen.seen.rpartition(LEFT_THE_SCREEN)[2]
        assert b"Traceback" not in last
        assert b"fault" not in last
