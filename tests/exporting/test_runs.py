"""Runs leave as events that come in again, or for people; a key in clear only where one insists."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simtui.errors import BadInput
from simtui.exporting import export_sim
from simtui.exporting.runs import export_runs
from simtui.importing import import_paths
from simtui.library import Library
from simtui.model.run import Run
from simtui.recording import import_runs
from tests.making import as_bytes, as_lines, block, document, run_events
from tests.vault.vaults import make_vault

KEY = "sk-" + "q7W2e9R4" * 4
STORED = "a value that no rule would know for a key"


async def bring(library: Library, message: str) -> None:
    said = run_events("r1")
    said[1] |= {"message": message}
    async for item in import_runs(library, ["-"], stdin=io.BytesIO(as_lines(said))):
        assert item.outcome == "imported"


async def exported(library: Library, form: str, *, allow_secrets: bool = False) -> bytes:
    stream = io.BytesIO()

    async def chosen() -> AsyncIterator[Run]:
        for run in await library.runs.page():
            yield run

    try:
        assert await export_runs(library, chosen, form, stream, allow_secrets=allow_secrets) == 1
    except BadInput:
        assert stream.getvalue() == b""
        raise
    return stream.getvalue()


async def test_a_key_is_told_by_its_run_and_nothing_is_written(library: Library) -> None:
    await bring(library, f"asked with {KEY}")
    with pytest.raises(BadInput, match=r"run r1 of .* · run events: sk-q…") as told:
        await exported(library, "ndjson")
    assert KEY not in str(told.value)
    assert KEY.encode() in await exported(library, "ndjson", allow_secrets=True)


@pytest.mark.parametrize("form", ["csv", "markdown"])
async def test_for_people_keys_are_masked(library: Library, form: str) -> None:
    await bring(library, f"asked with {KEY}")
    assert KEY.encode() not in await exported(library, form)


async def test_a_value_of_the_open_vault_is_a_key_whatever_it_looks_like(
    library: Library, tmp_path: Path
) -> None:
    await bring(library, f"asked with {STORED}")  # the vault was not open then
    path = tmp_path / "w.json"
    path.write_bytes(as_bytes(document("W", [block("a", prompt=f"Say {STORED}")], ident="w")))
    async for item in import_paths(library, [path]):
        assert item.outcome == "imported"
    assert STORED.encode() in await exported(library, "ndjson")
    await make_vault(library.vault)
    await library.vault.set("ODD", STORED.encode())
    with pytest.raises(BadInput, match="run events: a va…"):
        await exported(library, "ndjson")
    with pytest.raises(BadInput, match="1 value in it looks like a key"):
        await export_sim(library, "w", io.BytesIO())
