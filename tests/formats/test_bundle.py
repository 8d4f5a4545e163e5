"""A bundle is read as it was written, or refused: nothing between."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtui.errors import BadInput
from simtui.formats.bundle import BundleReader, BundleWriter, is_bundle
from simtui.formats.naming import folded
from simtui.formats.zip_reader import MAX_ENTRIES, ZipReader
from simtui.model.asset import Asset, is_asset_name
from simtui.model.workflow import Version, Workflow
from tests.formats.strategies import patiently
from tests.making import as_bytes, document

DOCUMENT = as_bytes(document())
FLOW = Workflow("flow", "Flow", "Ops", "What it does.", 1, 2, "d" * 64, 0, 1, 0, "F1")
names = st.text(st.characters(), max_size=80).filter(is_asset_name) | st.sampled_from(
    ["CON", "aux.txt", "Plan.txt", "plan.txt", "PLAN.TXT", ".env", "a.", "x" * 200, "é", "e\u0301",
     "workflow.json", "a:b", "." * 3, "日報.tar.gz", "a." + "b" * 150]
)  # fmt: skip


def written(assets: dict[str, bytes], versions: int = 0, runs: bytes | None = None) -> io.BytesIO:
    stream = io.BytesIO()
    writer = BundleWriter(stream, made_by="simtui", made_at_ms=0)
    writer.workflow(FLOW, ("Ops",), DOCUMENT, ("KEY",))
    for number in range(1, versions + 1):
        writer.version(Version("flow", number, "e" * 64, "Flow", 5, 0, 1, 0), DOCUMENT)
    for name, content in assets.items():
        with writer.asset(Asset("flow", name, "", len(content), 7)) as sink:
            sink.write(content)
    if runs is not None:
        with writer.runs() as sink:
            sink.write(runs)
    writer.close()
    return stream


def read(stream: io.BytesIO) -> Any:
    """All that a bundle holds."""
    archive = ZipReader(stream, "the bundle")
    assert is_bundle(archive)
    reader = BundleReader(archive)
    about = reader.manifest
    return (
        about,
        reader.document(),
        [reader.whole(version.file) for version in about.versions],
        {asset.name: b"".join(reader.pieces(asset.file)) for asset in about.assets},
        b"".join(reader.pieces("runs.ndjson")) if reader.has_runs else None,
    )


@patiently
@given(
    st.dictionaries(names, st.binary(max_size=200), max_size=8),
    st.integers(0, 3),
    st.none() | st.binary(max_size=200),
)
def test_it_comes_back_as_it_was_written(
    assets: dict[str, bytes], versions: int, runs: bytes | None
) -> None:
    about, flow, earlier, found, lines = read(written(assets, versions, runs))
    assert (about.id, about.name, about.folder, about.needs) == ("flow", "Flow", ("Ops",), ("KEY",))
    assert (flow, earlier) == (DOCUMENT, [DOCUMENT] * versions)
    assert (found, lines) == (assets, runs)
    assert len({folded(asset.file) for asset in about.assets}) == len(assets)


def test_whatever_is_done_to_a_bundle_it_is_as_it_was_or_refused() -> None:
    """Every byte of a small one is altered in turn, and it is cut at every place."""
    content = written({"a.txt": b"hello"}, versions=1).getvalue()
    whole = read(io.BytesIO(content))
    altered = [content[:at] + bytes([content[at] ^ 0x81]) + content[at + 1 :]
               for at in range(len(content))]  # fmt: skip
    refused = 0
    for each in [*altered, *(content[:at] for at in range(len(content)))]:
        try:
            assert read(io.BytesIO(each)) == whole
        except BadInput:
            refused += 1
    assert refused > len(content) * 1.5


def test_more_than_a_reader_takes_is_not_written() -> None:
    with pytest.raises(BadInput, match="do not go into one bundle"):
        written(dict.fromkeys(map(str, range(MAX_ENTRIES)), b""))
