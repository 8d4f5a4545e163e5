"""One backup that many tests look at, and none changes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from simtui.paths import Home
from tests.backup.backups import a_backup


@pytest.fixture(scope="session")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of three workflows."""
    return asyncio.run(a_backup(Home(tmp_path_factory.mktemp("backed-up") / "SimAI")))
