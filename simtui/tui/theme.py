"""The colours. They mean something: red failed or lost, yellow needs you, green proven or done, dim
secondary; and none of them says anything that a sign or a word beside it does not."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="simtui",
    primary="#7aa2c8",
    secondary="#8a93a0",
    accent="#d7af5f",
    foreground="#d0d4da",
    background="#14171b",
    surface="#14171b",
    panel="#1f242b",
    success="#87af87",
    warning="#d7af5f",
    error="#d7786f",
    dark=True,
    variables={"border": "#3a424d", "block-cursor-background": "#2c4057"},
)
LIGHT = Theme(
    name="simtui-light",
    primary="#2f5f8f",
    secondary="#6a717b",
    accent="#8a6200",
    foreground="#20242a",
    background="#fafaf7",
    surface="#fafaf7",
    panel="#ecece6",
    success="#3a7a3a",
    warning="#8a6200",
    error="#b03a30",
    dark=False,
    variables={"border": "#c4c8cc", "block-cursor-background": "#cfe0f2"},
)
THEMES = (DARK, LIGHT)


def theme_named(name: str) -> str:
    """Textual's name for a theme of our settings."""
    return "ansi-dark" if name == "simtui-ansi" else name
