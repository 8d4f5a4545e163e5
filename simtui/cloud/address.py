"""Where the database is. The address may hold a password: it is never shown, logged or raised;
people see the host alone."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from simtui.errors import Locked, UsageError, shown

VARIABLE = "DATABASE_URL"
MAX_FILE_BYTES = 64 << 10

_FORM = "postgres://USER@HOST/DATABASE"


@dataclass(frozen=True, slots=True)
class Address:
    """`host` is what people see of it; `database` tells two databases of one host apart."""

    conninfo: str = field(repr=False)
    host: str
    database: str = field(repr=False)
    has_password: bool


def find_address(given: str | None, file: str | None, environment: Mapping[str, str]) -> Address:
    """The address from the command line, else from a file, else from the environment. Raises
    `UsageError` where there is none or it is none, `Locked` for a file that others can read."""
    if given is not None and file is not None:
        raise UsageError("The address comes from one place: an argument, or a file.")
    if given is None and file is not None:
        given = value_in(file, VARIABLE, "The address")
    given = given or environment.get(VARIABLE)
    if not given:
        raise UsageError(
            f"Which database? Give its address ({_FORM}), set {VARIABLE}, or name a file that "
            "holds it with --address-file."
        )
    try:
        if "\0" in given:  # libpq would end there
            raise ValueError
        parts = conninfo_to_dict(given)
    except (psycopg.Error, ValueError):
        # what libpq says of it repeats it
        raise UsageError(f"That is no address of a PostgreSQL database; {_FORM} is one.") from None
    host = str(parts.get("host") or parts.get("hostaddr") or "")
    local = not host or host.startswith(("/", "@"))
    if (not local and "@" in host) or re.search("[^0-9,]", str(parts.get("port") or "")):
        # a part of a password would be looked up, and told, as a host
        raise UsageError(
            "That is no address of a PostgreSQL database. In a name or a password, @ is written "
            "%40, / is %2F, : is %3A and % is %25."
        )
    return Address(
        conninfo=given,
        host="this machine" if local else shown(host, 100),
        database="\0".join(str(parts.get(key) or "") for key in ("host", "port", "dbname")),
        has_password=bool(parts.get("password")),
    )


def value_in(path: str, name: str, what: str) -> str:
    """A file's one line, or what its line `NAME=…` says (a `.env` file). `what` begins the refusal.
    Raises `Locked` where others can read it too, or it holds nothing of the kind."""
    where = f"{what} in {shown(path, 200)}"
    try:
        with Path(path).open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_ISREG(mode) and mode & 0o077:
                raise Locked(f"{where} can be read by others too. `chmod 600` it, then try again.")
            content = file.read(MAX_FILE_BYTES).decode("utf-8", "replace")
    except OSError as error:
        raise Locked(f"{where} cannot be read: {error.strerror}. Nothing was changed.") from None
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    named = re.compile(rf"(?:export\s+)?{name}\s*=\s*(.*)")
    for line in lines:
        if found := named.fullmatch(line):
            return found[1].strip("\"'")
    if len(lines) != 1:
        raise Locked(f"{where}: neither one line alone nor a line {name}=…")
    return lines[0]
