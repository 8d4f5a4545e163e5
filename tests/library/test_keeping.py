"""What is done by itself: space is given back."""

from __future__ import annotations

from sqlite3 import Connection

import pytest

from simtui.library import Library, keeping
from tests.library.conftest import Adding


async def test_a_file_gets_as_small_as_what_it_holds(library: Library) -> None:
    def fill(connection: Connection) -> None:
        connection.execute("CREATE TABLE bulk (x BLOB)")
        connection.execute("INSERT INTO bulk VALUES (zeroblob(8000000))")

    def empty(connection: Connection) -> None:
        connection.execute("DROP TABLE bulk")

    await library.store.write(fill)
    await library.store.checkpoint()
    large = library.home.database.stat().st_size
    assert large > 8_000_000
    await library.store.write(empty)
    await keeping.tidy(library)
    await library.store.checkpoint()
    assert library.home.database.stat().st_size < large - 7_000_000


async def test_no_first_backup_is_made_of_nothing(
    library: Library, add: Adding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would tell of safety what is not safe yet, until the next day."""
    monkeypatch.setenv("SIMTUI_BACKUP_EVERY", "24")
    assert not (await keeping.look(library)).make_now
    assert not await library.backups.is_due()
    await add("wf-1")
    assert (await keeping.look(library)).make_now
    assert await library.backups.is_due()
    assert await library.backups.make("daily", only_if_due=True)
    assert not await library.backups.is_due()
