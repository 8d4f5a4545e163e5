"""The colours. They mean something: red failed or lost, yellow needs you, green proven or done, dim
secondary; and none of them says anything that a sign or a word beside it does not.

Terminals with 256 colours get ones that are among them, so that none is rounded to its neighbour,
and terminals with sixteen get those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

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
# orange, yellow and blue are told apart by every kind of eye (Okabe and Ito)
SAFE = replace(
    DARK,
    name="simtui-safe",
    primary="#a9b8cc",
    accent="#f0e442",
    success="#56b4e9",
    warning="#f0e442",
    error="#e8762c",
    variables={"border": "#4a5260", "block-cursor-background": "#33415c"},
)
ANSI = Theme(
    name="simtui-ansi",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_default",
    accent="ansi_yellow",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    dark=True,
    variables={
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "border": "ansi_blue",
        "border-blurred": "ansi_blue",
        "block-cursor-background": "ansi_blue",
        "block-cursor-foreground": "ansi_white",
        "input-cursor-background": "ansi_white",
        "input-cursor-foreground": "ansi_black",
        "input-cursor-text-style": "none",
        "input-selection-background": "ansi_blue",
        "input-selection-foreground": "ansi_white",
        "screen-selection-background": "ansi_blue",
        "screen-selection-foreground": "ansi_white",
    },
)
ANSI_LIGHT = replace(
    ANSI,
    name="simtui-ansi-light",
    primary="ansi_blue",
    accent="ansi_magenta",
    warning="ansi_magenta",
    dark=False,
    variables=ANSI.variables
    | {"block-cursor-background": "ansi_cyan", "block-cursor-foreground": "ansi_black"},
)
DARK_256 = replace(
    DARK,
    name="simtui-256",
    primary="#87afd7",
    secondary="#8a8a8a",
    foreground="#d0d0d0",
    background="#121212",
    surface="#121212",
    panel="#262626",
    error="#d75f5f",
    variables={"border": "#444444", "block-cursor-background": "#005f87"},
)
LIGHT_256 = replace(
    LIGHT,
    name="simtui-light-256",
    primary="#005f87",
    secondary="#6c6c6c",
    accent="#875f00",
    foreground="#262626",
    background="#ffffff",
    surface="#ffffff",
    panel="#eeeeee",
    success="#008700",
    warning="#875f00",
    error="#af0000",
    variables={"border": "#bcbcbc", "block-cursor-background": "#afd7ff"},
)
SAFE_256 = replace(
    DARK_256,
    name="simtui-safe-256",
    primary="#afafd7",
    accent="#d7d75f",
    success="#5fafff",
    warning="#d7d75f",
    error="#d78700",
)
THEMES = (DARK, LIGHT, SAFE, ANSI, ANSI_LIGHT, DARK_256, LIGHT_256, SAFE_256)


def name_for(wanted: str, colours: str | None) -> str:
    """The theme for what was wanted on a terminal with these colours (`truecolor`, `256`, or
    fewer)."""
    if wanted == ANSI.name or colours == "truecolor":
        return wanted
    if colours == "256":
        return f"{wanted}-256"
    return ANSI_LIGHT.name if wanted == LIGHT.name else ANSI.name


def own_theme(name: str, said: Mapping[str, str | bool]) -> Theme:
    """A person's own: what its file says, and the rest as it usually is."""
    dark = said.get("dark", True)
    base = DARK if dark else LIGHT
    special = {"border": "border", "cursor": "block-cursor-background"}
    variables = base.variables | {special[key]: str(said[key]) for key in special if key in said}
    colours = {
        key: str(colour) for key, colour in said.items() if key not in special and key != "dark"
    }
    if "background" in colours:
        colours = {"surface": colours["background"]} | colours
    theme = replace(base, name=name, dark=bool(dark), variables=variables)
    for key, colour in colours.items():
        setattr(theme, key, colour)
    return theme
