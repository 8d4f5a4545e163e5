"""Runs come in as they are said, once, whatever breaks off, comes late, or comes again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from simtui.errors import NotFound
from simtui.formats.json_reader import MAX_DEPTH
from simtui.importing import import_paths
from simtui.library import Library
from simtui.model.run import CUT, MAX_PAYLOAD_BYTES, was_cut
from simtui.recording import import_runs
from tests.making import as_bytes, as_lines, document, run_events
from tests.recording.conftest import everything, take


async def one(library: Library, ident: str = "r1") -> Any:
    return await library.runs.get(ident)


async def test_a_run_comes_in_whole(library: Library) -> None:
    said = run_events(
        "r1",
        trigger="manual",
        input={"rows": 3},
        ended={"duration_ms": 930, "cost_usd": 0.0011, "tokens": 412, "output": {"ok": True}},
    )
    (item,) = await take(library, said)
    assert (item.outcome, item.run_id, item.status, item.events) == (
        "imported", "r1", "completed", 6,
    )  # fmt: skip
    detail = await one(library)
    run = detail.run
    assert (run.status, run.trigger, run.duration_ms, run.cost_usd, run.tokens) == (
        "completed", "manual", 930, 0.0011, 412,
    )  # fmt: skip
    assert (detail.payloads.input, detail.payloads.output) == ({"rows": 3}, {"ok": True})
    assert (detail.spans, detail.log_lines) == (2, 2)


async def test_the_same_thing_again_changes_nothing(library: Library) -> None:
    said = run_events("r1")
    await take(library, said)
    before = await everything(library)
    again = await take(library, said, as_lines(said) * 2)
    assert [item.outcome for item in again] == ["unchanged", "unchanged"]
    assert await everything(library) == before


async def test_a_stream_that_breaks_off_leaves_its_run_interrupted_with_all_that_came(
    library: Library,
) -> None:
    (item,) = await take(library, run_events("r1", status=None))
    assert item.status == "interrupted"
    detail = await one(library)
    assert (detail.run.status, detail.spans, detail.log_lines) == ("interrupted", 2, 2)
    assert detail.run.duration_ms is None


async def test_what_broke_off_goes_on_when_it_is_sent_in_full(library: Library) -> None:
    said = run_events("r1", ended={"duration_ms": 5})
    await take(library, said[:3], said)
    detail = await one(library)
    assert (detail.run.status, detail.spans, detail.log_lines) == ("completed", 2, 2)


async def test_a_line_that_cannot_be_read_is_told_and_does_not_stop_the_rest(
    library: Library,
) -> None:
    good = as_lines(run_events("r1")).splitlines(keepends=True)
    stream = good[0] + b"{broken\n" + b"".join(good[1:]) + b'{"event":"zzz"}\n[]\n\xff\xfe\n'
    items = await take(library, stream)
    refused = [(item.line, item.reason) for item in items if item.outcome == "refused"]
    assert [line for line, _ in refused] == [2, 8, 9, 10]
    assert all(reason for _, reason in refused)
    assert items[-1].outcome == "imported"
    assert (await one(library)).log_lines == 2


async def test_a_line_without_end_is_refused_and_not_held(library: Library) -> None:
    long = b'{"event":"log","message":"' + b"x" * (17 << 20) + b'"}\n'
    items = await take(library, long + as_lines(run_events("r1")))
    assert (items[0].line, items[0].outcome) == (1, "refused")
    assert "16 MB" in (items[0].reason or "")
    assert items[1].outcome == "imported"


@pytest.mark.parametrize(
    "missing", ["id", "started_at", "workflow_name", "run_id", "at", "message", "name", "status"]
)
async def test_what_an_event_must_say_is_asked_for(library: Library, missing: str) -> None:
    said = run_events("r1", lines=1, spans=1)
    without = [{key: value for key, value in event.items() if key != missing} for event in said]
    refused = [item for item in await take(library, without) if item.outcome == "refused"]
    # the status of a span may be left out
    lacking = sum(missing in event for event in said) - (missing == "status")
    assert len(refused) == lacking > 0


async def test_late_and_early_events_find_their_run(library: Library) -> None:
    said = run_events("r1", trigger="api", ended={"duration_ms": 7})
    await take(library, said)
    before = await everything(library)
    run = await library.runs.find("r1")
    await library.runs.delete([run])
    with pytest.raises(NotFound):
        await library.runs.get("r1")
    # lines without a number are counted as they come
    await take(library, [*said[1:], said[0]])
    assert await everything(library) == before
    assert [each.name for each in await library.workflows.page()] == ["Lead enricher"]


async def test_a_later_span_completes_the_earlier_and_is_not_undone_by_it(library: Library) -> None:
    first: dict[str, Any] = {
        "event": "span", "run_id": "r1", "id": "s", "name": "Agent", "status": "running",
        "started_at": "2026-11-22T14:02:11.120Z", "input": {"a": 1},
    }  # fmt: skip
    later = first | {"status": "success", "duration_ms": 12, "output": {"b": 2}}
    del later["input"]
    (run, end) = run_events("r1", lines=0, spans=0)
    await take(library, [run, first, later, end], [first])
    span = await library.runs.span(await library.runs.find("r1"), "s")
    assert (span.status, span.duration_ms) == ("success", 12)
    assert span.payload == {"input": {"a": 1}, "output": {"b": 2}}


async def test_a_paused_run_ends_again(library: Library) -> None:
    said = run_events("r1", status="paused", ended={"duration_ms": 5})
    await take(library, said, [{"event": "end", "run_id": "r1", "status": "completed"}])
    run = (await one(library)).run
    assert (run.status, run.duration_ms) == ("completed", 5)


async def test_numbered_lines_are_known_by_their_number(library: Library) -> None:
    run, *_ = run_events("r1", lines=0, spans=0)
    line = {"event": "log", "run_id": "r1", "at": run["started_at"], "seq": 7, "message": "one"}
    await take(library, [run, line], [run, line], [run, line | {"message": "two"}])
    lines = await library.runs.log(await library.runs.find("r1"))
    assert [(each.seq, each.message) for each in lines] == [(7, "two")]
    assert await library.runs.log(await library.runs.find("r1"), text="one") == []


async def test_a_second_program_adds_its_lines_behind_the_first_ones(library: Library) -> None:
    run, *lines = run_events("r1", lines=3, spans=0, status=None)
    others = [line | {"message": f"other {n}"} for n, line in enumerate(lines)]
    await take(library, [run, *lines], [run, *others], [run, *others])
    found = await library.runs.log(await library.runs.find("r1"))
    assert [line.message for line in found] == [
        "line 0 of r1", "line 1 of r1", "line 2 of r1", "other 0", "other 1", "other 2",
    ]  # fmt: skip


# -- whose run it is


async def add(library: Library, tmp_path: Path, ident: str, name: str) -> None:
    path = tmp_path / f"{ident}.json"
    path.write_bytes(as_bytes(document(name, ident=ident)))
    async for item in import_paths(library, [path]):
        assert item.outcome in ("imported", "updated")


async def test_a_run_of_a_workflow_that_is_not_here_gets_a_placeholder(library: Library) -> None:
    await take(library, run_events("r1", workflow_id="w-1", workflow_name="Not here"))
    run = (await one(library)).run
    assert (run.workflow_id, run.workflow_name, run.is_placeholder) == ("w-1", "Not here", True)


async def test_an_import_of_the_workflow_takes_the_place_of_its_placeholder(
    library: Library, tmp_path: Path
) -> None:
    await take(library, run_events("r1", workflow_id="w-1"))
    await add(library, tmp_path, "w-1", "The real one")
    run = (await one(library)).run
    assert (run.workflow_name, run.is_placeholder) == ("The real one", False)
    assert await library.workflows.versions("w-1") == []


async def test_a_name_that_several_bear_goes_to_the_newest_and_is_told(
    library: Library, tmp_path: Path
) -> None:
    for ident in ("w-1", "w-2"):
        await add(library, tmp_path, ident, "Twin")
    await library.store.write(
        lambda c: c.execute("UPDATE workflows SET updated_at = 1 WHERE id = 'w-2'").rowcount
    )
    (item,) = await take(library, run_events("r1", workflow_name="Twin"))
    assert item.workflow_id == "w-1"
    assert "2 workflows" in item.notes[0]


async def test_the_list_of_workflows_tells_their_runs(library: Library, tmp_path: Path) -> None:
    await add(library, tmp_path, "w-1", "Mine")
    await take(
        library,
        run_events("r1", workflow_id="w-1", status="failed", at="2026-11-22T10:00:00Z"),
        run_events("r2", workflow_id="w-1", at="2026-11-21T10:00:00Z"),
    )
    (row,) = await library.workflows.page(count_runs=True)
    assert (row.run_count, row.last_run_status) == (2, "failed")
    await library.workflows.delete(["w-1"])
    assert len(await library.runs.page()) == 2


# -- what is kept of what is large or secret


async def test_a_payload_past_the_limit_is_kept_cut_and_says_so(library: Library) -> None:
    text = "é" * MAX_PAYLOAD_BYTES
    await take(library, run_events("r1", input={"text": text}, ended={"output": "short"}))
    kept = (await one(library)).payloads.input
    assert was_cut(kept) == len(json.dumps({"text": text}, ensure_ascii=False).encode()) - 1
    assert kept["text"].startswith('{"text":"é')
    assert kept[CUT]["kept"] < MAX_PAYLOAD_BYTES
    # what was cut is not cut again
    before = await everything(library)
    await library.runs.delete([await library.runs.find("r1")])
    await take(library, before)
    assert await everything(library) == before


async def test_each_payload_of_a_span_or_a_line_is_cut_by_itself(library: Library) -> None:
    said = run_events("r1")
    span = next(event for event in said if event["event"] == "span")
    for event, name in ((said[1], "data"), (span, "output")):
        event |= {name: ["x" * MAX_PAYLOAD_BYTES], "beside": ["y"], "nothing": None}
    await take(library, said)
    before = await everything(library)
    told = [json.loads(line) for line in before.splitlines()]
    (kept,) = [event for event in told if event.get("id") == span["id"]]
    for event, name in ((told[1], "data"), (kept, "output")):
        assert was_cut(event[name]) == MAX_PAYLOAD_BYTES + 4
        assert event["beside"] == ["y"]
        assert "nothing" not in event
    await take(library, before)
    assert await everything(library) == before


async def test_a_line_is_nested_as_deeply_as_the_limit_and_no_deeper(library: Library) -> None:
    said = as_lines(run_events("r1"))
    deep = [
        b'{"event":"log","run_id":"r1","at":"2026-11-22T10:00:00Z","message":"m","d":%b1%b}\n'
        % (b"[" * levels, b"]" * levels)
        for levels in (MAX_DEPTH - 1, MAX_DEPTH)
    ]
    items = await take(library, said + deep[0] + deep[1])
    (bad,) = [item for item in items if item.outcome == "refused"]
    assert bad.line == said.count(b"\n") + 2
    assert "nested" in (bad.reason or "")


async def test_secrets_are_masked_on_the_way_in_while_the_vault_is_open(library: Library) -> None:
    from tests.vault.vaults import make_vault

    await make_vault(library.vault)
    await library.vault.set("KEY", b"swordfish-88")
    said = run_events("r1", input={"k": "swordfish-88"}, ended={"error": "bad swordfish-88!"})
    said[1]["message"] = "using swordfish-88 now"
    said[1]["data"] = ["é", {"swordfish-88": 1}]
    span = next(event for event in said if event["event"] == "span")
    span["output"] = {"is": ["swordfish-88", 12.5, True, None]}
    await take(library, said)
    assert b"swordfish-88" not in await everything(library)
    told = [json.loads(line) for line in (await everything(library)).splitlines()]
    assert told[1]["data"] == ["é", {"********": 1}]
    (kept,) = [event for event in told if event.get("id") == span["id"]]
    assert kept["output"] == {"is": ["********", 12.5, True, None]}
    assert (await one(library)).run.error == "bad ********!"
    assert await library.search("swordfish") == []


async def test_what_looks_like_a_key_is_not_in_the_index(library: Library) -> None:
    key = "sk-" + "q7W2e9R4" * 4
    said = run_events(
        "r1", ended={"error": f"no {key}", "output": {"apiKey": "hunter22", "a": "b"}}
    )
    said[1]["message"] = f"calling with {key} once"
    await take(library, said)

    def words(connection: Connection) -> set[str]:
        found = set()
        for table in ("run_search", "log_search"):
            connection.execute(f"CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, {table}, 'row')")
            found |= {row[0] for row in connection.execute("SELECT term FROM temp.v")}
            connection.execute("DROP TABLE temp.v")
        return found

    there = await library.store.write(words)
    assert {"no", "b", "calling", "once"} <= there
    assert not any("q7w2" in word or "hunter" in word for word in there)


# -- pipes


async def test_what_is_piped_in_is_there_while_the_pipe_is_open(library: Library) -> None:
    read, write = os.pipe()
    said = as_lines(run_events("r1")).splitlines(keepends=True)
    with os.fdopen(read, "rb", buffering=0) as stream, os.fdopen(write, "wb", buffering=0) as pipe:

        async def bring() -> list[Any]:
            items = import_runs(library, ["-"], stdin=stream)
            return [item async for item in items]

        importing = asyncio.create_task(bring())
        pipe.write(b"".join(said[:2]))
        async with asyncio.timeout(20):
            while not await library.runs.page():
                await asyncio.sleep(0)
        assert (await one(library)).run.status == "running"
        pipe.write(b"".join(said[2:]))
        pipe.close()
        (item,) = await importing
    assert (item.outcome, item.status) == ("imported", "completed")


async def test_a_recorder_that_is_cancelled_leaves_whole_runs_and_the_open_one_interrupted(
    library: Library,
) -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb", buffering=0) as stream, os.fdopen(write, "wb", buffering=0) as pipe:

        async def bring() -> None:
            async for _ in import_runs(library, ["-"], stdin=stream):
                pass

        importing = asyncio.create_task(bring())
        pipe.write(as_lines(run_events("r1", status=None)))
        async with asyncio.timeout(20):
            while not await library.runs.page():
                await asyncio.sleep(0)
        importing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await importing
    detail = await one(library)
    assert (detail.run.status, detail.log_lines) == ("interrupted", 2)


async def test_files_of_several_kinds_come_in_together(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(as_lines(run_events("r1")))
    (tmp_path / "b.json").write_text("{}")
    items = [
        item
        async for item in import_runs(
            library, [tmp_path / "a.ndjson", tmp_path / "b.json", tmp_path / "none", tmp_path]
        )
    ]
    assert [item.outcome for item in items] == ["imported", "refused", "refused", "refused"]
