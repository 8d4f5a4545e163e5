"""Chooses the face: no command and a terminal opens the screen, anything else is a command.

Nothing heavy is imported before the choice is made; `--version` imports nothing at all.
"""

from __future__ import annotations

import os
import sys
from typing import NamedTuple


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
            from simtui.streams import leave

            code = _show(screen)
            leave()
            sys.exit(code)
        sys.stderr.write(
            "simtui: TERM says this terminal takes text only; here is the plain view.\n"
        )
    from simtui import circles

    circles.seldom()
    from simtui.cli.root import run as run_command

    sys.exit(run_command(words))


class _Screen(NamedTuple):
    """What the words say of the screen: which home (None for the usual one), whether it is about
    the samples, and where the password of an encrypted library is."""

    home: str | None
    samples: bool
    mouse: bool | None
    password_file: str | None
    password_fd: str | None


def _screen(words: list[str]) -> _Screen | None:
    """None where the words are not about the screen."""
    given: dict[str, str | None] = {"--home": None, "--password-file": None, "--password-fd": None}
    samples, mouse, rest = False, None, list(words)
    while rest:
        name, is_one, value = rest.pop(0).partition("=")
        if name == "--samples" and not is_one:
            samples = True
        elif name == "--no-mouse" and not is_one:
            mouse = False
        elif name in given and is_one:
            given[name] = value
        elif name in given and rest:
            given[name] = rest.pop(0)
        else:
            return None
    if not (given["--password-fd"] or "0").isdecimal():
        return None  # the command says what is wrong with it
    return _Screen(
        given["--home"], samples, mouse, given["--password-file"], given["--password-fd"]
    )


def _show(screen: _Screen) -> int:
    from simtui import circles

    circles.not_yet()
    from simtui.tui import run

    password = None
    if screen.password_file is not None or screen.password_fd is not None:
        from simtui.console.asking import read_password
        from simtui.errors import SimtuiError

        try:
            password = read_password(
                screen.password_file,
                None if screen.password_fd is None else int(screen.password_fd),
            )
        except SimtuiError as error:
            sys.stderr.write(f"simtui: {error.message}\n")
            return error.exit_code
    return run(screen.home, samples=screen.samples, mouse=screen.mouse, password=password)


if __name__ == "__main__":
    main()
