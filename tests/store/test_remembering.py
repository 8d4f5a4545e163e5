"""What a reader remembers is never older than what it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

import pytest

from simtui.model.filters import RUN_FIELDS, Filter, parse
from simtui.store import engine, migrations, remembering, run_pages, workflows
from tests.store.rows import add, add_run
from tests.store.test_run_pages import NOW, NOW_MS

FILTERS = [
    parse(text, RUN_FIELDS, NOW)
    for text in ("workflow:lead", "-workflow:lead", "folder:ops", "lead", "-lead", "status:failed",
                 "-status:failed", "id:r1", "-status:failed workflow:lead")
]  # fmt: skip
CHANGES: list[Callable[[Connection], object]] = [
    lambda writer: add_run(writer, "r3", "w1", "failed", NOW_MS),
    lambda writer: add(writer, "w3", "Another lead"),
    lambda writer: add_run(writer, "r4", "w3", "odd", NOW_MS + 5),
    lambda writer: workflows.move(writer, ["w3"], "Ops", NOW_MS),
    lambda writer: writer.execute("UPDATE workflows SET name = 'Nobody' WHERE id = 'w1'"),
    lambda writer: writer.execute("UPDATE runs SET status = 'completed' WHERE status = 'failed'"),
    lambda writer: writer.execute("DELETE FROM runs WHERE id = 'r1'"),
]


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Connection, Connection]]:
    """One that writes, one that reads."""
    path = tmp_path / "simai.db"
    engine.create_file(path)
    with closing(engine.connect(path)) as writer:
        migrations.migrate(writer, path)
        add(writer, "w1", "Lead enricher", folder="Ops")
        add(writer, "w2", "Monitor")
        add_run(writer, "r1", "w1", "failed", NOW_MS - 10)
        add_run(writer, "r2", "w2", "completed", NOW_MS - 5)
        with closing(engine.connect(path, read_only=True)) as reader:
            yield writer, reader


def pages(connection: Connection) -> list[list[str]]:
    return [found(connection, filter) for filter in FILTERS]


def found(connection: Connection, filter: Filter) -> list[str]:
    return [run.id for run in run_pages.page(connection, filter)]


def test_after_each_change_it_finds_what_whoever_wrote_it_finds(
    both: tuple[Connection, Connection],
) -> None:
    writer, reader = both
    before = pages(reader)
    for change in CHANGES:
        change(writer)
        now = pages(reader)
        assert now == pages(writer)
        assert now == pages(reader)
    assert now != before


def test_within_one_read_nothing_changes(both: tuple[Connection, Connection]) -> None:
    writer, reader = both
    reader.execute("BEGIN")
    before = pages(reader)
    for change in CHANGES:
        change(writer)
        assert pages(reader) == before
    reader.execute("COMMIT")
    assert pages(reader) == pages(writer)


def test_it_is_found_once_and_a_few_are_kept(both: tuple[Connection, Connection]) -> None:
    _, reader = both
    asked: list[int] = []

    def find(key: int) -> int:
        def looked_up() -> int:
            asked.append(key)
            return key

        return remembering.remembered(reader, key, looked_up)

    assert [find(key) for key in (1, 2, 1, 2)] == [1, 2, 1, 2]
    assert asked == [1, 2]
    for key in range(100):
        find(key)
    assert isinstance(reader, engine.Reader)
    assert len(reader.found) == remembering.MOST


def test_whoever_writes_remembers_nothing(both: tuple[Connection, Connection]) -> None:
    writer, _ = both
    asked: list[int] = []
    for _ in range(2):
        remembering.remembered(writer, 1, lambda: asked.append(1))
    assert asked == [1, 1]
