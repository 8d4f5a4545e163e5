"""When Python looks for circles, objects that hold each other: nobody works meanwhile, and to look
through all that a screen has loaded takes a tenth of a second, every few seconds."""

from __future__ import annotations

import gc


def seldom() -> None:
    """For a program that does one thing and ends: rows and documents are trees, and to be looked
    through while they are loaded, or pass by, took a tenth of the time."""
    gc.set_threshold(100_000, 50, 50)


def not_yet() -> None:
    """Until `of_what_comes`: what is loaded now stays."""
    gc.disable()


def of_what_comes() -> None:
    """From now on they are looked for among what is made after this: what is there by now is there
    to stay, and is never looked through."""
    gc.freeze()
    gc.enable()
