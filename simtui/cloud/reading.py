"""The connection: read-only, in snapshots, by server-side cursors, a page of rows at a time.

Every statement runs in a transaction that is REPEATABLE READ and READ ONLY, so that what belongs
together is of one moment. What PostgreSQL says of an error may repeat the address or a value; ours
names the host and the kind of error alone.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.types.string import TextLoader

from simtui.cloud.address import Address
from simtui.errors import BadInput, Busy, Locked, NotFound, SimtuiError

STATEMENT_SECONDS = 300
CONNECT_SECONDS = 20
PAGE_BYTES = 1 << 20
PAGE_ROWS = 500

# each as PostgreSQL writes it: a date past Python's, or a number past a float, is data like any
_AS_TEXT = ("json", "jsonb", "numeric", "timestamp", "timestamptz", "date")

_LOST = (
    "The connection to {host} was lost. What came is kept; the same command goes on where it "
    "stopped."
)


class _Lenient(TextLoader):
    """For a database without an encoding, which holds any bytes."""

    def load(self, data: Any) -> str:
        return bytes(data).decode("utf-8", "replace")


class Database:
    """One database, open. Used by one thread at a time, but for `stop`."""

    def __init__(self, connection: psycopg.Connection[Any], host: str) -> None:
        self._connection = connection
        self._names = itertools.count()
        self.host = host

    @classmethod
    def open(cls, address: Address) -> Database:
        """Connects, with TLS as the address says. Raises `Locked`, `NotFound` or `Busy`."""
        try:
            connection = psycopg.connect(
                address.conninfo,
                connect_timeout=CONNECT_SECONDS,
                client_encoding="UTF8",
                application_name="simtui-extract",
            )
        except (psycopg.Error, UnicodeError) as error:
            raise _not_connected(error, address.host) from None
        connection.prepare_threshold = None  # a pool in between would not know the statement
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        bare = connection.info.parameter_status("server_encoding") == "SQL_ASCII"
        for name in _AS_TEXT:
            connection.adapters.register_loader(name, _Lenient if bare else TextLoader)
        if bare:
            for name in ("text", "varchar", "bpchar", "name"):
                connection.adapters.register_loader(name, _Lenient)
        database = cls(connection, address.host)
        with database._told():
            if bare:  # any bytes are text in this one, and none are refused
                connection.execute("SET client_encoding TO LATIN1")
            connection.execute("SET default_transaction_read_only = on")
            connection.commit()
        return database

    def close(self) -> None:
        """Ends the connection. Can be called twice."""
        self._connection.close()

    def stop(self) -> None:
        """Ends the statement that another thread waits for."""
        with contextlib.suppress(psycopg.Error):
            self._connection.cancel_safe(timeout=2)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """All that is read within is of one moment."""
        snapshot = Snapshot(self._connection, self._names)
        with self._told():
            try:
                execute = self._connection.execute
                # SET LOCAL: what a pool in between hands on must not be ours for ever
                execute(_local("statement_timeout", f"{STATEMENT_SECONDS}s"))
                execute(_local("datestyle", "ISO"))
                execute(_local("timezone", "UTC"))
                execute(_local("work_mem", "32MB"))
                execute(_local("cursor_tuple_fraction", "1.0"))
                yield snapshot
            finally:
                with contextlib.suppress(psycopg.Error):
                    self._connection.rollback()
                snapshot.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise _failed(error, self.host, self._connection.closed) from None


def _local(name: LiteralString, value: str) -> sql.Composed:
    return sql.SQL("SET LOCAL {} = {}").format(sql.Identifier(name), sql.Literal(value))


class Snapshot:
    """What the database held at one moment."""

    def __init__(self, connection: psycopg.Connection[Any], names: Iterator[int]) -> None:
        self._connection = connection
        self._names = names
        self._open: list[psycopg.ServerCursor[Any]] = []

    def close(self) -> None:
        """Lets go of what was not read to its end; the server has by now."""
        for cursor in self._open:
            with contextlib.suppress(psycopg.Error):
                cursor.close()
        self._open.clear()

    def all(
        self, query: sql.SQL | sql.Composed | LiteralString, parameters: Sequence[object] = ()
    ) -> list[tuple[Any, ...]]:
        """The rows of a question with a short answer."""
        return self._connection.execute(query, parameters).fetchall()

    def each(
        self,
        query: sql.SQL | sql.Composed | LiteralString,
        parameters: Sequence[object],
        row_bytes: int,
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a long one, a page at a time. `row_bytes`: how large a row may be, as it is
        stored; a page has so many rows as make about a megabyte."""
        cursor = self._connection.cursor(f"extract_{next(self._names)}")
        self._open.append(cursor)
        rows = max(1, min(PAGE_ROWS, PAGE_BYTES // max(1, row_bytes)))
        cursor.execute(query, parameters)
        while page := cursor.fetchmany(rows):
            yield from page
        cursor.close()
        self._open.remove(cursor)


_NOT_LET_IN = ("password", "authentication", "pg_hba", "permission denied")
_TLS = ("certificate", "ssl", "tls")
_NOT_NOW = (
    "too many", "connection slots", "starting up", "shutting down", "recovery mode",
    "not yet accepting",
)  # fmt: skip
_NO_ADDRESS = ("resolve host", "translate host", "name or service")


def _not_connected(error: Exception, host: str) -> SimtuiError:
    """Why there is no connection. The words of libpq are looked at, and never handed on."""
    # a name in quotes is no word of libpq's: a database may be called `ssl`
    said = re.sub("\"[^\"]*\"|'[^']*'", "", str(error).lower())

    def any_of(words: Sequence[str]) -> bool:
        return any(word in said for word in words)

    if "no password supplied" in said:
        return Locked(
            f"{host} asks for a password, and the address has none (`postgres://USER:PASSWORD@…` "
            "in DATABASE_URL or a file, PGPASSWORD, or ~/.pgpass). Nothing was changed."
        )
    if any_of(_NOT_LET_IN):
        return Locked(
            f"{host} does not let this user in: the name or the password is wrong, or the server "
            "does not allow it from here. Nothing was changed."
        )
    if any_of(_TLS):
        return Busy(
            f"{host}: no connection under TLS as the address asks for it (`sslmode`, "
            "`sslrootcert`). Nothing was changed."
        )
    if "does not exist" in said:
        what = next((word for word in ("database", "role") if f"{word}  does not" in said), "")
        named = {"database": "database of that name", "role": "user of that name"}
        return NotFound(
            f"{host} has no {named.get(what, 'such database or user')}. Nothing was changed. Look "
            "at the address: postgres://USER@HOST/DATABASE."
        )
    if any_of(_NOT_NOW):
        return Busy(f"{host} takes no connection now. Nothing was changed; try again later.")
    if any_of(_NO_ADDRESS):
        return NotFound(f"There is no host {host}: look at its name. Nothing was changed.")
    if "timeout" in said or "timed out" in said:
        return NotFound(
            f"{host} did not answer within {CONNECT_SECONDS} s: a firewall, or another port. "
            "Nothing was changed."
        )
    return NotFound(
        f"Nobody answers on {host}: PostgreSQL is not running there, or has another port or "
        "socket. Nothing was changed."
    )


def _failed(error: psycopg.Error, host: str, closed: bool) -> SimtuiError:
    if closed:
        return Busy(_LOST.format(host=host))
    if isinstance(error, psycopg.errors.QueryCanceled):
        return Busy(
            f"{host} took more than {STATEMENT_SECONDS} s for one page, or the statement was ended "
            "there. What came is kept; the same command goes on where it stopped."
        )
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return BadInput(f"{host}: this user may not read what is wanted there. Ask for SELECT.")
    if isinstance(error, psycopg.OperationalError) and not error.sqlstate:
        return Busy(_LOST.format(host=host))
    kind = f"{type(error).__name__}, {error.sqlstate or 'no code'}"
    return BadInput(f"{host} did not answer a question ({kind}). What came is kept.")
