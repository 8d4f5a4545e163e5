"""A machine with a crontab and, when asked, a systemd of the user, of which nothing outlives the
test: the real programs in a mount namespace of their own, where one may be made; otherwise small
programs in their place that answer as they do."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from simtui.paths import Home

CRONTAB = """\
#!/bin/sh
case "$1" in
  -l) cat "{0}" 2>/dev/null || { echo "no crontab for me" >&2; exit 1; } ;;
  -r) rm "{0}" ;;
  -) cat > "{0}" ;;
esac
"""

SYSTEMCTL = """\
#!/bin/sh
echo "$@" >> "{0}"
case "$2 $3" in
  "show-environment ") echo LANG=C ;;
  "enable --now") ! [ -e "{0}.refuse" ] || { echo "Access denied" >&2; exit 1; } ;;
  "show "*.timer)
    echo "ActiveState=active"
    echo "LastTriggerUSec=Sun 2026-11-22 11:00:00 UTC"
    echo "NextElapseUSecRealtime=Sun 2026-11-22 12:00:00 UTC" ;;
  "show "*.service) echo "Result=success" ;;
esac
"""

_SYSTEMD = Path("/lib/systemd/systemd")

# the spool of the crontabs is the test's own; systemd looks for /run/systemd/system to know that
# it is the machine's
_SETUP = """
mount --bind "$SPOOL" /var/spool/cron/crontabs || exit 99
if [ -n "$WITH_SYSTEMD" ]; then
  mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system || exit 99
  export XDG_RUNTIME_DIR=/run/user; mkdir -m 700 /run/user
  /lib/systemd/systemd --user >/dev/null 2>&1 &
  manager=$!
  until systemctl --user show-environment >/dev/null 2>&1; do
    kill -0 $manager 2>/dev/null || exit 98
  done
fi
set +e
eval "$SCRIPT"
code=$?
[ -z "$WITH_SYSTEMD" ] || { systemctl --user exit; wait $manager; }
exit $code
"""


@dataclass
class Machine:
    """Runs a shell's script, in which `simtui` is the real command with this home."""

    folder: Path
    home: Home
    is_real: bool = field(init=False)

    def __post_init__(self) -> None:
        self.spool = self.folder / "spool"
        self.spool.mkdir()
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        self._program("simtui", f'#!/bin/sh\nexec {sys.executable} -m simtui "$@"\n')
        self.is_real = self._unshared("true").returncode == 0

    def _program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def run(self, script: str, *, systemd: bool = False) -> subprocess.CompletedProcess[str]:
        script = script.replace("simtui ", f'simtui --home "{self.home.root}" ')
        if self.is_real and (_SYSTEMD.exists() or not systemd):
            return self._unshared(script, systemd=systemd)
        self.stand_in(systemd=systemd)
        return self._run(["sh", "-c", script])

    def stand_in(self, *, systemd: bool) -> Path:
        """Puts the small programs in their place. The file that keeps what systemd was told."""
        told = self.folder / "told"
        self._program("crontab", CRONTAB.replace("{0}", str(self.spool / "me")))
        no_bus = "#!/bin/sh\necho 'Failed to connect to bus' >&2\nexit 1\n"
        self._program("systemctl", SYSTEMCTL.replace("{0}", str(told)) if systemd else no_bus)
        return told

    def _unshared(self, script: str, *, systemd: bool = False) -> subprocess.CompletedProcess[str]:
        return self._run(
            ["unshare", "--mount", "bash", "-c", _SETUP],
            SPOOL=str(self.spool),
            SCRIPT=script,
            WITH_SYSTEMD="1" if systemd else "",
        )

    def _run(self, words: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", **variables}
        return subprocess.run(
            words,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
