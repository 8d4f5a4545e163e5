"""A fault of ours: where it happened is written down, without the value of any variable, so that a
report can be handed on."""

from __future__ import annotations

import os
import platform
import traceback
from pathlib import Path

from simtui import __version__
from simtui.paths import log_folder

_PLACES = 6


def report(error: BaseException) -> str:
    """Writes the report. Its path, or why there is none."""
    lines = [*_about(), *traceback.format_exception(error)]
    try:
        folder = log_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"crash-{os.getpid()}.txt"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("".join(lines))
    except OSError as reason:
        return f"no file ({reason.strerror})"
    return str(path)


def places(error: BaseException) -> list[str]:
    """The last places in our own code that it came through, the innermost last."""
    root = str(Path(__file__).parent)
    return [
        f"simtui{frame.filename.removeprefix(root)}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__, limit=None)
        if frame.filename.startswith(root)
    ][-_PLACES:]


def _about() -> list[str]:
    terminal = os.environ.get("TERM", "")
    return [
        f"simtui {__version__}, Python {platform.python_version()}, {platform.platform()}\n",
        f"TERM={terminal} COLORTERM={os.environ.get('COLORTERM', '')}\n\n",
    ]
