"""What `RECOVER.txt` says in each backup: how to get everything out of it without simtui."""

# ruff: noqa: E501  # a command stands on one line, to be copied

from __future__ import annotations

from simtui.vault.sealing import library_key_place

_PLAIN = """\
HOW TO GET YOUR WORKFLOWS OUT OF THIS BACKUP WITHOUT SIMTUI

With unzip, sqlite3 and zstd as any system has them. First the database:

    unzip BACKUP.zip simai.db

Then every workflow into a file of its own, which Sim imports:

    sqlite3 simai.db "select writefile('workflow-' || row_number() over (order by name, id) || '.json.zst', data), id, name from workflows"

It lists the size, the id and the name of each; then they are unpacked:

    zstd -d --rm workflow-*.json.zst

Files that belong to workflows, where there are any, lie in pieces:

    sqlite3 simai.db "select writefile(printf('file-%s-%s.%06d%s', a.workflow_id, a.name, p.number, iif(p.packed, '.zst', '')), p.data) from assets as a join asset_contents as c using (digest) join asset_pieces as p on p.content_id = c.id"

Those that are packed are unpacked, and the pieces of a file put together:

    zstd -d --rm file-*.zst
    cat file-WORKFLOW-NAME.* > NAME

Earlier versions are in the table workflow_versions, packed in the same way; runs
are in runs, settings in settings. `sqlite3 simai.db .schema` shows the rest. A
search index in it needs a newer sqlite3 than some systems have; nothing above
does.

Secrets are sealed, and only simtui opens them, with your password or recovery
code:  simtui backups restore BACKUP.zip

manifest.json says when this was made, and how many rows each table has.
"""

_ENCRYPTED = """\
HOW TO GET YOUR WORKFLOWS OUT OF THIS BACKUP WITHOUT SIMTUI

The library was encrypted on request, so its key comes first. With simtui it is
easier:  simtui backups restore BACKUP.zip --into A-NEW-HOME

Without it: unzip, python3 with its package cryptography, sqlcipher (4.x), zstd.
First the database and what leads to its key:

    unzip BACKUP.zip simai.db simai.keys

Then the key, from your master password. Put these lines into key.py:

{script}
    python3 key.py

It asks for the password and prints the key, 64 digits and letters. With it in the
place of KEY, sqlcipher writes a database without one:

    sqlcipher simai.db "pragma key = \\"x'KEY'\\"; attach 'plain.db' as plain key ''; select sqlcipher_export('plain')"

Then every workflow into a file of its own, which Sim imports:

    sqlite3 plain.db "select writefile('workflow-' || row_number() over (order by name, id) || '.json.zst', data), id, name from workflows"

It lists the size, the id and the name of each; then they are unpacked:

    zstd -d --rm workflow-*.json.zst

Files that belong to workflows, where there are any, lie in pieces:

    sqlite3 plain.db "select writefile(printf('file-%s-%s.%06d%s', a.workflow_id, a.name, p.number, iif(p.packed, '.zst', '')), p.data) from assets as a join asset_contents as c using (digest) join asset_pieces as p on p.content_id = c.id"

Those that are packed are unpacked, and the pieces of a file put together:

    zstd -d --rm file-*.zst
    cat file-WORKFLOW-NAME.* > NAME

Secrets are sealed once more, and only simtui opens them.
"""

_SCRIPT = """\
import base64, getpass, json, unicodedata
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

def bound(*parts):
    return b"".join(len(p).to_bytes(4, "big") + p for p in parts)

keys = json.loads(open("simai.keys").read().splitlines()[1])
password = unicodedata.normalize("NFC", getpass.getpass()).encode()
for packed in keys["slots"]:
    slot = json.loads(base64.b64decode(packed["packed"])[:-32])
    if slot["way"] == "password" and slot["key_id"] == keys["key_id"]:
        salt, nonce, wrapped = (base64.b64decode(slot[n]) for n in ("salt", "nonce", "wrapped"))
        cost = slot["cost"]
        kek = Argon2id(salt=salt, length=32, iterations=cost["passes"], lanes=cost["lanes"],
                       memory_cost=cost["memory_kib"]).derive(password)
        named = [slot[n].encode() for n in ("store_id", "id", "way", "kdf")]
        costs = json.dumps(cost, sort_keys=True, separators=(",", ":")).encode()
        data_key = AESGCM(kek).decrypt(
            nonce, wrapped, bound(*named, costs, salt, bytes.fromhex(slot["key_id"]), bytes([1])))
sealed = base64.b64decode(keys["library_key"])
head, nonce, body = sealed[:11], sealed[11:23], sealed[23:-8]
sub_key = HKDF(SHA256(), 32, salt=None, info=b"simtui/v1/secrets").derive(data_key)
place = bound(keys["store_id"].encode(), {place}, head)
print(AESGCM(sub_key).decrypt(nonce, body, place).hex())
"""


def _indented(script: str) -> str:
    place = library_key_place("")
    parts = ", ".join(repr(part.encode()) for part in (place.table, place.row, place.column))
    lines = script.replace("{place}", parts).splitlines()
    return "".join(f"    {line}".rstrip() + "\n" for line in lines)


RECOVER_TXT = {
    False: _PLAIN,
    True: _ENCRYPTED.replace("{script}\n", _indented(_SCRIPT)),
}
"""By whether the library is encrypted."""
