"""The same refusals through the real command: what it prints, how it ends, and that nothing moved.

Whole runs are compared with runs that bring nothing bad, so no limit here depends on the machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simtui.paths import Home
from tests.conftest import Command
from tests.importing.archives import Entry, archive, covered, many, named
from tests.looking import tables_in, tree
from tests.making import as_bytes, document

SOUND = as_bytes(document())
BAD: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a climbing name": ("bad.zip", lambda: named("../../evil.json"), "../../evil.json"),
    "an escape in a name": (
        "bad.zip",
        lambda: named(b"\x1b]0;owned\x07.json"),
        r"\x1b]0;owned\x07",
    ),
    "a NUL in a name": ("bad.zip", lambda: named(b"a\0b.json"), r"a\x00b.json"),
    "a bomb": ("bad.zip", lambda: archive(Entry("a.json", bytes(300 << 20))), "a.json"),
    "a bomb that lies": (
        "bad.zip",
        lambda: archive(Entry("a.json", bytes(99 << 20), size=9)),
        "a.json",
    ),
    "a quoted bomb": ("bad.zip", covered, "over one another"),
    "too many entries": ("bad.zip", lambda: many(30_000), "30,000 entries"),
    "a password": ("bad.zip", lambda: archive(Entry("a.json", flags=0x801)), "password"),
    "cut short": ("bad.zip", lambda: named("a.json")[:-9], "bad.zip"),
    "too deep": ("bad.json", lambda: b"[" * 100_000, "too deeply nested"),
    "too many values": ("bad.json", lambda: b"[" + b"{}," * 3_000_000 + b"{}]", "2,000,000 values"),
    "too large": ("bad.json", lambda: b'"' + b"x" * (65 << 20) + b'"', "64 MB"),
    "NaN": ("bad.json", lambda: b'{"state": NaN}', "NaN"),
    "a lone surrogate": ("bad.json", lambda: rb'{"state": "\ud800"}', "surrogate"),
    "no UTF-8": ("bad.json", lambda: b'{"state": "\xff"}', "byte 11"),
    "a list": ("bad.json", lambda: b"[]", "a list"),
    "a bundle": ("bad.simworkflow", lambda: named("manifest.json", "workflow.json"), "bundle"),
    "an escape in a key": ("bad.json", lambda: b'{"\\u001b]0;x": 1}', r"\x1b]0;x"),
}


@pytest.fixture
def kept(simtui: Command, tmp_path: Path) -> None:
    """One workflow is in the library before."""
    seed = tmp_path / "seed.json"
    seed.write_bytes(as_bytes(document("Kept as it is", ident="kept")))
    assert simtui("import", seed).returncode == 0


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(("name", "content", "says"), BAD.values(), ids=BAD)
def test_a_bad_file_alone_ends_with_6_and_changes_nothing(
    simtui: Command, home: Home, tmp_path: Path, name: str, content: Callable[[], bytes], says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content())
    rows, files = tables_in(home), tree(tmp_path, without=home.root)

    told = simtui("import", path)
    answered = simtui("import", path, "-o", "json")

    assert told.returncode == answered.returncode == 6
    assert name in told.stdout or json.loads(answered.stdout)["items"][0]["entry"] in told.stdout
    assert says in told.stdout
    assert told.stdout.replace("\n", "").isprintable()
    answer = json.loads(answered.stdout)
    assert (answer["refused"], answer["imported"]) == (1, 0)
    assert answer["items"][0]["source"] == str(path)
    assert tables_in(home) == rows
    assert tree(tmp_path, without=home.root) == files
    assert [path.name for path in home.root.iterdir()] == ["simai.db"]


def test_a_bad_file_among_good_ones_ends_with_3(simtui: Command, tmp_path: Path) -> None:
    for name, (file, content, _says) in list(BAD.items())[:4]:
        (tmp_path / f"{name}-{file}").write_bytes(content())
    (tmp_path / "good.json").write_bytes(SOUND)
    (tmp_path / "zzz.json").write_bytes(as_bytes(document("Another")))
    done = simtui("import", tmp_path, "-o", "json")
    assert done.returncode == 3
    answer = json.loads(done.stdout)
    assert (answer["imported"], answer["refused"]) == (2, 4)


def test_a_bad_entry_in_a_sound_zip_ends_with_3(simtui: Command, tmp_path: Path) -> None:
    path = tmp_path / "mixed.zip"
    path.write_bytes(archive(Entry("good.json"), Entry("bad.json", b"[]")))
    done = simtui("import", path, "-o", "json")
    assert done.returncode == 3
    outcomes = {item["entry"]: item["outcome"] for item in json.loads(done.stdout)["items"]}
    assert outcomes == {"good.json": "imported", "bad.json": "refused"}


def test_what_is_no_file_ends_with_6_and_does_not_wait(simtui: Command, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    for path in (pipe, "/dev/zero", tmp_path / "vanished.json", "x" * 300):
        done = simtui("import", path)
        assert done.returncode == 6, path
        assert Path(path).name[:40] in done.stdout


def test_a_file_whose_name_is_no_text_is_told(simtui: Command, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.json")).write_bytes(SOUND)
    done = simtui("import", folder, "-o", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["items"][0]["name"] == "Lead enricher"


@pytest.mark.parametrize("below", [False, True], ids=["it is a file", "it lies below a file"])
def test_a_home_that_cannot_be_ends_with_8(tmp_path: Path, simtui: Command, below: bool) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "good.json").write_bytes(SOUND)
    place = tmp_path / "file" / "SimAI" if below else tmp_path / "file"
    done = simtui("--home", place, "import", tmp_path / "good.json")
    assert (done.returncode, done.stdout) == (8, "")
    assert "cannot be made" in done.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_a_disk_that_takes_no_more_ends_with_8_and_loses_nothing(
    simtui: Command, home: Home, tmp_path: Path, kept: None
) -> None:
    """With the largest file that the process may write in place of the disk's end."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(40):
        text = os.urandom(30_000).hex()
        value = document(f"Number {number}", ident=f"w{number}", note=text)
        (folder / f"{number}.json").write_bytes(as_bytes(value))
    rows = tables_in(home)
    limited = [*_limited(300_000), "--home", str(home.root), "import", str(folder)]
    done = subprocess.run(limited, capture_output=True, text=True, check=False)
    assert done.returncode == 8
    assert "What was saved before is unchanged" in done.stderr
    assert tables_in(home) == rows
    assert simtui("import", folder).returncode == 0
    assert len(tables_in(home)["workflows"]) == 41


def _limited(file_bytes: int) -> list[str]:
    script = (
        "import resource, runpy, sys\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({file_bytes}, {file_bytes}))\n"
        "sys.argv = ['simtui', *sys.argv[1:]]\n"
        "runpy.run_module('simtui', run_name='__main__')"
    )
    return [sys.executable, "-c", script]


# --- memory ----------------------------------------------------------------------------------

PEAK = (
    "import resource, subprocess, sys\n"
    "done = subprocess.run(sys.argv[1:], capture_output=True)\n"
    "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


@pytest.fixture
def peak(home: Home) -> Callable[[Path], tuple[int, float]]:
    """Imports a file in a process of its own: its exit code, and its largest resident size in MB,
    that of its own children included."""

    def run(path: Path) -> tuple[int, float]:
        command = [sys.executable, "-m", "simtui", "--home", str(home.root), "import", str(path)]
        done = subprocess.run(
            [sys.executable, "-c", PEAK, *command], capture_output=True, text=True, check=True
        )
        code, size = map(int, done.stdout.split())
        return code, size / (1 << 20 if sys.platform == "darwin" else 1 << 10)

    return run


def sparse_table(path: Path) -> None:
    """A zip whose table of contents is said to be 400 MB of nothing."""
    whole = named("a.json")
    end = bytearray(whole[-22:])
    table_bytes = (400 << 20) - 22 - 4
    end[12:16] = table_bytes.to_bytes(4, "little")
    end[16:20] = (4).to_bytes(4, "little")
    path.write_bytes(whole[:4])
    os.truncate(path, 4 + table_bytes)
    with path.open("ab") as stream:
        stream.write(end)


def sparse_text(path: Path) -> None:
    path.write_bytes(b'{"state": "')
    os.truncate(path, 8 << 30)


def of(content: Callable[[], bytes]) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(content())


BOMBS: dict[str, Callable[[Path], Any]] = {
    "300 MB in 291 KB": of(lambda: archive(Entry("a.json", bytes(300 << 20)))),
    "300 MB said to be 10 bytes": of(lambda: archive(Entry("a.json", bytes(300 << 20), size=10))),
    "a hundred thousand entries": of(lambda: many(100_000)),
    "a hundred thousand entries said to be one": of(lambda: many(100_000, count=1)),
    "a table of 400 MB": sparse_table,
    "8 GB of nothing": sparse_text,
    "three million values": of(lambda: b"[" + b"{}," * 3_000_000 + b"{}]"),
    "a hundred thousand deep": of(lambda: b'{"a":' * 100_000),
}


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_a_bomb_takes_no_memory_to_refuse(
    peak: Callable[[Path], tuple[int, float]], tmp_path: Path, make: Callable[[Path], Any]
) -> None:
    small, bomb = tmp_path / "small.json", tmp_path / "bomb.bin"
    small.write_bytes(b"[]")
    make(bomb)
    code, usual = peak(small)
    assert code == 6
    code, most = peak(bomb)
    assert code == 6
    # what may be read of a file at once, three times over: as read, without its strings, and sent
    assert most < usual + 3 * 64
