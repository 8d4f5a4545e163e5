"""Search over the library: the index says which, the source row shows where."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from simtui.apart import off_the_loop
from simtui.errors import Damaged
from simtui.library.content import checked
from simtui.model.redact import indexable_texts
from simtui.store import search, workflows
from simtui.store.store import Store

MARK, UNMARK = "\x02", "\x03"
"""Around each match in a snippet; nothing else in it is a control character."""

MAX_PLACES = 50
_AROUND = 48


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that a search found. `snippet` is plain text, its matches between MARK and UNMARK;
    `at` is when the thing changed, Unix milliseconds."""

    kind: str
    id: str
    workflow_id: str
    title: str
    snippet: str
    at: int


async def find_hits(store: Store, text: str, limit: int) -> list[Hit]:
    """What holds every word of `text`, by the words' beginnings; best first, then newest."""
    match = search.match_of(text)
    if match is None:
        return []
    words = [fold(word) for word in search.words_of(text)]
    rows = await store.read(search.workflows, match, limit)
    return [
        Hit("workflow", ident, ident, name, await _snippet_of(store, ident, name, words), at)
        for ident, name, at in rows
    ]


async def _snippet_of(store: Store, workflow_id: str, name: str, words: list[str]) -> str:
    found = await store.read(workflows.frame_of, workflow_id)
    if found is None:
        return ""
    frame, digest = found
    return await off_the_loop(len(frame) * 6, _snippet, frame, digest, name, words)


async def places_in(frame: bytes, digest: str, name: str, words: list[str]) -> list[str]:
    """Where in a workflow the words stand: a snippet a place, as in `Hit`."""
    found = [word for text in words for word in search.words_of(text)]
    if not found:
        return []
    return await off_the_loop(
        len(frame) * 6, _places, frame, digest, name, [fold(word) for word in found]
    )


def _places(frame: bytes, digest: str, name: str, words: list[str]) -> list[str]:
    _document, value = checked(frame, digest, name)
    expression = pattern_of(words)
    places: dict[str, None] = {}
    for where, text in indexable_texts(value):
        folded = fold(text)
        if where not in (text, "name") and _holds(folded, words) and expression.search(folded):
            places[cut(text, expression, where, around=20)] = None
        if len(places) == MAX_PLACES:
            break
    return list(places)


def pattern_of(words: list[str]) -> re.Pattern[str]:
    """An expression for what begins with one of these folded words."""
    return re.compile(r"\b(?:" + "|".join(map(re.escape, words)) + r")\w*")


def _holds(folded: str, words: list[str]) -> bool:
    """Whether one of the words is in it anywhere: most texts are passed over by this alone."""
    return any(word in folded for word in words)


def fold(text: str) -> str:
    """Lower case and without accents, character for character where that is possible, so that a
    place in the folded text is a place in the text."""
    return text.lower() if text.isascii() else text.translate(_FOLDS)


class _Folds(dict[int, str]):
    """What each character folds to, found out when it is first met."""

    def __missing__(self, code: int) -> str:
        base = unicodedata.normalize("NFKD", chr(code))[:1].lower()
        self[code] = base if len(base) == 1 else chr(code)
        return self[code]


_FOLDS = _Folds()


def _snippet(frame: bytes, digest: str, name: str, words: list[str]) -> str:
    try:
        _document, value = checked(frame, digest, name)
    except Damaged as error:
        return str(error)
    expression = pattern_of(words)
    best: tuple[int, str] = (0, "")
    for where, text in indexable_texts(value):
        folded = fold(text)
        if not _holds(folded, words):
            continue
        found = len({match.group() for match in expression.finditer(folded)})
        if found > best[0]:
            best = (found, cut(text, expression, where))
    return best[1]


def cut(text: str, expression: re.Pattern[str], where: str, *, around: int = _AROUND) -> str:
    """The piece of `text` around its first match, each match marked, on one line."""
    folded = fold(text)
    first = expression.search(folded)
    start = max(0, first.start() - around) if first else 0
    end = min(len(text), (first.end() if first else 0) + around)
    pieces, at = [], start
    for match in expression.finditer(folded, start, end):
        pieces += [_plain(text[at : match.start()]), MARK, _plain(match.group(0)), UNMARK]
        pieces[-2] = _plain(text[match.start() : match.end()])
        at = match.end()
    pieces.append(_plain(text[at:end]))
    before, after = "…" if start else "", "…" if end < len(text) else ""
    return f"{_plain(where)}: {before}{''.join(pieces)}{after}"


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
