"""A disk that is full, or may not be written: the command says so and ends with 8, and what was
there before is there after."""

from __future__ import annotations

import ctypes
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from simtui.paths import Home
from tests.looking import tables_in, tree
from tests.making import as_bytes, document
from tests.soak.conftest import COUNT, Exports, ask, check_whole, complete

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]

FULL = (
    "simtui: {}: the disk is full. What was saved before is unchanged; free some space and"
    " try again."
)
LIMIT = (
    "simtui: {} cannot be read or written: disk I/O error. What was saved before is unchanged. Try"
    " again; where it fails again, copy the home to another disk."
)
ROOM = 400


@dataclass(frozen=True, slots=True)
class Disk:
    """A place with little room. `limit` is what a process does to itself before it writes there;
    `grow` makes room; `message` is what the engine says of the end of it."""

    place: Path
    message: str
    limit: Callable[[], None] | None
    grow: Callable[[], Callable[[], None] | None]


@contextmanager
def small_disk(place: Path, megabytes: int, *, mounted: bool) -> Iterator[Disk]:
    """A file system of this size where one may be mounted; otherwise, or where none is wanted, the
    largest file that a process may write."""
    place.mkdir()

    def mount(options: str) -> bool:
        asked = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        return subprocess.run(asked, capture_output=True, check=False).returncode == 0

    def remount() -> None:
        assert mount(f"remount,size={ROOM}m")

    def limit() -> None:
        size = megabytes << 20
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    if mounted and mount(f"size={megabytes}m,mode=700"):
        try:
            yield Disk(place, FULL, None, remount)
        finally:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
    else:
        yield Disk(place, LIMIT, limit, lambda: None)


@pytest.mark.parametrize("mounted", [True, False], ids=["device", "limit"])
@pytest.mark.parametrize("megabytes", [1, 2, 3, 5])
def test_an_import_onto_a_full_disk_ends_with_8_and_goes_on_when_there_is_room(
    tmp_path: Path, many: Exports, megabytes: int, mounted: bool
) -> None:
    before = tmp_path / "before.json"
    before.write_bytes(as_bytes(document("Was here before")))
    contents = {**many.contents, "Was here before": before.read_bytes()}
    with small_disk(tmp_path / "disk", megabytes, mounted=mounted) as disk:
        home = Home(disk.place / "SimAI")
        assert ask(home, "import", before, preexec_fn=disk.limit).returncode == 0

        done = ask(home, "import", many.folder, preexec_fn=disk.limit)
        assert done.returncode == 8
        said = done.stderr.splitlines()[-1]
        # where there is no room for the backup that comes before so much, nothing is imported
        assert said == disk.message.format(home.database) or "Backup not made" in said
        assert {path.name for path in disk.place.rglob("*") if path.suffix != ".zip"} <= {
            "SimAI", "simai.db", "simai.db-wal", "simai.db-shm", "backups", "reserve"
        }  # fmt: skip

        disk.grow()
        present = check_whole(home, contents)
        assert 1 <= present < COUNT
        again = Exports(many.folder, contents)
        outcomes = complete(home, again)
        assert (outcomes["imported"], outcomes["unchanged"]) == (
            COUNT - present + 1,
            present - 1,
        )


@pytest.mark.parametrize("mounted", [True, False], ids=["device", "limit"])
@pytest.mark.parametrize("form", ["zip", "files"])
def test_an_export_onto_a_full_disk_ends_with_8_and_leaves_nothing_that_looks_whole(
    tmp_path: Path, home: Home, many: Exports, form: str, mounted: bool
) -> None:
    assert ask(home, "import", many.folder).returncode == 0
    rows = tables_in(home)
    with small_disk(tmp_path / "disk", 4, mounted=mounted) as disk:
        target = disk.place / "out"
        done = ask(
            home, "export", "--all", "--as", form, "--to", target, "--allow-secrets",
            preexec_fn=_tiny if disk.limit and form == "files" else disk.limit,
        )  # fmt: skip
        assert done.returncode == 8
        assert "The library is unchanged." in done.stderr
        assert not target.is_file()
        assert not (target / "simtui.ndjson").exists()
        left = [path for path in disk.place.rglob("*") if path.is_file()]
        assert left == [], left[:3]
    assert tables_in(home) == rows


def _tiny() -> None:
    """Less than the larger ones of the workflows, each a file here, and just enough for what the
    database shares between processes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (32768, 32768))


def as_mere_owner() -> None:
    """Takes from root the right to pass by a file's mode. Others do not have it."""
    drop_from_bounding_set, may_override_modes = 24, 1
    ctypes.CDLL(None).prctl(drop_from_bounding_set, may_override_modes, 0, 0, 0)


@contextmanager
def read_only(home: Home) -> Iterator[None]:
    """The home cannot be written, nor anything in it; that this holds is tried first."""
    paths = [home.root, *home.root.iterdir()]
    modes = [path.stat().st_mode for path in paths]
    for path in paths:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        tried = subprocess.run(
            [sys.executable, "-c", f"open({str(home.root / 'new')!r}, 'w')"],
            preexec_fn=as_mere_owner,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "PermissionError" in tried.stderr
        yield
    finally:
        for path, mode in zip(paths, modes, strict=True):
            path.chmod(mode)


@pytest.mark.parametrize(
    "arguments",
    [
        ("workflows", "rename", "Was here before", "Other"),
        ("workflows", "delete", "Was here before", "--yes"),
        ("settings", "set", "display.times", "absolute"),
        ("import", "{file}"),
    ],
    ids=["rename", "delete", "set", "import"],
)
def test_a_home_that_cannot_be_written_is_told_and_stays_as_it_is(
    home: Home, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    before, other = tmp_path / "before.json", tmp_path / "other.json"
    before.write_bytes(as_bytes(document("Was here before")))
    other.write_bytes(as_bytes(document("Another")))
    assert ask(home, "import", before).returncode == 0
    content, files = home.database.read_bytes(), tree(home.root)
    with read_only(home):
        done = ask(home, *(a.format(file=other) for a in arguments), preexec_fn=as_mere_owner)
    assert done.returncode == 8, done.stderr
    assert str(home.database) in done.stderr
    assert "What was saved before is unchanged" in done.stderr
    assert (home.database.read_bytes(), tree(home.root)) == (content, files)
    assert ask(home, *(a.format(file=other) for a in arguments)).returncode == 0


def test_where_no_home_can_be_made_it_is_told(tmp_path: Path) -> None:
    place = Home(tmp_path / "locked")
    place.root.mkdir(mode=0o500)
    other = tmp_path / "other.json"
    other.write_bytes(as_bytes(document("Another")))
    done = ask(Home(place.root / "SimAI"), "import", other, preexec_fn=as_mere_owner)
    assert (done.returncode, done.stdout) == (8, "")
    assert "cannot be made: Permission denied" in done.stderr
    assert list(place.root.iterdir()) == []
