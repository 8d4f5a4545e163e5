"""The proof of a backup: it is opened as a restore would open it, and all in it is looked at.

Two kinds of wrong are told apart. A *fault* means that the file is no faithful copy of a library:
nothing is ever restored from it. *Rot* was in the library already when it was copied: the copy is
faithful, and still no backup.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from simtui.backup import archive as archives
from simtui.backup.manifest import Manifest
from simtui.errors import BadInput, Damaged, SimtuiError, shown
from simtui.model.workflow import digest_of
from simtui.store import assets, checks, engine, migrations, payload, secrets, snapshots, vault
from simtui.store.engine import APPLICATION_ID
from simtui.store.secrets import SealedSecret
from simtui.store.snapshots import Key
from simtui.store.vault import VaultRows

if TYPE_CHECKING:
    from sqlite3 import Connection

MOST_TOLD = 5
_INCREMENTAL = 2
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found. `sealed`: the secrets as they lie in it, for whoever holds the keys; `ways`:
    what leads to those."""

    faults: tuple[str, ...] = ()
    rot: tuple[str, ...] = ()
    manifest: Manifest | None = None
    sealed: tuple[SealedSecret, ...] = ()
    ways: VaultRows | None = None
    duration_ms: int = 0

    @property
    def is_good(self) -> bool:
        """Everything is there as it was written."""
        return not self.faults and not self.rot

    @property
    def words(self) -> str:
        """What is wrong, in a line; "" where nothing is."""
        told = [each.rstrip(".") for each in (*self.faults, *self.rot)]
        more = f"; and {len(told) - MOST_TOLD:,} more" if len(told) > MOST_TOLD else ""
        return "; ".join(told[:MOST_TOLD]) + more


def prove(file: Path, copy: Path, key: Key = None) -> Proof:
    """Looks at everything in a backup. `copy`: where its database is unpacked to, a new file in a
    private folder, for the caller to remove. `key`: of an encrypted one. Raises `NotWritable` where
    it cannot be unpacked; what is wrong with it is in the answer."""
    start = time.perf_counter()
    manifest: Manifest | None = None
    sealed: tuple[SealedSecret, ...] = ()
    ways: VaultRows | None = None
    faults: list[str] = []
    rot: list[str] = []
    try:
        with archives.opened(file) as archive:
            manifest = archive.manifest
            archive.keys()
            archive.extract_database(copy)
        if manifest.encrypted and key is None:
            raise BadInput("it is encrypted, and its key is not at hand")
        sealed, ways = _prove_database(copy, manifest, key if manifest.encrypted else None, rot)
    except (BadInput, engine.DatabaseError) as error:
        faults.append(error.message if isinstance(error, SimtuiError) else shown(str(error)))
    spent_ms = round((time.perf_counter() - start) * 1000)
    return Proof(tuple(faults), tuple(rot), manifest, sealed, ways, spent_ms)


def _prove_database(
    copy: Path, manifest: Manifest, key: Key, rot: list[str]
) -> tuple[tuple[SealedSecret, ...], VaultRows | None]:
    with snapshots.opened_copy(copy, key) as connection:
        check_kind(connection, manifest.schema)
        schema = snapshots.schema_in(connection)
        counts = snapshots.row_counts(connection, snapshots.tables_of(schema))
        if counts != manifest.rows:
            raise Damaged("its tables do not have as many rows as the manifest says")
        if snapshots.told_counts(connection) != (manifest.workflows, manifest.runs):
            raise Damaged("workflows and runs are not as many as the manifest says")
        if slots_in(connection) != manifest.slots:
            raise Damaged("the ways into its vault are not those that the manifest names")
        # the engine lets go of the interpreter while it checks pages and the search indexes, and
        # documents are ours
        with ThreadPoolExecutor(1) as beside:
            pages = beside.submit(_broken_pages, copy, key)
            rot += _rotten(connection, counts)
            if broken := pages.result():
                raise Damaged(f"its pages are damaged: {shown(broken)}")
        if broken_links := checks.broken_links(connection):
            raise Damaged(f"{broken_links:,} of its rows belong to none")
        if "vault" not in counts:  # a schema from before there was one
            return (), None
        sealed = tuple(secrets.all_of(connection))
        if found := vault.read(connection):
            from simtui.vault import soundness  # its cryptography is for who has a vault

            rot += soundness.of_ways(found)[1] + soundness.damaged_in(found, sealed)
        return sealed, found


def check_kind(connection: Connection, schema: int | None = None) -> int:
    """Raises `BadInput` where a database is not one of ours, is a newer one, or declares anything
    that one of its schema does not (a trigger, a view, a foreign table). Its schema's number."""
    marks = snapshots.marks_of(connection)
    if marks.application_id != APPLICATION_ID:
        raise BadInput("its database is one of another program")
    if marks.schema > migrations.SCHEMA_VERSION:
        raise BadInput(
            f"it was made by a newer simtui (schema {marks.schema}; this one knows "
            f"{migrations.SCHEMA_VERSION}); update to open it"
        )
    if marks.schema < 1 or schema not in (None, marks.schema):
        raise Damaged("its schema's number is not the manifest's")
    if marks.auto_vacuum != _INCREMENTAL:
        raise Damaged("its database is not laid out as ours are")
    wanted, found = snapshots.schema_of(marks.schema), snapshots.schema_in(connection)
    strange = sorted(f"{kind} {name}" for kind, name, _, _ in found - wanted)
    missing = sorted(f"{kind} {name}" for kind, name, _, _ in wanted - found)
    if strange or missing:
        told = [f"{shown(each, 60)} is not ours" for each in strange[:MOST_TOLD]]
        told += [f"{each} is not as it was" for each in missing[:MOST_TOLD] if each not in strange]
        raise Damaged(f"its schema is not ours: {'; '.join(told)}")
    return marks.schema


def slots_in(connection: Connection) -> dict[str, str]:
    """The SHA-256 of each way into the vault, by its number."""
    if not snapshots.has_table(connection, "vault_slots"):
        return {}  # a schema from before there was one
    found = vault.read(connection)
    slots = found.slots if found else ()
    return {str(number): hashlib.sha256(packed).hexdigest() for number, packed in slots}


def _broken_pages(copy: Path, key: Key) -> str:
    with snapshots.opened_copy(copy, key) as connection:
        return snapshots.broken_pages(connection)


def _rotten(connection: Connection, tables: Collection[str]) -> Iterator[str]:
    """What of documents, files and runs is not what was stored: each is unpacked, and held against
    its digest where it has one."""
    for item in checks.every_document(connection):
        what = f"workflow {shown(item.workflow_id, 60)}"
        if item.number:
            what += f" version {item.number}"
        try:
            document = payload.decode(item.frame, what)
            value = orjson.loads(document)
            if not isinstance(value, dict) or digest_of(value, document) != item.digest:
                raise Damaged(f"{what} does not match its digest")
        except Damaged as error:
            yield error.message
        except orjson.JSONDecodeError:
            yield f"{what} is not JSON any more"
    for content in every_content(connection) if "assets" in tables else ():
        try:
            assets.check(connection, content)
        except Damaged as error:
            yield error.message
    for table, number, frame in checks.every_run_frame(connection, tables):
        try:
            payload.decode(frame, f"run {number}, {table}")
        except Damaged as error:
            yield error.message


def every_content(connection: Connection) -> Iterator[assets.StoredContent]:
    """The bytes of every file that a workflow has, once."""
    after = ""
    while batch := assets.contents_after(connection, after, _BATCH):
        yield from batch
        after = batch[-1].digest
