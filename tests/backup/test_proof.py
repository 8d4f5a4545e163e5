"""The proof finds whatever is not as it was: in the file, in the database, in what was there before
the backup was made."""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection

import pytest
from isal import isal_zlib

from simtui.backup import archive
from simtui.backup.manifest import Manifest
from simtui.errors import BadInput
from simtui.library import Library
from tests.backup.backups import TABLE, forged, proof_of
from tests.harming import flip_a_bit, swap_documents
from tests.vault.vaults import make_vault


def test_a_good_backup_is_proven(backup: Path, tmp_path: Path) -> None:
    proof = proof_of(backup, tmp_path)
    assert (proof.is_good, proof.words) == (True, "")
    assert proof.manifest is not None
    assert (proof.manifest.workflows, proof.manifest.runs) == (3, 3)


def test_a_bit_that_flips_anywhere_is_found(backup: Path, tmp_path: Path) -> None:
    octets, harmed = backup.read_bytes(), tmp_path / "harmed.zip"
    for place in range(0, len(octets), 23):
        flipped = bytearray(octets)
        flipped[place] ^= 1 << place % 8
        harmed.write_bytes(flipped)
        with pytest.raises(BadInput), archive.opened(harmed):
            pass


@pytest.mark.parametrize("kept", [0, 1, 21, 1000, -100, -1])
def test_a_file_that_is_cut_short_is_found(backup: Path, tmp_path: Path, kept: int) -> None:
    harmed = tmp_path / "harmed.zip"
    harmed.write_bytes(backup.read_bytes()[:kept])
    assert proof_of(harmed, tmp_path).faults


def test_bytes_behind_the_end_are_found(backup: Path, tmp_path: Path) -> None:
    harmed = tmp_path / "harmed.zip"
    harmed.write_bytes(backup.read_bytes() + b"more")
    assert proof_of(harmed, tmp_path).faults


def test_a_zip_that_was_packed_anew_is_told(backup: Path, tmp_path: Path) -> None:
    harmed = tmp_path / "harmed.zip"
    with zipfile.ZipFile(backup) as source, zipfile.ZipFile(harmed, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    assert "packed anew" in proof_of(harmed, tmp_path).words


SCHEMA = {
    "trigger": "CREATE TRIGGER t AFTER INSERT ON workflows BEGIN DELETE FROM workflows; END",
    "view": "CREATE VIEW v AS SELECT * FROM workflows",
    "table": "CREATE TABLE foreign_one (a)",
    "index": "DROP INDEX workflows_name",
    "no table": "DROP TABLE settings",
    "column": "ALTER TABLE settings ADD COLUMN more",
}


@pytest.mark.parametrize("sql", SCHEMA.values(), ids=SCHEMA)
def test_a_schema_that_is_not_ours_is_refused(backup: Path, tmp_path: Path, sql: str) -> None:
    file = forged(backup, tmp_path / "forged.zip", lambda raw: raw.execute(sql), _no_settings(sql))
    proof = proof_of(file, tmp_path)
    assert "schema is not ours" in proof.words
    assert proof.faults


def _no_settings(sql: str) -> Callable[[Manifest], Manifest]:
    if not sql.startswith("DROP TABLE"):
        return lambda manifest: manifest
    return lambda manifest: replace(
        manifest, rows={name: n for name, n in manifest.rows.items() if name != "settings"}
    )


DATABASE = {
    "another program's": ("PRAGMA application_id = 7", "another program"),
    "a newer schema": ("PRAGMA user_version = 99", "newer simtui"),
    "a row less": ("DELETE FROM runs WHERE id = 'run wf-1'", "as many rows"),
    "a workflow in the trash": (
        "UPDATE workflows SET deleted_at = 1 WHERE id = 'wf-0'", "not as many",
    ),
    "a row that belongs to none": (
        "UPDATE runs SET workflow_id = 'nobody' WHERE id = 'run wf-1'", "belong to none",
    ),
    "a search index that rotted": (
        "UPDATE search_data SET block = zeroblob(9) WHERE id > 10", "fts5: corruption",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "words"), DATABASE.values(), ids=DATABASE)
def test_a_database_that_is_not_what_it_was_is_refused(
    backup: Path, tmp_path: Path, sql: str, words: str
) -> None:
    def change(raw: Connection) -> None:
        raw.execute("PRAGMA foreign_keys = 0")
        raw.execute(sql)

    def describe(manifest: Manifest) -> Manifest:
        return replace(manifest, schema=99) if "user_version" in sql else manifest

    proof = proof_of(forged(backup, tmp_path / "forged.zip", change, describe), tmp_path)
    assert words in proof.words
    assert proof.faults


WAYS = {
    "taken away": "DELETE FROM vault_slots",
    "altered": "UPDATE vault_slots SET packed = zeroblob(length(packed))",
    "doubled": ("INSERT INTO vault_slots SELECT number + 1, packed FROM vault_slots"),
}


@pytest.mark.parametrize("sql", WAYS.values(), ids=WAYS)
async def test_a_way_into_the_vault_that_is_not_as_it_was_is_found(
    library: Library, tmp_path: Path, sql: str
) -> None:
    await make_vault(library.vault)
    made = await library.backups.make()
    assert made is not None

    def describe(manifest: Manifest) -> Manifest:
        return replace(manifest, rows=dict(manifest.rows) | {"vault_slots": counted[0]})

    counted = [1]

    def change(raw: Connection) -> None:
        raw.execute(sql)
        counted[0] = raw.execute("SELECT count(*) FROM vault_slots").fetchone()[0]

    proof = proof_of(forged(made.backup.path, tmp_path / "forged.zip", change, describe), tmp_path)
    assert "the ways into its vault" in proof.words
    assert proof.faults


@pytest.mark.parametrize("name", ["simai.db", "RECOVER.txt", "manifest.json"])
@pytest.mark.parametrize("how", ["dropped", "renamed", "doubled", "swapped"])
def test_an_entry_that_is_not_as_it_was_is_found(
    backup: Path, tmp_path: Path, name: str, how: str
) -> None:
    """With a checksum of the whole that is right again."""
    harmed = tmp_path / "harmed.zip"
    with zipfile.ZipFile(backup) as source, zipfile.ZipFile(harmed, "w") as target:
        contents = {each: source.read(each) for each in source.namelist()}
        if how == "swapped":
            other = next(each for each in contents if each != name)
            contents[name], contents[other] = contents[other], contents[name]
        for each, content in contents.items():
            if each != name or how != "dropped":
                target.writestr(
                    f"{each}.old" if (each, how) == (name, "renamed") else each, content
                )
        if how == "doubled":
            with pytest.warns(UserWarning, match="Duplicate"):
                target.writestr(name, contents[name])
        target.comment = archive._MARK + b"0" * 64
    octets = harmed.read_bytes()[:-64]
    harmed.write_bytes(octets + hashlib.sha256(octets).hexdigest().encode())
    assert proof_of(harmed, tmp_path).faults


ROT = {
    "a flipped bit": (lambda raw: flip_a_bit(raw, "wf-1"), "wf-1"),
    "swapped documents": (lambda raw: swap_documents(raw, "wf-1", "wf-2"), "wf-1"),
    "a version of another": (
        lambda raw: raw.execute(
            "UPDATE workflow_versions SET data = (SELECT data FROM workflows WHERE id = 'wf-0')"
            " WHERE workflow_id = 'wf-2'"
        ),
        "wf-2 version 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "words"), ROT.values(), ids=ROT)
def test_what_rotted_before_the_backup_is_found(
    backup: Path, tmp_path: Path, change: Callable[[Connection], object], words: str
) -> None:
    proof = proof_of(forged(backup, tmp_path / "forged.zip", change), tmp_path)
    assert proof.faults == ()
    assert words in proof.rot[0]


def test_a_page_that_rotted_is_found(backup: Path, tmp_path: Path) -> None:
    """A row that is in the table and not in its index: no checksum tells of it."""

    def unlink(raw: Connection) -> None:
        raw.execute("PRAGMA writable_schema = 1")
        sql = "SELECT sql FROM sqlite_master WHERE name = 'workflows_name'"
        (declared,) = raw.execute(sql).fetchone()
        raw.execute("DELETE FROM sqlite_master WHERE name = 'workflows_name'")
        raw.execute("PRAGMA writable_schema = RESET")
        raw.execute("UPDATE workflows SET name = 'Elsewhere' WHERE id = 'wf-1'")
        raw.execute(declared)
        raw.execute("PRAGMA writable_schema = 1")
        raw.execute(
            "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master"
            " WHERE name = 'workflows_folder') WHERE name = 'workflows_name'"
        )

    file = forged(backup, tmp_path / "forged.zip", unlink)
    assert proof_of(file, tmp_path).faults


MANIFESTS = {
    "not JSON": b"{",
    "another format": b'{"format": "other"}',
    "a newer one": b'{"format": "simtui-backup", "version": 2, "made_by": "simtui 9"}',
    "a text for a number": None,
}


@pytest.mark.parametrize("content", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_cannot_be_meant_is_refused(
    backup: Path, tmp_path: Path, content: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with archive.opened(backup) as opened:
        fields = json.loads(opened.manifest.packed())
    packed = content or json.dumps(fields | {"runs": "3"}).encode()
    monkeypatch.setattr(Manifest, "packed", lambda self: packed)
    file = forged(backup, tmp_path / "forged.zip")
    monkeypatch.undo()
    assert proof_of(file, tmp_path).faults


def test_stock_unzip_finds_nothing_wrong_with_it(
    backup: Path, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    subprocess.run([tool("unzip"), "-tq", str(backup)], check=True, capture_output=True)
    with zipfile.ZipFile(backup) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == ["simai.db", "RECOVER.txt", "manifest.json"]
        assert packed.getinfo("simai.db").compress_type == zipfile.ZIP_DEFLATED


def test_it_is_isal_that_packs_it(backup: Path) -> None:
    """A private attribute of `zipfile` is all that makes it so: on every Python this must hold."""
    with zipfile.ZipFile(backup) as packed:
        entry, content = packed.getinfo("simai.db"), packed.read("simai.db")
    with backup.open("rb") as file:
        file.seek(entry.header_offset + 26)
        name, extra = struct.unpack("<HH", file.read(4))
        file.seek(name + extra, 1)
        deflated = file.read(entry.compress_size)
    compressor = isal_zlib.compressobj(2, isal_zlib.DEFLATED, -15)
    assert compressor.compress(content) + compressor.flush() == deflated


def test_recover_txt_gets_every_workflow_out(
    backup: Path, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    """Does exactly what it says, with nothing of ours."""
    for name in ("unzip", "sqlite3", "zstd"):
        tool(name)
    shutil.copyfile(backup, tmp_path / "BACKUP.zip")
    with zipfile.ZipFile(backup) as packed:
        said = packed.read("RECOVER.txt").decode()
    commands = [line.strip() for line in said.splitlines() if line.startswith("    ")]
    tools = ["unzip", "sqlite3", "zstd", "sqlite3", "zstd", "cat"]
    assert [command.split()[0] for command in commands] == tools
    commands[-1] = commands[-1].replace("WORKFLOW-NAME", "wf-0-table.csv").replace("NAME", "file")
    for command in commands:
        subprocess.run(command, shell=True, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "file").read_bytes() == TABLE
    found = {
        json.loads(path.read_bytes())["state"]["metadata"]["name"]
        for path in tmp_path.glob("workflow-*.json")
    }
    assert found == {"Flow 0", "Flow 1", "Flow 2"}
