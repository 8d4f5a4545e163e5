"""What every test stands on: a HOME of its own, a library in it, and the real `simtui` command."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from simtui.library import Library
from simtui.paths import Home
from tests import starting
from tests.starting import as_text

NO_SKIPS = "SIMTUI_NO_SKIPS"
"""Where this is set, a test that was skipped fails the run: what is not tried is not known."""

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_configure() -> None:
    """A job runner may start us with signals ignored, and every program of a test would inherit
    that."""
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get(NO_SKIPS):
        return
    not_tried = sum(len(reporter.stats.get(kind, ())) for kind in ("skipped", "xfailed"))
    if not_tried:
        reporter.write_line(f"\n{NO_SKIPS} is set, and {not_tried} tests were skipped", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def _a_home_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the person's own home, settings, or folders."""
    place = tmp_path / "person"
    place.mkdir()
    for name in list(os.environ):
        if name.startswith(("SIMTUI_", "XDG_")) and name != "SIMTUI_REAL_EXPORTS":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(place))


@pytest.fixture(autouse=True)
def _no_screen_stays() -> Iterator[None]:
    """A screen takes itself out of what is looked through for circles; here more come after it."""
    yield
    gc.unfreeze()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "SimAI")


@pytest.fixture
async def library(home: Home) -> AsyncIterator[Library]:
    opened = await Library.open(home)
    yield opened
    await opened.close()


@pytest.fixture
def simtui(home: Home) -> Command:
    """Runs the real command on the test's home, as a script would: `simtui("import", path)`."""

    def run(*arguments: object, input: str | None = None) -> subprocess.CompletedProcess[str]:
        words = ["--home", home.root, *arguments]
        given = None if input is None else input.encode()
        return as_text(starting.run(words, input=given))

    return run


@pytest.fixture(scope="session")
def real_exports() -> Path:
    """The folder with files as Sim wrote them, which `SIMTUI_REAL_EXPORTS` names."""
    folder = os.environ.get("SIMTUI_REAL_EXPORTS")
    if not folder:
        pytest.skip("SIMTUI_REAL_EXPORTS is not set: no files as Sim wrote them to test with")
    path = Path(folder).resolve()
    assert path.is_dir(), f"SIMTUI_REAL_EXPORTS={folder} is not a folder"
    return path


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """The path of a program of the system that a test uses for real; `.ci/run` installs them."""

    def found(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"{name} is not installed")
        return path

    return found
