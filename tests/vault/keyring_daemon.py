"""A real gnome-keyring on a D-Bus of its own, in the states that a person's machine may be in.

Whatever was started, by us or by the bus, has ended when the bus is left.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PACKAGE_OF = {
    "dbus-daemon": "dbus",
    "dbus-send": "dbus",
    "gnome-keyring-daemon": "gnome-keyring",
    "secret-tool": "libsecret-tools",
}
"""The Debian package of each program that these tests use."""

_WITHOUT_SERVICES = """\
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class Bus:
    """A session bus, and the keyring that runs on it."""

    def __init__(self, address: str, environment: dict[str, str]) -> None:
        self.address = address
        self._environment = {**environment, "DBUS_SESSION_BUS_ADDRESS": address}
        self._keyring: subprocess.Popen[bytes] | None = None

    def start_keyring(self, password: str | None = None) -> None:
        """Starts the daemon: with a password as a login does, else as a program that needs it. The
        first password that a home sees makes its collection."""
        assert self._keyring is None, "stop the one that runs first"
        words = ["gnome-keyring-daemon", "--foreground", "--components=secrets"]
        self._keyring = subprocess.Popen(
            words if password is None else [*words, "--unlock"],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert self._keyring.stdin is not None
        with self._keyring.stdin as stdin:
            stdin.write((password or "").encode())
        while self.keyring_pid() != self._keyring.pid:
            assert self._keyring.poll() is None, f"gnome-keyring ended: {self._keyring.returncode}"
            time.sleep(0.01)

    def stop_keyring(self) -> None:
        """Ends the one that was started, also a frozen one."""
        if self._keyring is not None:
            self._keyring.kill()
            self._keyring.wait()
            self._keyring = None

    def freeze(self) -> None:
        """From here on the keyring takes questions and gives no answers."""
        assert self._keyring is not None
        self._keyring.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._keyring.pid, os.WSTOPPED)

    def thaw(self) -> None:
        """It answers again, also what it was asked meanwhile."""
        assert self._keyring is not None
        self._keyring.send_signal(signal.SIGCONT)

    def keyring_pid(self) -> int | None:
        """The process that answers for the Secret Service, whoever started it."""
        done = subprocess.run(
            [
                "dbus-send",
                f"--bus={self.address}",
                "--print-reply=literal",
                "--dest=org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus.GetConnectionUnixProcessID",
                "string:org.freedesktop.secrets",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        found = re.search(r"uint32 (\d+)", done.stdout)
        return int(found[1]) if found else None

    def secret_tool(self, *words: str, input: str = "") -> str:
        """What another program of the same desktop sees there."""
        return subprocess.run(
            ["secret-tool", *words],
            env=self._environment,
            input=input,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        ).stdout


@contextmanager
def private_bus(*, with_services: bool = True) -> Iterator[Bus]:
    """A bus for the HOME of this moment; without services, it cannot start a keyring by itself."""
    missing = sorted({package for tool, package in PACKAGE_OF.items() if not shutil.which(tool)})
    if missing:
        pytest.skip(f"this needs the Debian packages: apt-get install {' '.join(missing)}")
    # a socket's path may have 108 bytes; that of a test's own folder has more
    with tempfile.TemporaryDirectory(prefix="keyring-", ignore_cleanup_errors=True) as place:
        environment = {**os.environ, "XDG_RUNTIME_DIR": place}
        config = Path(place, "bus.conf")
        config.write_text(_WITHOUT_SERVICES)
        daemon = subprocess.Popen(
            [
                "dbus-daemon",
                "--session" if with_services else f"--config-file={config}",
                "--nofork",
                "--nopidfile",
                "--print-address=1",
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert daemon.stdout is not None
        with daemon, daemon.stdout as stdout:
            bus = Bus(stdout.readline().strip(), environment)
            try:
                yield bus
            finally:
                bus.stop_keyring()
                activated = bus.keyring_pid()
                daemon.terminate()
                daemon.wait()
                while activated and Path(f"/proc/{activated}").exists():
                    time.sleep(0.01)  # it ends with its bus; a test's time limit tells if not
