from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from simtui.paths import Home
from tests.cloud import server
from tests.cloud.filling import Sim
from tests.cloud.server import Server
from tests.conftest import Command


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL of this test run's own."""
    if server.programs() is None:
        pytest.skip("postgresql is not installed")
    running = server.start()
    yield running
    running.stop("immediate")


@pytest.fixture
def sim(postgres: Server) -> Iterator[Sim]:
    """The database of a Sim as it is in August 2026, empty."""
    with Sim(postgres.address("2026-08")) as made:
        yield made


@pytest.fixture
def extract(home: Home) -> Command:
    """Runs the real command on the test's home: `extract(address, "--no-runs")`."""

    def run(
        *arguments: object, input: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "simtui.cloud", "--home", str(home.root), *map(str, arguments)],
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            env={**os.environ, **environment},
        )

    return run
