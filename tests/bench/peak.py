"""The largest resident size of a command, that of its own child processes included."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

# in a small process between: a child starts with its parent's size in its own record
_WATCH = """
import json, os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
printed = child.stdout.read()
_, status, used = os.wait4(child.pid, 0)
unit = 1 if sys.platform == "darwin" else 1024
print(json.dumps([os.waitstatus_to_exitcode(status), used.ru_maxrss * unit, printed.decode()]))
"""


def peak_of(command: Sequence[str]) -> tuple[int, int, str]:
    """(exit code, bytes, standard output)."""
    done = subprocess.run(
        [sys.executable, "-c", _WATCH, *command], capture_output=True, text=True, check=True
    )
    code, size, printed = json.loads(done.stdout)
    return code, size, printed
