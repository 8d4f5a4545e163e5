"""What the manifest of a bundle says: one workflow, and what travels with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FORMAT = "simworkflow"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class EntryFact:
    """What an entry of the zip must be: its size unpacked in bytes, and the SHA-256 of that."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BundledVersion:
    """An earlier document. `file` is its entry; `saved_at`: when it was replaced."""

    number: int
    name: str
    saved_at: int
    file: str


@dataclass(frozen=True, slots=True)
class BundledAsset:
    """A file of the workflow: what it is called, and its entry, which some system may have to call
    otherwise."""

    name: str
    added_at: int
    file: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All of it. Times are Unix milliseconds; `needs` names the secrets that the document refers
    to; `versions` are in the order of their numbers; `entries` is every entry but the manifest."""

    made_by: str
    made_at: int | None
    needs: tuple[str, ...]
    id: str
    name: str
    folder: tuple[str, ...]
    description: str
    source: str
    created_at: int | None
    updated_at: int | None
    versions: tuple[BundledVersion, ...]
    assets: tuple[BundledAsset, ...]
    entries: Mapping[str, EntryFact]
