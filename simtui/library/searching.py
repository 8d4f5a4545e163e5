"""Search over the library: the index says which, the source row shows where."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from simtui.apart import LARGE_BYTES, off_the_loop
from simtui.errors import Damaged
from simtui.library.content import checked
from simtui.model.redact import indexable_texts, is_key_name
from simtui.model.run import Run
from simtui.model.run_text import strings_of, without_keys
from simtui.model.workflow import JsonObject, blocks_of, searchable_texts, state_of
from simtui.store import hits, payload, runs, search
from simtui.store.store import Store

MARK, UNMARK = "\x02", "\x03"
"""Around each match in a snippet; nothing else in it is a control character."""

MAX_PLACES = 50
_AROUND = 48
_UNPACKED = 6  # how much larger a document is than its payload
_LEAST_KEY = 6


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that a search found. `snippet` is plain text, its matches between MARK and UNMARK;
    `at` is when the thing changed, Unix milliseconds. `kind` is workflow, asset, run or log; a log
    line's `id` is its run's, and `seq` its number there."""

    kind: str
    id: str
    workflow_id: str
    title: str
    snippet: str
    at: int
    seq: int | None = None


async def find_hits(store: Store, text: str, limit: int) -> list[Hit]:
    """What holds every word of `text`, by the words' beginnings: workflows best first, then files,
    runs and log lines, newest first."""
    match = search.match_of(text)
    if match is None:
        return []
    words = [fold(word) for word in search.words_of(text)]
    found = await store.read(hits.gather, match, limit)
    small = [each for each in found.workflows if len(each.frame) * _UNPACKED < LARGE_BYTES]
    # one hop for all of them: fifty would take longer than the work
    hits_found, snippets = await asyncio.to_thread(_hits_of, found, small, words)
    for each in found.workflows:
        if each.id not in snippets:
            snippets[each.id] = await off_the_loop(
                len(each.frame) * _UNPACKED, _snippet, each.frame, each.name, words
            )
    of_workflows = [
        Hit("workflow", each.id, each.id, each.name, snippets[each.id], each.at)
        for each in found.workflows
    ]
    return of_workflows + hits_found


def _hits_of(
    found: hits.Found, small: list[hits.FoundWorkflow], words: list[str]
) -> tuple[list[Hit], dict[str, str]]:
    snippets = {each.id: _snippet(each.frame, each.name, words) for each in small}
    others = [
        Hit("asset", f"{ident}/{file}", ident, file, f"a file of {_plain(name)}", at)
        for ident, name, file, at in found.assets
    ]
    expression = pattern_of(words)
    for run, output in found.runs:
        others.append(
            Hit(
                "run",
                run.id,
                run.workflow_id,
                f"{run.workflow_name}: {run.status}",
                _run_snippet(run, output, expression, words),
                run.started_at,
            )
        )
    for run, line in found.lines:
        piece = cut(without_keys(line.message), expression, line.block_name or line.level)
        title = f"{run.workflow_name}: {run.status}"
        others.append(Hit("log", run.id, run.workflow_id, title, piece, line.at, line.seq))
    return others, snippets


def _run_snippet(
    run: Run, output: bytes | None, expression: re.Pattern[str], words: list[str]
) -> str:
    where = f"error in {run.error_block_name}" if run.error_block_name else "error"
    texts = [(where, without_keys(run.error))] if run.error else []
    try:
        value = runs.unpacked(output, f"run {run.id}")
    except Damaged as error:
        return str(error)
    texts += [("output", text) for text in strings_of(value)]
    return _best(texts, expression, words)[2]


def _best(
    texts: Iterable[tuple[str, str]], expression: re.Pattern[str], words: list[str]
) -> tuple[int, str, str]:
    """(how many of the words, the text, its piece) where most of the words stand."""
    best = (0, "", "")
    for where, text in texts:
        folded = fold(text)
        if not _holds(folded, words):
            continue
        matched = {match.group() for match in expression.finditer(folded)}
        found = len(matched)
        if found > best[0]:
            best = (found, text, cut(text, expression, where))
            if all(any(held.startswith(word) for held in matched) for word in words):
                break  # there is no better place than one with all of them
    return best


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


def _snippet(frame: bytes, name: str, words: list[str]) -> str:
    try:
        value = orjson.loads(payload.decode(frame, name))
    except Damaged as error:
        return str(error)
    except orjson.JSONDecodeError as error:
        return f"{_plain(name)}: its document is not JSON any more ({error})."
    expression = pattern_of(words)
    _, text, piece = _best(searchable_texts(value), expression, words)
    # the whole document is looked through for keys only where this piece may hold one
    if _may_hold_a_key(piece) or any(key in text for key in _key_values(value)):
        piece = _best(indexable_texts(value), expression, words)[2]
    return piece


# characters that are no word: with a digit among them, a capital or a sign within, or too many
_LIKE_A_KEY = re.compile(r"[^\s,;:!?()]*(?:\d|[a-z][A-Z]|[_+/=~@])[^\s,;:!?()]*|[^\s,;:!?()]{16,}")
_LEAST_RUN = 8


def _may_hold_a_key(piece: str) -> bool:
    plain = piece.partition(": ")[2].replace(MARK, "").replace(UNMARK, "")
    return any(len(match.group()) >= _LEAST_RUN for match in _LIKE_A_KEY.finditer(plain))


def _key_values(document: JsonObject) -> list[str]:
    """What stands in the fields that hold a key."""
    found = []
    for block in blocks_of(state_of(document)).values():
        sub_blocks = block.get("subBlocks")
        if not isinstance(sub_blocks, dict):
            continue
        for field, sub_block in sub_blocks.items():
            if is_key_name(field):
                value = sub_block.get("value") if isinstance(sub_block, dict) else sub_block
                if isinstance(value, str) and len(value) >= _LEAST_KEY:
                    found.append(value)
    return found


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
