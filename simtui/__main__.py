"""Chooses the face: no command and a terminal opens the screen, anything else is a command.

Nothing heavy is imported before the choice is made; `--version` imports nothing at all.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """The console script."""
    words = sys.argv[1:]
    if words == ["--version"]:
        from simtui import __version__

        sys.stdout.write(f"simtui {__version__}\n")
        return
    screen = _screen(words)
    if screen is not None and all(map(os.isatty, (0, 1, 2))):
        if os.environ.get("TERM", "") not in ("", "dumb"):
            from simtui.tui import run

            sys.exit(run(screen[0], samples=screen[1]))
        sys.stderr.write(
            "simtui: TERM says this terminal takes text only; here is the plain view.\n"
        )
    from simtui.cli.root import run as run_command

    sys.exit(run_command(words))


def _screen(words: list[str]) -> tuple[str | None, bool] | None:
    """Which home the words name (None for the usual one), and whether they ask for the samples;
    None where they are not about the screen."""
    home, samples, rest = None, False, list(words)
    while rest:
        word = rest.pop(0)
        if word == "--samples":
            samples = True
        elif word == "--home" and rest:
            home = rest.pop(0)
        elif word.startswith("--home="):
            home = word.removeprefix("--home=")
        else:
            return None
    return home, samples


if __name__ == "__main__":
    main()
