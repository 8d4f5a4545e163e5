"""The bundle: a `.simworkflow` zip with one workflow in Sim's export form, its earlier documents,
its files and its runs, and a manifest that says what each entry must be.

It is all or nothing: a bundle in which anything is missing, is there unsaid, or is not what the
manifest says, is refused whole. The manifest stands last, since it is written when all else was.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from simtui.errors import BadInput, shown
from simtui.formats.json_reader import MAX_JSON_BYTES, read_json
from simtui.formats.naming import UniquePaths, checked_id, clean_name, portable_part
from simtui.formats.sim_json import dump, iso, ms_of
from simtui.formats.zip_reader import MAX_ENTRIES, MAX_RATIO, RATIO_FROM_BYTES, ZipReader
from simtui.model.asset import Asset, is_asset_name
from simtui.model.bundle import (
    FORMAT,
    FORMAT_VERSION,
    BundledAsset,
    BundledVersion,
    EntryFact,
    Manifest,
)
from simtui.model.workflow import JsonObject, Version, Workflow

ENDING = ".simworkflow"
MANIFEST = "manifest.json"
DOCUMENT = "workflow.json"
RUNS = "runs.ndjson"

Segments = tuple[str, ...]


# -- out


class BundleWriter:
    """Writes one bundle to a seekable binary stream: the workflow first, then what goes with it,
    then `close`. Without that there is no bundle."""

    def __init__(self, stream: BinaryIO, *, made_by: str, made_at_ms: int) -> None:
        self._zip = _ZipFile(stream, "w", zipfile.ZIP_DEFLATED)
        self._manifest: JsonObject = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "made_by": made_by,
            "made_at": iso(made_at_ms),
        }
        self._versions: list[JsonObject] = []
        self._assets: list[JsonObject] = []
        self._entries: dict[str, JsonObject] = {}
        self._unique = UniquePaths([MANIFEST, DOCUMENT, RUNS])

    def workflow(
        self, workflow: Workflow, folder: Segments, document: bytes, needs: Sequence[str]
    ) -> None:
        """The workflow, the real names of the folders it lies in, and the secrets it names."""
        self._manifest["needs"] = list(needs)
        self._manifest["workflow"] = {
            "id": workflow.id,
            "name": workflow.name,
            "folder": folder,
            "description": workflow.description,
            "source": workflow.source,
            "created_at": iso(workflow.created_at),
            "updated_at": iso(workflow.updated_at),
        }
        self._put(DOCUMENT, document)

    def version(self, version: Version, document: bytes) -> None:
        """An earlier document; the oldest comes first."""
        file = f"versions/{version.number:04d}-{version.digest[:12]}.json"
        self._versions.append(
            {
                "number": version.number,
                "name": version.name,
                "saved_at": iso(version.saved_at),
                "file": file,
            }
        )
        self._put(file, document)

    @contextmanager
    def asset(self, asset: Asset) -> Iterator[EntrySink]:
        """A file of the workflow, its bytes to be written piece by piece."""
        file = self._unique.take(f"assets/{portable_part(asset.name)}")
        self._assets.append({"name": asset.name, "added_at": iso(asset.added_at), "file": file})
        with self._entry(file, asset.size_bytes) as sink:
            yield sink

    @contextmanager
    def runs(self) -> Iterator[EntrySink]:
        """The runs, as lines of NDJSON to be written piece by piece; at most once."""
        with self._entry(RUNS, None) as sink:
            yield sink

    def close(self) -> None:
        """Writes the manifest and the zip's own end."""
        self._manifest |= {
            "versions": self._versions,
            "assets": self._assets,
            "entries": self._entries,
        }
        self._put(MANIFEST, dump(self._manifest))
        self._zip.close()

    def _put(self, name: str, content: bytes) -> None:
        with self._entry(name, len(content)) as sink:
            sink.write(content)

    @contextmanager
    def _entry(self, name: str, size_bytes: int | None) -> Iterator[EntrySink]:
        if len(self._entries) + (name != MANIFEST) >= MAX_ENTRIES:
            raise BadInput(
                f"more than {MAX_ENTRIES:,} versions and files do not go into one bundle; "
                "`--as files` has no such limit"
            )
        # a fixed date: two bundles of the same workflow differ in nothing but `made_at`
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.external_attr = 0o644 << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        info.file_size = size_bytes or 0
        with self._zip.open(info, "w", force_zip64=size_bytes is None) as handle:
            # zlib's own, which `zipfile` put there, takes ten times as long for the same size
            cast(Any, handle)._compressor = _Deflate()
            sink = EntrySink(cast(BinaryIO, handle))
            yield sink
        if name != MANIFEST:
            self._entries[name] = {"bytes": sink.size_bytes, "sha256": sink.sha256}


class EntrySink:
    """Where the bytes of one entry go."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    def write(self, piece: bytes) -> None:
        """The next bytes."""
        self._hash.update(piece)
        self.size_bytes += len(piece)
        self._handle.write(piece)

    @property
    def sha256(self) -> str:
        """Of what was written by now, in hex."""
        return self._hash.hexdigest()


class _ZipFile(zipfile.ZipFile):
    """One that was broken off stays so: `zipfile` would finish it when it is forgotten, in a stream
    that is closed by then, and complain on stderr."""

    def __del__(self) -> None:
        pass


_EMPTY_BLOCK = b"\0\0\0\xff\xff"
_DENSEST = MAX_RATIO // 2
_AHEAD_BYTES = 1 << 16


class _Deflate:
    """isal's deflate, never so dense that a reader takes it for an attack: it puts empty blocks,
    which any program passes over, behind what shrinks to next to nothing."""

    def __init__(self) -> None:
        from isal import isal_zlib  # 2 ms, which only a bundle need spend

        self._sync = isal_zlib.Z_SYNC_FLUSH
        self._packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
        self._taken, self._given = 0, 0

    def compress(self, content: bytes) -> bytes:
        """The next bytes, packed as far as they are."""
        self._taken += len(content)
        done = self._packer.compress(content)
        self._given += len(done)
        if self._missing > _AHEAD_BYTES:
            done += self._padded()
        return done

    def flush(self) -> bytes:
        """What is left, and the end."""
        done = self._padded() if self._taken > RATIO_FROM_BYTES and self._missing > 0 else b""
        return done + self._packer.flush()

    @property
    def _missing(self) -> int:
        return self._taken // _DENSEST - self._given

    def _padded(self) -> bytes:
        done = self._packer.flush(self._sync)
        self._given += len(done)
        padding = _EMPTY_BLOCK * max(0, self._missing // len(_EMPTY_BLOCK) + 1)
        self._given += len(padding)
        return done + padding


# -- in


def is_bundle(archive: ZipReader) -> bool:
    """Whether a zip is meant to be a bundle: it has the two entries that each has, or a manifest
    that says so."""
    entries = {entry.name: entry for entry in archive.entries}
    if MANIFEST not in entries or DOCUMENT in entries:
        return MANIFEST in entries
    try:
        value, _ = read_json(archive.read(entries[MANIFEST]), "the manifest")
    except BadInput:
        return False
    return isinstance(value, dict) and value.get("format") == FORMAT


def begins_as_bundle(head: bytes) -> bool:
    """Whether the first bytes of a stream may be those of a bundle: they alone are at hand while it
    comes in. Ours begin with the document."""
    return head[:4] == b"PK\x03\x04" and head[30:].startswith(
        (DOCUMENT.encode(), MANIFEST.encode())
    )


class BundleReader:
    """A bundle whose manifest was read, and holds exactly what that lists. Each of the readings
    below checks the bytes against it. Raises `BadInput`, each time for the bundle as a whole."""

    def __init__(self, archive: ZipReader) -> None:
        self._archive = archive
        self._places = {entry.name: entry for entry in archive.entries}
        if MANIFEST not in self._places:
            raise BadInput("a bundle without a manifest")
        content = archive.read(self._places.pop(MANIFEST))
        value, _ = read_json(content, "the manifest")
        self.manifest = manifest_in(value)
        self._check_listing()

    @property
    def has_runs(self) -> bool:
        """Whether runs came along."""
        return RUNS in self._places

    def document(self) -> bytes:
        """The workflow's document."""
        return self.whole(DOCUMENT)

    def whole(self, file: str) -> bytes:
        """A document, current or earlier, by its entry."""
        if self._places[file].size > MAX_JSON_BYTES:
            limit = f"{MAX_JSON_BYTES >> 20} MB"
            raise BadInput(f"{_named(file)}: larger than a workflow may be ({limit})")
        return b"".join(self.pieces(file))

    def pieces(self, file: str) -> Iterator[bytes]:
        """An entry of any size, in pieces; it is right only when the last one came."""
        digest = hashlib.sha256()
        for piece in self._archive.pieces(self._places[file]):
            digest.update(piece)
            yield piece
        if digest.hexdigest() != self.manifest.entries[file].sha256:
            raise BadInput(f"{_named(file)} is not what the manifest says (its digest is another)")

    def _check_listing(self) -> None:
        listed = self.manifest.entries
        for name in self._places:
            if name not in listed:
                raise BadInput(f"{_named(name)} is not in the manifest")
        for name, fact in listed.items():
            if name not in self._places:
                raise BadInput(f"{_named(name)} is missing, though the manifest lists it")
            if self._places[name].size != fact.size_bytes:
                raise BadInput(
                    f"{_named(name)} has {self._places[name].size:,} bytes, where the manifest "
                    f"says {fact.size_bytes:,}"
                )
        told = {DOCUMENT, RUNS}
        versions, assets = self.manifest.versions, self.manifest.assets
        for file in [item.file for item in versions] + [item.file for item in assets]:
            if file not in listed or file in told:
                raise BadInput(f"the manifest names {_named(file)} twice, or does not list it")
            told.add(file)
        for name in listed:
            if name not in told:
                raise BadInput(f"{_named(name)} belongs to nothing that the manifest names")


def manifest_in(value: Any) -> Manifest:
    """What a manifest says. Raises `BadInput` where it is none of ours, is of a newer form, or
    leaves out or mangles what one needs."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise BadInput("its manifest does not say that it is a bundle of a workflow")
    version = value.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise BadInput("its manifest does not say of which form it is")
    if version > FORMAT_VERSION:
        raise BadInput(
            f"it was made by a newer simtui (form {shown(str(version), 20)}; this one reads "
            f"{FORMAT_VERSION}); update simtui to import it"
        )
    workflow = _object(value, "workflow")
    ident = checked_id(workflow.get("id"))
    if ident is None:
        raise BadInput("its manifest: the workflow's id cannot be one")
    name, folder = workflow.get("name"), workflow.get("folder")
    description, source = workflow.get("description"), workflow.get("source")
    if not isinstance(name, str) or not _all_text(folder):
        raise BadInput("its manifest: the workflow has no name or no folder")
    needs, made_by = value.get("needs"), value.get("made_by")
    if not _all_text(needs):
        raise BadInput("its manifest: the names of the secrets are no list of names")
    return Manifest(
        made_by=made_by[:200] if isinstance(made_by, str) else "",
        made_at=ms_of(value.get("made_at")),
        needs=tuple(cast("list[str]", needs)),
        id=ident,
        name=clean_name(name),
        folder=tuple(clean_name(part) for part in cast("list[str]", folder)),
        description=description[:2000] if isinstance(description, str) else "",
        source=source[:40] if isinstance(source, str) else "",
        created_at=ms_of(workflow.get("created_at")),
        updated_at=ms_of(workflow.get("updated_at")),
        versions=tuple(_version(item) for item in _list(value, "versions")),
        assets=_assets(value),
        entries={name: _fact(name, item) for name, item in _object(value, "entries").items()},
    )


def _object(value: JsonObject, key: str) -> JsonObject:
    found = value.get(key)
    if not isinstance(found, dict):
        raise BadInput(f"its manifest has no {key}")
    return found


def _list(value: JsonObject, key: str) -> list[JsonObject]:
    found = value.get(key)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise BadInput(f"its manifest has no list of {key}")
    return found


def _all_text(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _version(item: JsonObject) -> BundledVersion:
    number, name, file = item.get("number"), item.get("name"), item.get("file")
    saved_at = ms_of(item.get("saved_at"))
    if not isinstance(number, int) or not isinstance(name, str) or saved_at is None:
        raise BadInput("its manifest: a version without what one needs")
    return BundledVersion(number, clean_name(name), saved_at, _file(file, "versions/"))


def _assets(value: JsonObject) -> tuple[BundledAsset, ...]:
    found: dict[str, BundledAsset] = {}
    for item in _list(value, "assets"):
        name, added_at = item.get("name"), ms_of(item.get("added_at"))
        if not isinstance(name, str) or not is_asset_name(name) or added_at is None:
            raise BadInput("its manifest: a file without a name that one can have")
        if name in found:
            raise BadInput(f"its manifest: two files are called {_named(name)}")
        found[name] = BundledAsset(name, added_at, _file(item.get("file"), "assets/"))
    return tuple(found.values())


def _file(value: Any, folder: str) -> str:
    if not isinstance(value, str) or not value.startswith(folder):
        raise BadInput(f"its manifest: what should lie in {folder} lies elsewhere")
    return value


def _fact(name: str, item: Any) -> EntryFact:
    size, digest = (item.get("bytes"), item.get("sha256")) if isinstance(item, dict) else (None, 0)
    if not isinstance(size, int) or isinstance(size, bool) or not isinstance(digest, str):
        raise BadInput(f"its manifest: no size or digest of {_named(name)}")
    return EntryFact(size, digest)


def _named(name: str) -> str:
    return f'"{shown(name, 80)}"'
