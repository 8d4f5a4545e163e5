"""Every budget beside its floor or its peer, in one run. `make bench`; `--quick` for a rough look.

It prints and never fails: a machine is not a test.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import (
    backups,
    cloud,
    commands,
    imports,
    library,
    long_log,
    meanwhile,
    piped,
    runs,
    screen,
    vault,
    writes,
)
from tests.bench.table import Row, lines


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of everything")
    parser.add_argument("only", nargs="*", help="of: backups, commands, imports, …")
    options = parser.parse_args()
    for name in list(os.environ):
        if name.startswith("SIMTUI_") and name != "SIMTUI_REAL_EXPORTS":
            del os.environ[name]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a start without caches is nobody's start

    share = 5 if options.quick else 1
    seeds = "real exports" if os.environ.get("SIMTUI_REAL_EXPORTS") else "made-up exports"
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {seeds} as seeds")
    place = Path(tempfile.mkdtemp(prefix="simtui-bench-"))
    os.environ["HOME"] = str(place)
    try:
        rows = list(_measured(place, share, options.only))
    finally:
        shutil.rmtree(place)
    print()
    print("\n".join(lines(rows)))


def _measured(place: Path, share: int, only: list[str]) -> Iterator[Row]:
    works: dict[str, Callable[[], Iterator[Row]]] = {
        "commands": lambda: commands.rows(place, share),
        "imports": lambda: imports.rows(place, share),
        "writes": lambda: writes.rows(place, share),
        "library": lambda: library.rows(place, share),
        "backups": lambda: backups.rows(place, share),
        "meanwhile": lambda: meanwhile.rows(place, share),
        "vault": lambda: vault.rows(place, share),
        "runs": lambda: runs.rows(place, share),
        "long_log": lambda: long_log.rows(place, share),
        "piped": lambda: piped.rows(place, share),
        "cloud": lambda: cloud.rows(place, share),
        "screen": lambda: screen.rows(place, share),
    }
    for name, work in works.items():
        if not only or name in only:
            print(f"… {name}", file=sys.stderr, flush=True)
            yield from work()


if __name__ == "__main__":
    main()
