"""The screen's face. It asks the library and shows the answer; importing this package alone loads
nothing of Textual."""

from __future__ import annotations

import os
import sys


def run(
    home: str | None = None,
    *,
    samples: bool = False,
    mouse: bool | None = None,
    password: bytearray | None = None,
) -> int:
    """Opens the screen on a home, with `samples` on a throw-away one. `mouse`: whether it
    is used, where that was said. `password`: what opens an encrypted library, where it was handed
    over. The exit code."""
    # Textual reads these as it is imported; over SSH each animation is bytes on a slow link
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    # at 60 what a key does in two steps, as rows that are read do, waits 17 ms for the second
    os.environ.setdefault("TEXTUAL_FPS", "240")
    for variable in ("COLUMNS", "LINES"):
        # where somebody exported them they would be believed before the terminal itself
        os.environ.pop(variable, None)
    from simtui.paths import home as home_of
    from simtui.tui.app import SimtuiApp
    from simtui.tui.glyphs import GLYPHS, says_ascii, takes_ascii

    GLYPHS.only_ascii = says_ascii(os.environ) or takes_ascii(sys.__stderr__)
    app = SimtuiApp(home_of(home), samples=samples)
    app.shut.password = password
    app.mouse_wanted = mouse
    app.run(mouse=mouse is not False)
    if app.farewell:
        sys.stderr.write(f"simtui: {app.farewell}\n")
    return app.return_code or 0
