"""How the database is read: never written to, each hundred workflows of one moment, and nothing
held that need not be."""

from __future__ import annotations

import psycopg
import pytest

from simtui.cloud.address import find_address
from simtui.cloud.reading import STATEMENT_SECONDS, Database
from simtui.errors import BadInput, Busy
from simtui.library import Library
from tests.cloud.filling import Sim
from tests.cloud.taking import WF, taken
from tests.making import document


@pytest.fixture
def database(sim: Sim) -> Database:
    return Database.open(find_address(sim.address, None, {}))


def test_nothing_can_be_written(sim: Sim, database: Database) -> None:
    with pytest.raises(BadInput, match="ReadOnlySqlTransaction"), database.snapshot() as snapshot:
        snapshot.all("INSERT INTO workspace (id, name, owner_id) VALUES ('a', 'b', 'c')")
    assert sim.execute("SELECT count(*) FROM workspace") == [(0,)]
    database.close()


def test_every_snapshot_is_read_only_of_one_moment_and_bounded_in_time(database: Database) -> None:
    with database.snapshot() as snapshot:
        settings = [
            snapshot.all(f"SHOW {name}")[0][0]
            for name in (
                "default_transaction_read_only", "transaction_read_only", "transaction_isolation",
                "statement_timeout", "datestyle", "timezone",
            )
        ]  # fmt: skip
    assert settings == [
        "on", "on", "repeatable read", f"{STATEMENT_SECONDS // 60}min", "ISO, MDY", "UTC",
    ]  # fmt: skip
    database.close()


def test_a_statement_that_takes_too_long_is_ended(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simtui.cloud.reading.STATEMENT_SECONDS", 1)
    with pytest.raises(Busy, match="more than 1 s for one page"), database.snapshot() as snapshot:
        snapshot.all("SELECT pg_sleep(60)")
    with database.snapshot() as snapshot:
        assert snapshot.all("SELECT 1") == [(1,)]
    database.close()


def test_a_database_that_is_writable_by_its_address_is_not(sim: Sim) -> None:
    """What the address sets for the session does not count."""
    address = f"{sim.address}&options=-c%20default_transaction_read_only%3Doff"
    database = Database.open(find_address(address, None, {}))
    with pytest.raises(BadInput, match="ReadOnlySqlTransaction"), database.snapshot() as snapshot:
        snapshot.all("CREATE TABLE planted (id text)")
    database.close()


def test_a_change_meanwhile_is_not_seen(sim: Sim, database: Database) -> None:
    with database.snapshot() as snapshot:
        before = snapshot.all("SELECT count(*) FROM workspace")
        sim.owner()
        assert snapshot.all("SELECT count(*) FROM workspace") == before
    with database.snapshot() as snapshot:
        assert snapshot.all("SELECT count(*) FROM workspace") != before
    database.close()


def test_a_long_answer_comes_in_pages(sim: Sim, database: Database) -> None:
    """The server holds the rest: another question is answered in between."""
    with database.snapshot() as snapshot:
        rows = snapshot.each("SELECT n FROM generate_series(1, 3000) AS n", (), 1000)
        assert next(rows) == (1,)
        cursors = snapshot.all("SELECT count(*) FROM pg_cursors")
        assert cursors == [(1,)]
        assert sum(1 for _ in rows) == 2999
    database.close()


def test_a_connection_that_is_cut_is_told(sim: Sim, database: Database) -> None:
    with pytest.raises(Busy, match="goes on where it stopped"), database.snapshot() as snapshot:
        sim.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ="
            " 'simtui-extract' AND datname = current_database()"
        )
        snapshot.all("SELECT 1")
    database.close()


async def test_bytes_of_no_encoding_are_read(sim: Sim, library: Library, postgres: object) -> None:
    """A database in SQL_ASCII holds whatever was put into it."""
    admin = sim.address
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(
            "CREATE DATABASE bare ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C'"
            " LC_CTYPE 'C'"
        )
    address = admin.replace(sim.execute("SELECT current_database()")[0][0], "bare")
    with Sim(address) as bare:
        bare.execute("CREATE TABLE workflow (id text PRIMARY KEY, name text, state json)")
        bare.execute(
            "INSERT INTO workflow VALUES (%s, E'Gr\\xfc\\xdfe', '{\"blocks\": {}}')", f"{WF}1"
        )
        report = await taken(bare, library)
    assert report.tables["workflow"]["taken"] == 1
    (found,) = await library.workflows.page()
    assert found.name.startswith("Gr")


async def test_a_hundred_and_more_are_put_together_each_with_its_own(
    sim: Sim, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of many workflows pass by at once, ordered by ids that are told apart by every byte; all
    but a few are put together in a process beside."""
    monkeypatch.setattr("simtui.cloud.beside._FEW", 20)
    sim.owner()
    ids = [f"wf-{letter}{n}" for n in range(53) for letter in ("a", "B", "ä", "Ω", "_")]
    for n, ident in enumerate(ids):
        state = document()["state"]
        state["blocks"] = {
            f"b{n}": {**state["blocks"]["ask"], "id": f"b{n}", "name": f"Of {ident}"}
        }
        state["edges"] = []
        sim.workflow(ident, f"Workflow {ident}", state)
    report = await taken(sim, library)
    assert report.tables["workflow"]["taken"] == len(ids) == 265
    for ident in ids[::7]:
        content = (await library.workflows.document(ident)).decode()
        assert content.count('"Of wf-') == 1
        assert f'"Of {ident}"' in content
