"""What a database promises once it is open, and what is refused without harm."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as engine

from simtui.errors import BadInput, Damaged, NewerLibrary, NotWritable, SimtuiError
from simtui.library import Library
from simtui.paths import Home
from simtui.store import engine as ours
from simtui.store import filesystem, migrations, settings
from simtui.store.filesystem import is_network, type_of
from simtui.store.store import Store
from tests.store.threads import assert_none_left, connection_threads

WANTED = {
    "application_id": 0x53494D54,
    "user_version": migrations.SCHEMA_VERSION,
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "busy_timeout": 5000,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "secure_delete": 1,
    "auto_vacuum": 2,
    "temp_store": 2,
}


async def test_every_connection_has_every_pragma(store: Store) -> None:
    def pragmas(connection: object) -> dict[str, object]:
        return {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]  # type: ignore[attr-defined]  # either engine's
            for name in WANTED
        }

    assert await store.read(pragmas) == WANTED
    assert await store.write(pragmas) == WANTED


async def test_the_files_are_private(store: Store) -> None:
    await store.write(settings.put, "a", "1")
    for path in store.path.parent.glob("simai.db*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


async def test_the_seeds_tables_have_the_seeds_columns(store: Store) -> None:
    seed = {
        "workflows": {"id", "name", "data", "updated_at"},
        "runs": {"id", "workflow_id", "status", "started_at", "duration_ms", "summary_json"},
        "settings": {"key", "value"},
        "secrets": {"provider", "encrypted_value"},
    }

    def columns(connection: object, table: str) -> set[str]:
        rows = connection.execute(f"PRAGMA table_info({table})")  # type: ignore[attr-defined]  # either engine's
        return {row[1] for row in rows}

    for table, wanted in seed.items():
        assert wanted <= await store.read(columns, table)


async def test_a_newer_database_is_refused_and_unharmed(tmp_path: Path) -> None:
    path = tmp_path / "simai.db"
    await (await Store.open(path)).close()
    raw = engine.connect(str(path))
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(NewerLibrary, match="schema 99"):
        await Store.open(path)
    assert path.read_bytes() == before


async def test_another_programs_database_is_refused_and_unharmed(tmp_path: Path) -> None:
    path = tmp_path / "simai.db"
    raw = engine.connect(str(path))
    raw.execute("CREATE TABLE theirs (x)")
    raw.commit()
    raw.close()
    before = path.read_bytes()
    with pytest.raises(BadInput, match="another program"):
        await Store.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 400, b"SQLite format 3\0" + b"x" * 9000]
)
async def test_a_file_that_is_no_database_is_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "simai.db"
    path.write_bytes(content)
    with pytest.raises(Damaged, match="cannot be read as a database"):
        await Store.open(path)
    assert path.read_bytes() == content


async def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotWritable, match="cannot be made"):
        await Store.open(tmp_path / "file" / "simai.db")


def test_a_failed_migration_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "simai.db"
    ours.create_file(path)
    connection = ours.connect(path)
    steps = {1: ["CREATE TABLE a (x)", "CREATE TABLE broken ("]}
    with pytest.raises(engine.OperationalError):
        migrations.migrate(connection, path, steps.__getitem__)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == 0
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    migrations.migrate(connection, path)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == migrations.SCHEMA_VERSION
    connection.close()


def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys; from pathlib import Path; from simtui.store.store import Store\n"
        "async def main():\n"
        "    store = await Store.open(Path(sys.argv[1])); await store.close()\n"
        "asyncio.run(main())"
    )
    for round_ in range(3):
        path = tmp_path / f"{round_}.db"
        starts = [subprocess.Popen([sys.executable, "-c", script, str(path)]) for _ in range(4)]
        assert [start.wait(60) for start in starts] == [0] * 4
        connection = ours.connect(path)
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA auto_vacuum").fetchone()[0] == 2
        connection.close()


async def test_a_network_home_has_a_rollback_journal_and_one_process(tmp_path: Path) -> None:
    path = tmp_path / "simai.db"
    store = await Store.open(path, network=True)
    await store.write(settings.put, "a", "1")
    assert await store.read(settings.all_of) == {"a": "1"}
    assert not path.with_name("simai.db-wal").exists()
    script = (
        "import asyncio, sys; from pathlib import Path; from simtui.store import engine\n"
        "engine.BUSY_TIMEOUT_MS = 50\n"
        "short = lambda n, v: (n, 50 if n == 'busy_timeout' else v)\n"
        "engine._PRAGMAS = tuple(short(*pair) for pair in engine._PRAGMAS)\n"
        "from simtui.store.store import Store\n"
        "asyncio.run(Store.open(Path(sys.argv[1]), network=True))"
    )
    other = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True
    )
    assert "Busy" in other.stderr
    await store.close()


async def test_a_library_that_moves_onto_the_network_and_back_keeps_its_rows(
    tmp_path: Path,
) -> None:
    path = tmp_path / "simai.db"
    for network, journal in ((False, "wal"), (True, "truncate"), (False, "wal")):
        store = await Store.open(path, network=network)
        await store.write(settings.put, f"{network}", "1")
        mode = await store.read(lambda raw: raw.execute("PRAGMA journal_mode").fetchone()[0])
        assert mode == journal
        await store.close()
        assert [file.name for file in tmp_path.glob("simai.db-wal")] == []
    store = await Store.open(path)
    assert await store.read(settings.all_of) == {"False": "1", "True": "1"}
    await store.close()


@pytest.mark.parametrize(("kind", "journal"), [("nfs4", "truncate"), ("ext4", "wal")])
async def test_the_journal_is_chosen_by_where_the_home_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, journal: str
) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(
        f"24 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 24 0:44 / {tmp_path} rw - {kind} x rw\n"
    )
    monkeypatch.setattr(filesystem, "MOUNTS", table)
    async with await Library.open(Home(tmp_path / "SimAI")) as library:
        mode = await library.store.read(
            lambda raw: raw.execute("PRAGMA journal_mode").fetchone()[0]
        )
        assert mode == journal
        assert len(library.notices) == (kind == "nfs4")


async def test_a_database_that_is_refused_leaves_no_thread_behind(tmp_path: Path) -> None:
    path = tmp_path / "simai.db"
    path.write_bytes(b"not a database at all" * 400)
    for _ in range(20):
        with pytest.raises(Damaged):
            await Store.open(path)
        assert connection_threads() == []  # each was waited for


async def test_a_store_that_is_closed_opens_nothing_again(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "simai.db")
    await store.write(settings.put, "a", "1")
    await store.close()
    await store.close()
    for call in (
        store.write(settings.put, "b", "2"),
        store.read(settings.all_of),
        store.data_version(),
        store.checkpoint(),
    ):
        with pytest.raises(SimtuiError, match="is closed"):
            await call
    await assert_none_left()


async def test_closing_moves_everything_into_the_one_file(store: Store) -> None:
    await store.write(settings.put, "a", "1")
    assert store.path.with_name("simai.db-wal").stat().st_size > 0
    assert await store.checkpoint()
    assert store.path.with_name("simai.db-wal").stat().st_size == 0
    await store.write(settings.put, "b", "2")
    await store.close()
    assert [path.name for path in store.path.parent.glob("simai.db*")] == ["simai.db"]


@pytest.mark.parametrize(
    ("folder", "kind", "network"),
    [
        ("/home/me/SimAI", "ext4", False),
        ("/mnt/nas/SimAI", "nfs4", True),
        ("/mnt/nas/local disk/SimAI", "btrfs", False),
        ("/ssh/SimAI", "fuse.sshfs", True),
        ("/mnt/Büro/SimAI", "cifs", True),
        ("/mnt/old\udce4/SimAI", "9p", True),
    ],
)
def test_the_file_system_is_told_by_its_type(
    tmp_path: Path, folder: str, kind: str, network: bool
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_bytes(
        b"24 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
        b"30 24 0:44 / /mnt/nas rw - nfs4 nas:/export rw\n"
        rb"31 30 0:45 / /mnt/nas/local\040disk rw - btrfs /dev/sdb rw" + b"\n"
        b"32 24 0:46 / /ssh rw shared:9 - fuse.sshfs me@box: rw\n"
        b"33 24 0:47 / /mnt/B\xc3\xbcro rw - cifs //nas/x rw\n"
        b"34 24 0:48 / /mnt/old\xe4 rw - 9p host rw\n"
    )
    assert type_of(Path(folder), mounts) == kind
    assert is_network(kind) is network


def test_where_mounts_cannot_be_read_the_type_is_unknown(tmp_path: Path) -> None:
    assert type_of(tmp_path, tmp_path / "absent") == ""
