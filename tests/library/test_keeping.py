"""What is done by itself: space is given back."""

from __future__ import annotations

from sqlite3 import Connection

from simtui.library import Library, keeping


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
