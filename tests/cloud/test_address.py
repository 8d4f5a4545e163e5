"""The address: where it comes from, that it is never said, and what is told where it leads
nowhere."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from simtui.cloud.address import find_address
from simtui.cloud.choosing import Wanted
from simtui.cloud.extracting import prepare
from simtui.errors import Locked, SimtuiError, UsageError
from simtui.paths import Home
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
                                   "postgres://a:planted-pass@h/x?pgbouncer=true"])  # fmt: skip
def test_what_is_no_address_is_told_without_saying_it(given: str | None) -> None:
    with pytest.raises(UsageError) as refused:
        find_address(given, None, {})
    assert "planted-pass" not in refused.value.message
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


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
    assert "127.0.0.1 cannot be reached" in done.stderr
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


def test_no_such_database_is_told(postgres: Server) -> None:
    told = refusal(postgres.over_tcp(postgres.address()) + "_not")
    assert told.exit_code == 4
    assert "no such database or user" in told.message


def test_tls_is_as_the_address_says(postgres: Server) -> None:
    """This server has none."""
    told = refusal(postgres.over_tcp(postgres.address()) + "?sslmode=require")
    assert told.exit_code == 7
    assert "no connection under TLS as the address asks" in told.message


def test_another_database_is_none_of_sims(postgres: Server) -> None:
    told = refusal(postgres.address())
    assert told.exit_code == 6
    assert "has no table `workflow`" in told.message


def test_the_report_names_the_host_alone(postgres: Server, extract: Command) -> None:
    address = postgres.over_tcp(postgres.address("2026-08"))
    done = extract("-o", "json", DATABASE_URL=address)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["source"] == "127.0.0.1"
    kept = extract("--last-report", "-o", "json")
    assert json.loads(kept.stdout) == json.loads(done.stdout)
    assert "tester" not in kept.stdout + done.stdout
