"""Over a real OpenSSH session on loopback, which may break at any moment."""

from __future__ import annotations

import getpass
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simtui.library import Library
from simtui.paths import Home
from tests.making import as_bytes, document
from tests.tui.pty_screen import PtyScreen

pytestmark = pytest.mark.terminal

PATIENCE_SECONDS = 20.0

CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/person.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
"""


class Server:
    """An sshd of our own, for whoever runs the tests."""

    def __init__(self, folder: Path, sshd: str, keygen: str) -> None:
        self._folder = folder
        for name in ("host", "person"):
            words = [keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(words, check=True, timeout=30)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        config = folder / "config"
        config.write_text(CONFIG.format(port=self._port, folder=folder))
        if os.getuid() == 0:  # what its package makes at boot
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sshd, "-D", "-e", "-f", str(config)], stderr=log, stdin=subprocess.DEVNULL
            )
        until(self._listens, lambda: self._log.read_text())

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def login(self, home: Home) -> PtyScreen:
        """The screen on a home, at the other end of a session. Its number is written down."""
        keep = ("HOME", "PATH", "LANG", "XDG_STATE_HOME", "PYTHONPATH")
        environment = [f"{name}={os.environ[name]}" for name in keep if name in os.environ]
        command = shlex.join(
            ["env", *environment, "COLORTERM=truecolor", "SIMTUI_BACKUP_EVERY=off",
             sys.executable, "-m", "simtui", "--home", str(home.root)]
        )  # fmt: skip
        words = [
            "ssh", "-tt", "-q", "-F", "none", "-p", str(self._port),
            "-i", str(self._folder / "person"), "-o", "StrictHostKeyChecking=no",
            "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes",
            f"{getpass.getuser()}@127.0.0.1",
            f"cd {shlex.quote(str(Path.cwd()))}; echo $$ > {self.number}; exec {command}",
        ]  # fmt: skip
        return PtyScreen(program=("-c", f"import os; os.execvp('ssh', {words!r})"))

    @property
    def number(self) -> Path:
        """Where the number of the program at the other end is."""
        return self._folder / "number"

    def cut(self) -> None:
        """The connection is gone, without a word to either end."""
        ours = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self._process.pid)],
            capture_output=True, text=True, check=True,
        ).stdout.split()  # fmt: skip
        assert ours
        for number in ours:
            os.kill(int(number), signal.SIGKILL)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def until(true: Callable[[], bool], told: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, told()
        time.sleep(0.05)


@pytest.fixture
def server(tmp_path: Path, tool: Callable[[str], str]) -> Iterator[Server]:
    tool("ssh")
    folder = tmp_path / "ssh"
    folder.mkdir(mode=0o700)
    running = Server(folder, tool("sshd"), tool("ssh-keygen"))
    yield running
    running.close()


def is_there(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def assert_left_clean(home: Home, server: Server) -> None:
    """No process of it is left, nothing is locked, and all that there was is there."""
    number = int(server.number.read_text())
    until(lambda: not is_there(number), lambda: f"{number} is still there")
    until(lambda: not Path(f"{home.database}-wal").exists(), lambda: "the database is not closed")
    async with await Library.open(home, create=False) as library:
        assert await library.workflows.count() >= 12
        await library.workflows.rename((await library.workflows.page(limit=1))[0].id, "Written")


async def test_a_session_works_and_ends_well(filled: Home, server: Server) -> None:
    screen = server.login(filled)
    try:
        screen.read_until(b"quit")
        screen.send("jjT")
        screen.read_until(b"in the trash")
        screen.send("q")
        assert screen.exit_code() == 0
        assert b"\x1b[?1049l" in screen.seen
    finally:
        screen.close()
    await assert_left_clean(filled, server)


@pytest.mark.parametrize("doing", ["nothing", "a question", "an import"])
async def test_a_connection_that_is_cut_leaves_nothing_behind(
    filled: Home, server: Server, tmp_path: Path, doing: str
) -> None:
    screen = server.login(filled)
    try:
        screen.read_until(b"quit")
        if doing == "a question":
            screen.send("d")
            screen.read_until(b"to the trash?")
        elif doing == "an import":
            flows = tmp_path / "flows"
            flows.mkdir()
            for number in range(1500):
                (flows / f"{number}.json").write_bytes(as_bytes(document(f"Made {number}")))
            screen.send("i")
            screen.read_until(b"Import which")
            screen.send(f"{flows}\r")
            screen.read_until(b"esc cancels")
        server.cut()
        await assert_left_clean(filled, server)
        assert screen.exit_code() == 255
    finally:
        screen.close()
    again = server.login(filled)
    try:
        again.read_until(b"Written")
        again.send("q")
        assert again.exit_code() == 0
    finally:
        again.close()
