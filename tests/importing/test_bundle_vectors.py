"""Frozen bundles: the good ones come in whole, and the bad ones are refused with these words, for
ever. The file is never written again (`tests/vectors/make_bundle_v1.py`)."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from simtui.library import Library
from simtui.model.wording import rfc3339
from tests.importing.conftest import Importing
from tests.looking import tables_of, tree

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "bundle-v1.json").read_text())


def named(vector: dict[str, Any]) -> str:
    return str(vector["what"])


@pytest.mark.parametrize("vector", VECTORS["good"], ids=named)
async def test_a_good_bundle_comes_in_whole(
    library: Library, importing: Importing, tmp_path: Path, vector: dict[str, Any]
) -> None:
    path = tmp_path / "a.simworkflow"
    path.write_bytes(b64decode(vector["bundle"]))
    (item,) = await importing(path)
    assert (item.outcome, item.reason) == ("imported", None)

    told = vector["workflow"]
    row = await library.workflows.get(told["id"])
    assert row is not None
    assert (row.name, row.folder, row.description, row.source) == (
        told["name"], "/".join(told["folder"]), told["description"], told["source"],
    )  # fmt: skip
    assert [rfc3339(row.created_at), rfc3339(row.updated_at)] == [
        told["created_at"], told["updated_at"],
    ]  # fmt: skip
    assert await library.workflows.document(row.id) == b64decode(told["document"])

    versions = (await library.workflows.versions(row.id))[::-1]
    assert [(v.number, v.name, rfc3339(v.saved_at)) for v in versions] == [
        (v["number"], v["name"], v["saved_at"]) for v in sorted(
            vector["versions"], key=lambda each: each["number"])
    ]  # fmt: skip
    for told in vector["versions"]:
        document = await library.workflows.version_document(row.id, told["number"])
        assert document == b64decode(told["document"])

    assets = await library.assets.of(row.id)
    assert {(a.name, rfc3339(a.added_at)) for a in assets} == {
        (a["name"], a["added_at"]) for a in vector["assets"]
    }
    contents = {a["name"]: b64decode(a["content"]) for a in vector["assets"]}
    for asset in assets:
        assert b"".join([p async for p in library.assets.pieces(asset)]) == contents[asset.name]


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=named)
async def test_a_bad_bundle_is_refused_whole_with_its_reason(
    library: Library, importing: Importing, tmp_path: Path, vector: dict[str, Any]
) -> None:
    path = tmp_path / "a.simworkflow"
    path.write_bytes(b64decode(vector["bundle"]))
    before, files = await tables_of(library), tree(tmp_path)
    (item,) = await importing(path)
    assert item.outcome == "refused"
    assert vector["error"] in str(item.reason), item.reason
    assert (await tables_of(library), tree(tmp_path)) == (before, files)
