"""The console script `simtui-extract`. Without the extra `cloud` it says how to get it."""

from __future__ import annotations

import importlib.util
import sys


def main() -> None:
    """The console script."""
    if importlib.util.find_spec("psycopg") is None:
        sys.stderr.write(
            "simtui-extract: it needs the extra `cloud`:  pip install 'simtui[cloud]'\n"
        )
        sys.exit(2)
    from simtui.cloud.command import run_words

    sys.exit(run_words(sys.argv[1:]))


if __name__ == "__main__":
    main()
