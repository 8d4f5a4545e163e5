"""The texts of a document that are worth an editor of their own: prompts, code, notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simtui.model.workflow import blocks_of, name_of, state_of

_KINDS = {"long-input", "messages-input"}
_NAMES = {"prompt", "systemPrompt", "userPrompt", "messages", "content", "context", "text", "body"}
_LONG = 60

Step = str | int


@dataclass(frozen=True, slots=True)
class Piece:
    """One text: what it is called (`Enrich · prompt`), where it is in the document, and how its
    file ends."""

    label: str
    path: tuple[Step, ...]
    text: str
    suffix: str


def pieces_in(document: Mapping[str, Any]) -> list[Piece]:
    """Every prompt and code field and every other long text, in the document's order. No two have
    one label."""
    found: list[Piece] = []
    taken: dict[str, int] = {}
    for key, block in blocks_of(state_of(document)).items():
        fields = block.get("subBlocks")
        for name, field in fields.items() if isinstance(fields, dict) else ():
            whole = field if isinstance(field, dict) else {}
            kind = whole.get("type")
            path: tuple[Step, ...] = ("state", "blocks", key, "subBlocks", name)
            if whole:
                path = (*path, "value")
            value = whole.get("value") if whole else field
            for more, text in _texts(value, ()):
                if _is_worth_it(kind, name, text):
                    label = " · ".join(map(str, (name_of(key, block), name, *_told(more))))
                    taken[label] = taken.get(label, 0) + 1
                    if taken[label] > 1:
                        label = f"{label} ({taken[label]})"
                    found.append(Piece(label, (*path, *more), text, _suffix(block, kind)))
    return found


def piece_at(document: Any, path: tuple[Step, ...]) -> str | None:
    """The text at a place; None where there is none."""
    for step in path:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return None
    return document if isinstance(document, str) else None


def put_piece(document: Any, path: tuple[Step, ...], text: str) -> None:
    """Another text at a place where one is."""
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = text


def _is_worth_it(kind: Any, name: str, text: str) -> bool:
    if "\n" in text or len(text) >= _LONG or kind == "code" or name == "code":
        return True
    return (kind in _KINDS or name in _NAMES) and " " in text.strip()


def _texts(value: Any, path: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, (*path, number))


def _told(path: tuple[Step, ...]) -> Iterator[Step]:
    """People count from one, and a message's text is the message."""
    for step in path:
        if step != "content":
            yield step + 1 if isinstance(step, int) else step


def _suffix(block: Mapping[str, Any], kind: Any) -> str:
    if kind != "code":
        return ".md"
    fields = block.get("subBlocks")
    language = fields.get("language") if isinstance(fields, dict) else None
    said = language.get("value") if isinstance(language, dict) else language
    return ".py" if said == "python" else ".js"
