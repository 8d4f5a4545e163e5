"""The address: where it comes from, that it is never said, and what is told where it leads
nowhere."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simtui.cloud.address import find_address
from simtui.cloud.choosing import Wanted
from simtui.cloud.extracting import prepare
from simtui.errors import Locked, SimtuiError, UsageError
from simtui.paths import Home
from tests.bench.cloud import fill
from tests.cli.vaulted import private_file
from tests.cloud.filling import Sim
from tests.cloud.server import Server
from tests.conftest import Command

WITH_PASSWORD = "postgres://someone:planted-pass@127.0.0.1:1/nothing"


def test_it_comes_from_an_argument_a_file_or_the_environment(tmp_path: Path) -> None:
    alone = private_file(tmp_path / "alone", "postgres://me@a.example.com/sim\n")
    env = private_file(
        tmp_path / ".env", 'X=1\nexport DATABASE_URL="postgres://me@b.example.com/s"\n'
    )
    said = {"DATABASE_URL": "postgres://me@c.example.com/sim"}
    assert find_address(None, str(alone), {}).host == "a.example.com"
    assert find_address(None, str(env), said).host == "b.example.com"
    assert find_address(None, None, said).host == "c.example.com"
    assert find_address("postgres://me@d.example.com/sim", None, said).host == "d.example.com"
    assert find_address("postgres:///sim", None, {}).host == "this machine"


@pytest.mark.parametrize("given", [None, "", "nonsense", "postgres://a:planted-pass@[bad/x",
                                   "postgres://a:planted-pass@h/x?pgbouncer=true",
                                   "postgres://a:planted-pass\0@h/x",
                                   "host=h password='planted-pass",
                                   "postgres://a:planted-pass\udcff@h/x"])  # fmt: skip
def test_what_is_no_address_is_told_without_saying_it(given: str | None) -> None:
    with pytest.raises(UsageError) as refused:
        find_address(given, None, {})
    assert "planted-pass" not in refused.value.message
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize("password", ["planted@pass", "planted/pass", "pla:nted@pass"])
def test_a_password_that_was_not_escaped_is_not_taken_for_a_host(password: str) -> None:
    with pytest.raises(UsageError, match="@ is written %40") as refused:
        find_address(f"postgres://someone:{password}@h.example.com/x", None, {})
    for word in ("planted", "pass@", "someone"):
        assert word not in refused.value.message


def test_it_is_not_said_by_what_holds_it() -> None:
    assert "planted-pass" not in repr(find_address(WITH_PASSWORD, None, {}))


def test_a_file_that_others_can_read_is_not_read(tmp_path: Path) -> None:
    path = private_file(tmp_path / "address", WITH_PASSWORD)
    path.chmod(0o640)
    with pytest.raises(Locked, match="can be read by others"):
        find_address(None, str(path), {})


def test_nobody_answers_there(extract: Command, home: Home) -> None:
    done = extract(WITH_PASSWORD)
    assert (done.returncode, done.stdout) == (4, "")
    assert "Nobody answers on 127.0.0.1" in done.stderr
    assert "DATABASE_URL or --address-file keeps it from them" in done.stderr
    assert "planted-pass" not in done.stderr
    assert "someone" not in done.stderr
    assert not home.database.exists()


def refusal(address: str) -> SimtuiError:
    """What is told of a database that cannot be read."""
    with pytest.raises(SimtuiError) as refused:
        asyncio.run(prepare(find_address(address, None, {}), Wanted(), None))
    return refused.value


def test_a_wrong_password_is_told(postgres: Server) -> None:
    address = postgres.address("2026-08")
    with Sim(address) as sim:
        sim.execute("DROP ROLE IF EXISTS locked")
        sim.execute("CREATE ROLE locked LOGIN PASSWORD 'right'")
    told = refusal(postgres.over_tcp(address).replace("tester@", "locked:planted-pass@"))
    assert told.exit_code == 5
    assert "127.0.0.1 does not let this user in" in told.message
    assert "planted-pass" not in told.message
    assert told.__suppress_context__


@pytest.mark.parametrize(("change", "words"), [
    (("/sim_", "/sim_not_"), "no database of that name"),
    (("tester@", "nobody@"), "no user of that name"),
    (("/sim_", "/ssl-password-pg_hba"), "no database of that name"),
])  # fmt: skip
def test_no_such_database_is_told(postgres: Server, change: tuple[str, str], words: str) -> None:
    told = refusal(postgres.over_tcp(postgres.address()).replace(*change))
    assert told.exit_code == 4
    assert words in told.message
    assert change[1].strip("/@") not in told.message


def test_no_host_and_no_server_are_told_apart() -> None:
    assert "There is no host nowhere.invalid" in refusal("postgres://a@nowhere.invalid/x").message
    for address in ("postgres://a@127.0.0.1:1/x", "postgres:///x?host=/nowhere"):
        told = refusal(address)
        assert (told.exit_code, "PostgreSQL is not running there" in told.message) == (4, True)


def test_a_password_that_is_missing_and_a_door_that_is_shut_are_told(postgres: Server) -> None:
    address = postgres.address("2026-08")
    with Sim(address) as sim:
        sim.execute("DROP ROLE IF EXISTS locked")
        sim.execute("CREATE ROLE locked LOGIN PASSWORD 'right'")
        sim.execute("DROP ROLE IF EXISTS shut_out")
        sim.execute("CREATE ROLE shut_out LOGIN")
        name = sim.execute("SELECT current_database()")[0][0]
        sim.execute(f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC')
        over = postgres.over_tcp(address)
        assert "the address has none" in refusal(over.replace("tester@", "locked@")).message
        told = refusal(over.replace("tester@", "shut_out@"))
        assert (told.exit_code, "does not let this user in" in told.message) == (5, True)
        sim.execute("DROP ROLE shut_out")


def test_a_server_that_takes_no_more_is_busy(postgres: Server) -> None:
    address = postgres.address("2026-08")
    with Sim(address) as sim:
        sim.execute("DROP ROLE IF EXISTS only_one")
        sim.execute("CREATE ROLE only_one LOGIN CONNECTION LIMIT 0")
        told = refusal(address.replace("user=tester", "user=only_one"))
        sim.execute("DROP ROLE only_one")
    assert (told.exit_code, "takes no connection now" in told.message) == (7, True)


def test_tls_is_as_the_address_says(postgres: Server) -> None:
    """This server has none."""
    told = refusal(postgres.over_tcp(postgres.address()) + "?sslmode=require")
    assert told.exit_code == 7
    assert "no connection under TLS as the address asks" in told.message


def test_another_database_is_none_of_sims(postgres: Server) -> None:
    told = refusal(postgres.address())
    assert told.exit_code == 6
    assert "No table `workflow` that this user may read" in told.message


def test_the_report_names_the_host_alone(postgres: Server, extract: Command) -> None:
    address = postgres.over_tcp(postgres.address("2026-08"))
    done = extract("-o", "json", DATABASE_URL=address)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["source"] == "127.0.0.1"
    kept = extract("--last-report", "-o", "json")
    assert json.loads(kept.stdout) == json.loads(done.stdout)
    assert "tester" not in kept.stdout + done.stdout


def test_a_password_is_nowhere_while_it_works_and_afterwards(
    postgres: Server, home: Home, tmp_path: Path
) -> None:
    """Not in a command line, of those beside it neither; not in the home, nor in what it says."""
    address = postgres.address("2026-08")
    fill(address, 320, blocks=1, runs_each=1)
    with Sim(address) as sim:
        sim.execute("DROP ROLE IF EXISTS planted_name")
        sim.execute("CREATE ROLE planted_name LOGIN PASSWORD 'planted-pass'")
        sim.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO planted_name")
        over = postgres.over_tcp(address).replace("tester@", "planted_name:planted-pass@")
        environment = {**os.environ, "DATABASE_URL": over, "XDG_STATE_HOME": str(tmp_path / "log")}
        with subprocess.Popen(
            [sys.executable, "-m", "simtui.cloud", "--home", home.root],
            env=environment, text=True, start_new_session=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as child:  # fmt: skip
            seen = set()
            while child.poll() is None:
                seen |= words_of_group(child.pid)
                time.sleep(0.02)
            assert child.stdout is not None
            said = child.stdout.read()
        assert child.returncode == 0, said
        sim.execute("DROP OWNED BY planted_name")
        sim.execute("DROP ROLE planted_name")
    assert len(seen) > 1, "some of it is done in processes beside"
    assert "320 workflows and 320 runs came" in said
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(kept) > 100_000
    for place in (said.encode(), kept, *seen):
        assert b"planted-pass" not in place
        assert b"planted_name" not in place


def words_of_group(group: int) -> set[bytes]:
    """The command lines of all processes of this group."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.getpgid(int(path.name)) == group:
                found.add((path / "cmdline").read_bytes())
    return found
