"""The tables of the README, and the parts of the man page, made from what the program knows:
`python -m tests.readme` writes them anew, and a test fails where they differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from simtui.cli.root import COMMANDS
from simtui.model import wording
from simtui.model.actions import EVERY
from simtui.model.bound_keys import written
from simtui.model.settings import SETTINGS
from tests import manual
from tests.manual import MAN_PAGE

README = Path(__file__).parent.parent / "README.md"


def tables() -> dict[str, str]:
    """Each table by the name that stands in its marks."""
    keys = [(f"`{written(action.keys)}`", f"`{action.id}`", action.help) for action in EVERY]
    return {
        "keys": _table(
            ("key", "action", "does"),
            ((f"`{key}`", f"`{ident}`", what) for key, ident, what in keys),
        ),
        "commands": _table(
            ("command", "does"),
            ((f"`simtui {name}`", text) for name, (_, text) in COMMANDS.items()),
        ),
        "settings": _table(
            ("setting", "may be", "default", "variable", "what"),
            [
                *(
                    (
                        f"`{setting.key}`",
                        ", ".join(setting.may_be),
                        setting.default,
                        f"`{setting.environment}`",
                        setting.doc,
                    )
                    for setting in SETTINGS
                ),
                ("`keys.ACTION`", "keys", "its key", "", "Which keys an action has."),
            ],
        ),
        "formats": _table(("mark", "what it is"), wording.SOURCES.items()),
    }


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def filled(text: str) -> str:
    """The README with its tables as they are now."""
    for name, table in tables().items():
        place = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- end -->)", re.DOTALL)
        assert len(place.findall(text)) == 1, f"README.md has no one place for the table of {name}"
        start, end = next(place.finditer(text)).span()
        text = f"{text[:start]}{table}\n{text[end:]}"
    return text


def linked(text: str) -> Iterator[Path]:
    """Every file that the README points to."""
    for target in re.findall(r"\]\(([^)#:]+)\)|src=\"([^\"]+)\"", text):
        yield README.parent / (target[0] or target[1])


if __name__ == "__main__":
    README.write_text(filled(README.read_text("utf-8")), "utf-8")
    MAN_PAGE.write_text(manual.filled(MAN_PAGE.read_text("utf-8")), "utf-8")
