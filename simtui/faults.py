"""A fault of ours: where it happened is written down, without the value of any variable, so that a
report can be handed on."""

from __future__ import annotations

import os
import traceback

from simtui.paths import log_folder


def report(error: BaseException) -> str:
    """Writes the report. Its path, or why there is none."""
    lines = traceback.format_exception(error)
    try:
        folder = log_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"crash-{os.getpid()}.txt"
        path.write_text("".join(lines), encoding="utf-8")
    except OSError as reason:
        return f"no file ({reason.strerror})"
    return str(path)
