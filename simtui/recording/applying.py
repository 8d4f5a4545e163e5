"""One batch of what was said, into the rows of one transaction.

What a run's row was is read again at the start of each batch, since other processes write too.
What only the stream knows (which line comes next, whether its end was seen) lies in `Heard`; a
batch changes copies of it, which count once the transaction is through.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simtui.library.workflows import now_ms
from simtui.model.run import INTERRUPTED, RUNNING
from simtui.model.run_said import EndSaid, LogSaid, RunSaid, Said, SpanSaid
from simtui.model.run_text import text_of, without_keys
from simtui.recording import placing
from simtui.recording.heard import Heard
from simtui.recording.spans import joined, row_of
from simtui.store import log_lines, placeholders, run_search, runs, spans
from simtui.store.runs import Kept, packed, packed_json, summary_of, unpacked

if TYPE_CHECKING:
    from sqlite3 import Connection


@dataclass(slots=True)
class _Change:
    """A run during one batch: its row, its lines and spans that are new or other than before."""

    heard: Heard
    kept: Kept
    is_new: bool
    place_before: int
    last_line: int
    lines: dict[int, log_lines.Row] = field(default_factory=dict)
    line_updates: set[int] = field(default_factory=set)
    spans: dict[str, spans.Row] = field(default_factory=dict)
    span_updates: set[str] = field(default_factory=set)
    row_changed: bool = False
    payload_changed: bool = False
    text_changed: bool = False


class Batch:
    """Applies what was said, in one transaction; `heard` is the state after it, by run."""

    def __init__(
        self, connection: Connection, known: Mapping[str, Heard], places: placing.Places
    ) -> None:
        self._connection = connection
        self._known = known
        self._places = places
        self._now_ms = now_ms()
        self._number: int | None = None
        self._free_places = runs.FreePlaces(connection)
        self._kept: dict[str, Kept] = {}
        self._changes: dict[str, _Change] = {}
        self._left: set[str] = set()

    @property
    def heard(self) -> dict[str, Heard]:
        """The runs that the batch was about."""
        return {ident: change.heard for ident, change in self._changes.items()}

    def apply(self, said: Sequence[Said]) -> None:
        """Takes all of it in, and writes."""
        self._kept = runs.kept(self._connection, {one.run_id for one in said})
        changes = self._changes
        for one in said:
            change = changes.get(one.run_id) or self._begin(one)
            change.heard.events += 1
            if isinstance(one, SpanSaid):  # as most are
                self._span(change, one)
            elif isinstance(one, LogSaid):
                self._log(change, one)
            elif isinstance(one, RunSaid):
                self._run(change, one)
            else:
                self._end(change, one)
        self._write()

    def interrupt(self, run_ids: Sequence[str]) -> None:
        """What was open when the stream ended was broken off."""
        for ident, kept in runs.kept(self._connection, run_ids).items():
            change = self._remember(ident, kept, is_new=False)
            change.heard.is_open = False
            if kept.status == RUNNING and not kept.has_end:
                kept.status = INTERRUPTED
                change.row_changed = True
        self._write()

    # -- which run

    def _begin(self, said: Said) -> _Change:
        ident = said.run_id
        kept = self._kept.get(ident)
        if kept is not None:
            return self._remember(ident, kept, is_new=False)
        if isinstance(said, RunSaid):
            at_ms = said.started_at
            workflow_id, note = self._places.workflow_of(self._connection, said, self._now_ms)
        else:  # out of order: its run may come later, and says then what this cannot
            at_ms, note = _time_of(said, self._now_ms), None
            workflow_id = placing.unknown(self._connection, self._now_ms)
        if self._number is None:
            self._number = runs.next_number(self._connection)
        number, self._number = self._number, self._number + 1
        place = self._free_places.at(at_ms)
        kept = Kept(ident, number, place, workflow_id, RUNNING, at_ms)
        change = self._remember(ident, kept, is_new=True)
        change.heard.is_new = True
        change.heard.is_open = True
        change.row_changed = True
        if note:
            change.heard.notes = (note,)
        return change

    def _remember(self, ident: str, kept: Kept, *, is_new: bool) -> _Change:
        known = self._known.get(ident)
        heard = copy.copy(known) if known is not None else Heard(ident)
        if heard.first_status is None:
            heard.first_status = kept.status
        heard.number, heard.workflow_id, heard.status = kept.number, kept.workflow_id, kept.status
        last = -1 if is_new else log_lines.last_seq(self._connection, kept.number)
        change = _Change(heard, kept, is_new, kept.place, last)
        self._changes[ident] = change
        return change

    # -- the run itself

    def _run(self, change: _Change, said: RunSaid) -> None:
        kept, heard = change.kept, change.heard
        # it is told from its beginning: its lines are counted anew
        heard.next_seq, heard.all_new = 1, False
        if not kept.has_end:
            heard.is_open = not said.still_running
            self._set(change, "status", said.status or RUNNING, quietly=True)
        if said.started_at != kept.started_at:
            kept.started_at = said.started_at
            kept.place = self._free_places.at(said.started_at)
            change.row_changed = change.text_changed = heard.has_changed = True
        if not (change.is_new and heard.events == 1) and _is_better(said, kept):
            workflow_id, note = self._places.workflow_of(self._connection, said, self._now_ms)
            if workflow_id != kept.workflow_id:
                self._left.add(kept.workflow_id)
                self._set(change, "workflow_id", workflow_id)
            if note:
                heard.notes = (note,)
        for name in ("trigger", "level", "source", "version_digest"):
            self._set(change, name, getattr(said, name))
        if said.pinned:
            self._set(change, "pinned", 1)
        if said.cost_other is not None:
            self._about(change, cost=said.cost_other, unit=said.cost_unit)
        self._payload(change, "input", said.input)
        self._more(change, "run", said.more)

    def _end(self, change: _Change, said: EndSaid) -> None:
        self._set(change, "status", said.status)
        if said.duration_ms is not None:
            self._set(change, "has_end", runs.ENDED)
            self._set(change, "duration_ms", said.duration_ms)
        elif not change.kept.has_end:
            self._set(change, "has_end", runs.ENDED_WITHOUT_DURATION)
        change.heard.is_open = False
        self._set(change, "ended_at", said.ended_at)
        for name in ("tokens", "cost_usd"):
            self._set(change, name, getattr(said, name))
        if self._set(change, "error", said.error):
            change.text_changed = True
        if said.error_block_id is not None or said.error_block_name is not None:
            self._about(change, block_id=said.error_block_id, block_name=said.error_block_name)
        if self._payload(change, "output", said.output):
            change.text_changed = True
        self._more(change, "end", said.more)

    def _set(self, change: _Change, name: str, value: Any, *, quietly: bool = False) -> bool:
        if value is None or getattr(change.kept, name) == value:
            return False
        setattr(change.kept, name, value)
        change.row_changed = True
        if not quietly:
            change.heard.has_changed = True
        return True

    def _about(self, change: _Change, **said: Any) -> None:
        old = unpacked((change.kept.summary_json or "{}").encode(), "a run")
        new = {**old, **{key: value for key, value in said.items() if value is not None}}
        self._set(
            change,
            "summary_json",
            summary_of(
                new.get("block_id"), new.get("block_name"), new.get("cost"), new.get("unit")
            ),
        )

    def _payload(self, change: _Change, name: str, value: Any) -> bool:
        frame = packed(value)
        before = getattr(change.kept, name)
        if not self._set(change, name, frame):
            return False
        assert frame is not None  # what was not said changed nothing
        change.kept.kept_bytes += len(frame) - len(before or b"")
        change.payload_changed = True
        return True

    def _more(self, change: _Change, event: str, said: dict[str, Any] | None) -> None:
        if said is None:
            return
        whole: dict[str, Any] = unpacked(change.kept.more, f"run {change.kept.id}") or {}
        whole[event] = _joined(whole.get(event), said)
        self._payload(change, "more", {key: whole[key] for key in sorted(whole)})

    # -- log lines

    def _log(self, change: _Change, said: LogSaid) -> None:
        heard = change.heard
        more = None if said.more is None else packed_json(said.more)
        row: log_lines.Row = (
            0, said.at, said.level, said.block_id, said.block_name, said.message, more,
        )  # fmt: skip
        seq = said.seq
        if seq is None:
            seq = self._next_seq(change, row)
            heard.next_seq = seq + 1
        old = self._line(change, seq)
        row = (seq, *row[1:])
        if old == row:
            return
        if old is not None:
            change.line_updates.add(seq)
            change.kept.kept_bytes -= _line_size(old)
        change.lines[seq] = row
        change.last_line = max(change.last_line, seq)
        change.kept.kept_bytes += _line_size(row)
        change.row_changed = heard.has_changed = True

    def _next_seq(self, change: _Change, row: log_lines.Row) -> int:
        """The number of a line that bears none: the next of the stream, where there is nothing else
        under it; the one that it has, where it came before; else behind all others."""
        heard, seq = change.heard, change.heard.next_seq
        old = self._line(change, seq)
        if old is None or old[1:] == row[1:]:
            return seq
        if not heard.all_new:
            found = self._same_line(change, row, seq)
            if found is not None:
                return found
            heard.all_new = True
        return change.last_line + 1

    def _same_line(self, change: _Change, row: log_lines.Row, after: int) -> int | None:
        found = [seq for seq, other in change.lines.items() if seq > after and other[1:] == row[1:]]
        if not change.is_new:
            kept = log_lines.same_as(self._connection, change.kept.number, row, after)
            if kept is not None and kept not in change.lines:
                found.append(kept)
        return min(found, default=None)

    def _line(self, change: _Change, seq: int) -> log_lines.Row | None:
        if seq > change.last_line:
            return None
        pending = change.lines.get(seq)
        if pending is not None or change.is_new:
            return pending
        return log_lines.row_of(self._connection, change.kept.number, seq)

    # -- spans

    def _span(self, change: _Change, said: SpanSaid) -> None:
        heard = change.heard
        old = change.spans.get(said.id)
        if old is None and not change.is_new:
            old = spans.row_of(self._connection, change.kept.number, said.id)
            if old is not None:
                change.span_updates.add(said.id)
        if old is None:
            if heard.last_span is None:
                heard.last_span = (
                    0 if change.is_new else spans.last_seq(self._connection, change.kept.number)
                )
            row = row_of(said, heard.last_span + 1 if said.seq is None else said.seq)
            if row[1] > heard.last_span:
                heard.last_span = row[1]
        else:
            row = joined(old, said)
            if row == old:
                return
            change.kept.kept_bytes -= _span_size(old)
        change.spans[said.id] = row
        change.kept.kept_bytes += _span_size(row)
        change.row_changed = heard.has_changed = True

    # -- into the tables

    def _write(self) -> None:
        connection, changes = self._connection, list(self._changes.values())
        for change in changes:
            kept = change.kept
            if kept.has_end == runs.ENDED_WITHOUT_DURATION and kept.ended_at is not None:
                self._set(change, "duration_ms", max(0, kept.ended_at - kept.started_at))
        new = [change for change in changes if change.is_new]
        others = [change for change in changes if not change.is_new and change.row_changed]
        runs.insert(connection, [change.kept for change in new])
        runs.update(connection, [change.kept for change in others])
        runs.put_payloads(
            connection,
            [change.kept for change in changes if change.payload_changed],
        )
        self._write_spans(changes)
        self._write_lines(changes)
        self._write_texts(changes)
        for change in changes:
            change.heard.workflow_id = change.kept.workflow_id
            change.heard.status = change.kept.status
        for workflow_id in self._left:
            placeholders.remove_unused(connection, workflow_id)
        if self._left:
            self._places.forget()

    def _write_spans(self, changes: list[_Change]) -> None:
        new: list[spans.Row] = []
        others: list[spans.Row] = []
        for change in changes:
            number, updates = change.kept.number, change.span_updates
            rows = [(number, *change.spans[ident]) for ident in sorted(change.spans)]
            if updates:
                others += [row for row in rows if row[1] in updates]
                rows = [row for row in rows if row[1] not in updates]
            new += rows
        spans.insert(self._connection, new)
        spans.replace(self._connection, others)

    def _write_lines(self, changes: list[_Change]) -> None:
        new: list[log_lines.Row] = []
        others: list[log_lines.Row] = []
        for change in changes:
            number, updates = change.kept.number, change.line_updates
            for seq in sorted(change.lines):
                (others if seq in updates else new).append((number, *change.lines[seq]))
        for row in others:
            run_search.remove_line(self._connection, run_search.line_key(row[0], row[1]))
        log_lines.insert(self._connection, new)
        log_lines.replace(self._connection, others)
        run_search.put_lines(
            self._connection,
            [
                (run_search.line_key(row[0], row[1]), without_keys(row[6]))
                for row in (*new, *others)
                if row[6]
            ],
        )

    def _write_texts(self, changes: list[_Change]) -> None:
        texts = []
        for change in changes:
            kept = change.kept
            if not change.text_changed:
                continue
            if not change.is_new:
                run_search.remove_run(self._connection, change.place_before)
            text = text_of(kept.error, unpacked(kept.output, f"run {kept.id}"))
            if text:
                texts.append((kept.place, text))
        run_search.put_runs(self._connection, texts)


def _is_better(said: RunSaid, kept: Kept) -> bool:
    """By a name alone a run stays where it is, unless nobody knew where it belongs."""
    return said.workflow_id is not None or kept.workflow_id == placing.UNKNOWN_ID


def _time_of(said: Said, otherwise: int) -> int:
    if isinstance(said, LogSaid):
        return said.at
    if isinstance(said, EndSaid):
        ended_at = otherwise if said.ended_at is None else said.ended_at
        return max(0, ended_at - (said.duration_ms or 0))
    return said.started_at


def _joined(old: Any, said: dict[str, Any]) -> dict[str, Any]:
    """What is known and what is said now; an object below joins the one before it."""
    whole = dict(old) if isinstance(old, dict) else {}
    for key, value in said.items():
        before = whole.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        whole[key] = {**before, **value} if both and isinstance(before, dict) else value
    return whole


def _line_size(row: log_lines.Row) -> int:
    return 40 + len(row[5]) + len(row[6] or b"")


def _span_size(row: spans.Row) -> int:
    return 80 + len(row[9] or "") + len(row[13] or b"")
