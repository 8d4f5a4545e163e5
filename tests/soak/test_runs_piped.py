"""Ten programs pipe their runs in at once, somebody looks on, and a backup is made meanwhile."""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from simtui.paths import Home
from simtui.store import engine
from tests.piping import RUN_EVENTS, Writers, wrong_runs
from tests.soak.conftest import ask, command
from tests.tui.pty_screen import screen_on

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]

WRITERS, RATE, SECONDS = 10, 1000, 8
LETTERS = "ДЖЗИЙЛФЦЧШЩЫЭЮЯ"
"""No run has these: seen, the key with it was answered."""


def test_what_ten_programs_pipe_in_is_there_in_order_while_one_looks_on_and_backs_up(
    home: Home, tmp_path: Path
) -> None:
    assert ask(home).returncode == 0
    assert ask(home, "backup").returncode == 0  # else the screen would make the one that is due
    with screen_on(home.root, columns=120, rows=40) as screen, ExitStack() as ending:
        screen.send("2")
        screen.read_until(b"No runs yet")
        writers = ending.enter_context(closing(Writers(home, tmp_path, WRITERS, SECONDS, RATE)))
        screen.read_until(b"Agent ", seconds=60)  # the first runs came without a key
        backup = subprocess.Popen(
            command(home, "backup", "-o", "json"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        screen.send("/")
        answered = 0
        while writers.going_on():
            letter = LETTERS[answered % len(LETTERS)]
            screen.send(letter)
            screen.read_until(letter.encode(), seconds=60)
            screen.send("\x7f")
            screen.read_until_quiet(0.05)
            answered += 1
        assert answered
        out, said = backup.communicate()
        assert backup.returncode == 0, said
        made = json.loads(out)
        assert made["proven"]
        fed = writers.fed()
        count = SECONDS * RATE // RUN_EVENTS * WRITERS
        screen.send("\x1b")
        screen.read_until_quiet()  # what follows at once would be one key with it
        screen.send("r")
        screen.read_until(f"{count:,} ".encode(), seconds=60)
        screen.send("q")
        assert screen.exit_code() == 0

    assert fed.codes == [0] * WRITERS
    told = [item for items in fed.told for item in items]
    assert {item["outcome"] for item in told} == {"imported"}
    assert {item["status"] for item in told} == {"completed"}
    assert sum(item["events"] for item in told) == count * RUN_EVENTS
    with closing(engine.connect(home.database)) as connection:
        assert wrong_runs(connection, told) == []
        assert connection.execute("SELECT count(*) FROM runs").fetchone()[0] == count
    assert ask(home, "doctor").returncode == 0
    assert ask(home, "backups", "prove", Path(made["path"]).name).returncode == 0
