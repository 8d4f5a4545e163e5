from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from simtui.paths import Home
from tests import starting
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
        done = starting.run(
            ["--home", home.root, *arguments],
            module="simtui.cloud",
            input=None if input is None else input.encode(),
            timeout=100,
            env={**os.environ, **environment},
        )
        return starting.as_text(done)

    return run
