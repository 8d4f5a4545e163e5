"""A folder that lies on another machine, as far as anybody on this one can tell."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simtui.store.filesystem import is_network, type_of

_SERVERS = ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server")
_PATIENCE_SECONDS = 10


@contextmanager
def mounted(place: Path) -> Iterator[bool]:
    """Mounts `place` over SFTP, the server at the other end of a socket: a real network file
    system, without a network. False where this system does not let us."""
    server = next(filter(os.path.exists, _SERVERS), None)
    if shutil.which("sshfs") is None or server is None or not os.access("/dev/fuse", os.W_OK):
        yield False
        return
    behind = place.with_name(f"{place.name}-behind")
    behind.mkdir()
    ours, theirs = socket.socketpair()
    serving = subprocess.Popen([server], stdin=theirs.fileno(), stdout=theirs.fileno())
    mounting = subprocess.Popen(
        ["sshfs", "-f", "-o", "passive", f":{behind}", str(place)],
        stdin=ours.fileno(),
        stdout=ours.fileno(),
    )
    ours.close()
    theirs.close()
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not (there := is_network(type_of(place))) and mounting.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield there
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False, capture_output=True)
        for process in (mounting, serving):
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE_SECONDS)
            process.kill()
            process.wait()


def mount_table(place: Path, table: Path) -> Path:
    """What the kernel would say if `place` were mounted from a server."""
    table.write_text(f"42 27 0:39 / {place} rw,relatime - nfs4 server:/home rw\n")
    return table
