"""Bundles under fault: killed, on a full disk, made to harm, and larger than the memory."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import subprocess
import time
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from simtui.library import Library
from simtui.paths import Home
from tests.bench.peak import peak_of
from tests.importing.archives import Entry, archive, many
from tests.looking import tables_in
from tests.making import as_bytes, document
from tests.soak.conftest import ask, check_whole, command
from tests.soak.test_full_disk import small_disk
from tests.vectors.make_bundle_v1 import SMALL, manifest

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]

MB = 1 << 20
BOUND = 110 * MB
VERSIONS = 12


@dataclass(frozen=True, slots=True)
class Laden:
    """A bundle, and the digests of all that is in it."""

    path: Path
    content: frozenset[tuple[str, str]]
    seconds: float


async def content_of(home: Home) -> frozenset[tuple[str, str]]:
    """Every document, version and file of the one workflow, by digest; empty without one."""
    found: set[tuple[str, str]] = set()
    async with await Library.open(home, create=False) as library:
        for row in await library.workflows.page():
            found.add(("document", row.digest))
            for version in await library.workflows.versions(row.id):
                await library.workflows.version_document(row.id, version.number)
                found.add((f"version {version.number}", version.digest))
            for asset in await library.assets.of(row.id):
                await library.assets.check(asset)
                found.add((f"file {asset.name}", asset.digest))
    return frozenset(found)


@pytest.fixture(scope="module")
def laden(tmp_path_factory: pytest.TempPathFactory) -> Laden:
    place = tmp_path_factory.mktemp("laden")
    home = Home(place / "SimAI")
    (place / "a.json").write_bytes(as_bytes(document("Laden", ident="laden")))
    assert ask(home, "import", place / "a.json").returncode == 0
    for number in range(VERSIONS):
        assert ask(home, "workflows", "rename", "laden", f"Laden {number}").returncode == 0
    for number, size in enumerate((12 * MB, 9 * MB, 100)):
        (place / f"{number}.bin").write_bytes(os.urandom(size))
        assert ask(home, "assets", "add", "laden", place / f"{number}.bin").returncode == 0
    path = place / "laden.simworkflow"
    out = ("export", "laden", "--as", "bundle", "--with-versions", "--to", path)
    assert ask(home, *out).returncode == 0
    begun = time.monotonic()
    # started as those are that are killed
    subprocess.run(command(Home(place / "other"), "import", path), stdout=-3, check=True)
    return Laden(path, asyncio.run(content_of(home)), time.monotonic() - begun)


@pytest.mark.parametrize("moment", range(50))
def test_a_bundle_whose_import_is_killed_is_whole_or_not_there(
    home: Home, laden: Laden, moment: int
) -> None:
    if moment % 5 == 0:  # also onto a home that was there
        assert ask(home, "import", "--dry-run", laden.path).returncode == 0
        assert ask(home, "settings", "set", "display.times", "absolute").returncode == 0
    importing = command(home, "import", laden.path)
    with subprocess.Popen(importing, stdout=subprocess.DEVNULL) as child:
        time.sleep(random.Random(moment).random() * laden.seconds)
        child.kill()
    if home.database.exists():
        assert ask(home, "doctor").returncode == 0
        assert asyncio.run(content_of(home)) in (frozenset(), laden.content)
    done = ask(home, "import", laden.path)
    assert done.returncode == 0, done.stderr
    assert asyncio.run(content_of(home)) == laden.content


SIZES = [("device", size) for size in (1, 3, 8, 15, 21)]
# where only each file is limited, the rest may stay in the log, whole and safe
SIZES += [("limit", size) for size in (1, 3, 8)]


@pytest.mark.parametrize(("kind", "megabytes"), SIZES)
def test_a_bundle_onto_a_full_disk_leaves_nothing_and_comes_in_when_there_is_room(
    tmp_path: Path, laden: Laden, kind: str, megabytes: int
) -> None:
    with small_disk(tmp_path / "disk", megabytes, mounted=kind == "device") as disk:
        home = Home(disk.place / "SimAI")
        done = ask(home, "import", laden.path, preexec_fn=disk.limit)
        assert (done.returncode, done.stdout) == (8, ""), done.stderr
        assert "What was saved before is unchanged" in done.stderr
        assert {path.name for path in disk.place.rglob("*")} <= {
            "SimAI", "simai.db", "simai.db-wal", "simai.db-shm", "reserve",
        }  # fmt: skip
        disk.grow()
        assert check_whole(home, {}) == 0
        assert ask(home, "import", laden.path).returncode == 0
        assert asyncio.run(content_of(home)) == laden.content


def lying(**entries: tuple[bytes, int]) -> bytes:
    """A bundle in which an entry is said to have another size, by the manifest and the zip."""
    contents = SMALL | {f"assets/{name}": content for name, (content, _) in entries.items()}
    about = manifest(contents)
    for name, (_, size) in entries.items():
        about["entries"][f"assets/{name}"]["bytes"] = size
    return archive(
        *(Entry(name, content) for name, content in SMALL.items()),
        *(Entry(f"assets/{name}", content, size=size) for name, (content, size) in entries.items()),
        Entry("manifest.json", json.dumps(about).encode()),
    )


def hostile() -> dict[str, tuple[bytes, str]]:
    entries = {f"assets/{n}": b"" for n in range(19_990)}
    about = manifest(SMALL | entries)
    stuffed = json.dumps(about | {"more": [{}] * 600_000}).encode()
    return {
        "declared": (lying(a=(bytes(300 * MB), 300 * MB)), "200 times its size"),
        "more than it says": (lying(a=(bytes(300 * MB), 10)), "more than it says"),
        "less than it says": (lying(a=(b"x" * 10, 500_000)), "less than it says"),
        "entries": (many(100_000), "at most 20,000 are read"),
        "a long manifest": (
            archive(Entry("manifest.json", b'{"a":"' + b"x" * (65 * MB)), Entry("workflow.json")),
            "200 times its size",
        ),
        "a manifest of many values": (
            archive(
                Entry("workflow.json", SMALL["workflow.json"]),
                Entry("manifest.json", stuffed, method=0),
            ),
            "is missing",
        ),
        "a manifest that is a bomb": (
            archive(
                Entry("workflow.json"),
                Entry("manifest.json", b"[" + b"{}," * 3_000_000 + b"{}]", method=0),
            ),
            "2,000,000 values",
        ),
    }


HOSTILE = (
    "declared", "more than it says", "less than it says", "entries", "a long manifest",
    "a manifest of many values", "a manifest that is a bomb",
)  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_bundle_is_refused_in_bounded_memory(
    home: Home, tmp_path: Path, what: str
) -> None:
    content, reason = hostile()[what]
    path = tmp_path / "a.simworkflow"
    path.write_bytes(content)
    assert ask(home, "settings", "set", "display.times", "absolute").returncode == 0
    before = tables_in(home)
    used = os.times().children_user
    code, peak, printed = peak_of(command(home, "import", path))
    assert code == 6
    assert reason in printed, printed
    assert peak < 400 * MB if "manifest" in what else peak < BOUND
    assert os.times().children_user - used < 20
    assert tables_in(home) == before


def test_a_bundle_with_as_many_entries_as_may_be_comes_in(home: Home, tmp_path: Path) -> None:
    contents = SMALL | {f"assets/{n}": b"%d" % n for n in range(5000)}
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as zipped:
        for name, content in contents.items():
            zipped.writestr(name, content)
        zipped.writestr("manifest.json", json.dumps(manifest(contents)))
    (tmp_path / "a.simworkflow").write_bytes(stream.getvalue())
    done = ask(home, "import", tmp_path / "a.simworkflow")
    assert (done.returncode, done.stdout) == (0, "+ Lead enricher\n")
    rows = json.loads(ask(home, "assets", "list", "Lead enricher", "-o", "json").stdout)
    assert len(rows) == 5000


def test_files_larger_than_the_memory_bound_travel_in_little_memory(
    home: Home, tmp_path: Path
) -> None:
    """Also past the two gigabytes at which a zip tells sizes another way."""
    (tmp_path / "a.json").write_bytes(as_bytes(document("Large", ident="large")))
    assert ask(home, "import", tmp_path / "a.json").returncode == 0
    random_file, long_file = tmp_path / "random.bin", tmp_path / "long.bin"
    digests = {}
    with random_file.open("wb") as stream:
        digest = hashlib.sha256()
        for _ in range(150):
            digest.update(piece := os.urandom(MB))
            stream.write(piece)
        digests["random.bin"] = digest.hexdigest()
    with long_file.open("wb") as stream:
        stream.truncate((2 << 30) + 5)
    path, other = tmp_path / "out.simworkflow", Home(tmp_path / "other")
    for words in (
        command(home, "assets", "add", "large", random_file, long_file),
        command(home, "export", "large", "--as", "bundle", "--to", path),
        command(other, "import", path),
        command(other, "assets", "save", "large", "--to", tmp_path / "saved"),
    ):
        code, peak, printed = peak_of(words)
        assert code == 0, printed
        assert peak < BOUND, (words[4:6], peak >> 20)
    saved = tmp_path / "saved"
    assert hashlib.sha256((saved / "random.bin").read_bytes()).hexdigest() == digests["random.bin"]
    assert (saved / "long.bin").stat().st_size == long_file.stat().st_size
    assert path.stat().st_size < 200 * MB
