"""A real PostgreSQL for the tests: started once, on a socket in a short path and a port, as an
unprivileged user; a database a test."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg

SCHEMAS = Path(__file__).parent / "schemas"
MOMENTS = tuple(sorted(path.stem for path in SCHEMAS.glob("*.sql")))
"""Six moments of Sim's history."""

_CHEAP = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB",
    "max_connections=30", "autovacuum=off", "log_min_messages=fatal",
)  # fmt: skip
_ACCESS = """
local all locked scram-sha-256
host  all locked 127.0.0.1/32 scram-sha-256
local all all    trust
host  all all    127.0.0.1/32 trust
"""


def programs() -> Path | None:
    """Where this system keeps `initdb` and `pg_ctl`; the newest."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts)
    return places[-1].parent if places else None


@dataclass(frozen=True)
class Server:
    """One that runs. `address` is a new database's, with the tables of one moment in it."""

    folder: Path
    port: int
    _numbers: itertools.count[int]

    def address(self, moment: str | None = None, *, user: str = "tester") -> str:
        name = f"sim_{next(self._numbers)}"
        with psycopg.connect(self._at("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        address = self._at(name, user)
        if moment is not None:
            with psycopg.connect(address) as connection:
                connection.execute((SCHEMAS / f"{moment}.sql").read_bytes())
        return address

    def over_tcp(self, address: str) -> str:
        """The same database, over the loopback."""
        name = address.partition("///")[2].partition("?")[0]
        return f"postgresql://tester@127.0.0.1:{self.port}/{name}"

    def _at(self, name: str, user: str = "tester") -> str:
        return f"postgresql:///{name}?host={self.folder}&port={self.port}&user={user}"

    def with_tls(self, certificate: bytes | None, key: bytes = b"") -> None:
        """From the next connection on, with this certificate; without one, none is spoken."""
        for name, content in (("server.crt", certificate), ("server.key", key)):
            path = self.folder / "data" / name
            path.unlink(missing_ok=True)
            path.write_bytes(content or b"")
            path.chmod(0o600)
            if os.geteuid() == 0:
                shutil.chown(path, *_identity())
        with psycopg.connect(self._at("postgres"), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET ssl = {'off' if certificate is None else 'on'}")
        # unlike `pg_reload_conf()`, it is done when it ends
        self.pause()
        self.go_on()

    def stop(self, how: str = "fast") -> None:
        _run("pg_ctl", "-D", self.folder / "data", "-m", how, "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def pause(self, how: str = "fast") -> None:
        """Down, to come up again."""
        _run("pg_ctl", "-D", self.folder / "data", "-m", how, "-w", "stop")

    def go_on(self) -> None:
        """Up again."""
        _start(self.folder, self.port)

    def restart(self) -> None:
        """At once, as a crash would, and up again."""
        self.pause("immediate")
        self.go_on()


def start() -> Server:
    # a socket's path has at most 107 bytes
    folder = Path(tempfile.mkdtemp(prefix="simpg"))
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, *_identity())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    _run("initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    (data / "pg_hba.conf").write_text(_ACCESS)
    _start(folder, port)
    return Server(folder, port, itertools.count())


def _start(folder: Path, port: int) -> None:
    options = [f"-c {each}" for each in _CHEAP]
    options += [f"-k {folder}", f"-p {port}", "-c listen_addresses=127.0.0.1"]
    _run(
        "pg_ctl",
        "-D",
        folder / "data",
        "-w",
        "-l",
        folder / "log",
        "-o",
        " ".join(options),
        "start",
    )


def _identity() -> tuple[str, str]:
    return ("postgres", "postgres")


def _run(program: str, *words: object) -> None:
    place = programs()
    assert place is not None
    as_root = os.geteuid() == 0
    if as_root:
        pwd.getpwnam("postgres")  # comes with the package
    user, group = _identity() if as_root else (None, None)
    subprocess.run(
        [str(place / program), *map(str, words)],
        cwd="/",
        user=user,
        group=group,
        extra_groups=[] if as_root else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
