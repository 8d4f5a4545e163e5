"""Chooses the face: no command and a terminal opens the screen, anything else is a command.

Nothing heavy is imported before the choice is made; `--version` imports nothing at all.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    words = sys.argv[1:]
    if words == ["--version"]:
        from simtui import __version__

        sys.stdout.write(f"simtui {__version__}\n")
        return
    home = _screen_home(words)
    if home is not None and sys.stdin.isatty() and sys.stdout.isatty():
        if os.environ.get("TERM", "dumb") != "dumb":
            from simtui.tui import run

            sys.exit(run(home or None))
        sys.stderr.write("simtui: TERM is dumb, so here is the plain view.\n")
    from simtui.cli.root import run as run_command

    sys.exit(run_command(words))


def _screen_home(words: list[str]) -> str | None:
    """The home that the words name, where they ask for the screen: "" for the usual one, None where
    there is a command among them."""
    if not words:
        return ""
    if len(words) == 2 and words[0] == "--home":
        return words[1]
    if len(words) == 1 and words[0].startswith("--home="):
        return words[0].removeprefix("--home=")
    return None


if __name__ == "__main__":
    main()
