"""How `keys-v1.json` was made: once, from the description of `simai.keys`, with nothing of simtui.

Three lines: `simtui-keys 1`; a JSON object, keys sorted, no spaces; the SHA-256 of both lines with
their ends, in hex. `library_key` is sealed as a secret is, for the place (store id, `simai.keys`,
`library`, `library_key`).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tests.vectors.make_v1 import (
    KEYS,
    OTHER_STORE,
    STORE,
    b64,
    canonical,
    fixed,
    flipped,
    key_id,
    packed,
    sealed,
    slots_of,
)

FILE = Path(__file__).with_name("keys-v1.json")
LIBRARY_KEY = fixed("library key", 32)
PLACE = [STORE, "simai.keys", "library", "library_key"]

Fields = dict[str, Any]


def fields() -> Fields:
    """Of a vault that was rotated once."""
    a, b = KEYS["a"], KEYS["b"]
    retired = key_id(a).hex()
    return {
        "generation": 7,
        "store_id": STORE,
        "key_id": key_id(b).hex(),
        "slots": [
            {"number": each["number"], "packed": b64(packed(each))} for each in slots_of(b, 4)
        ],
        "retired": [
            {
                "key_id": retired,
                "sealed": b64(sealed(b, a, [STORE, "vault_retired_keys", retired, "sealed"])),
            }
        ],
        "library_key": b64(sealed(b, LIBRARY_KEY, PLACE)),
        "password_file": "",
    }


def file_of(body: bytes, head: bytes = b"simtui-keys 1") -> bytes:
    signed = head + b"\n" + body + b"\n"
    return signed + hashlib.sha256(signed).hexdigest().encode() + b"\n"


def vectors() -> list[Fields]:
    whole = file_of(canonical(fields()))
    good = {"keys": ["b"], "generation": 7, "slots": [4, 5, 6], "library_key": LIBRARY_KEY.hex()}
    made: list[Fields] = [
        {"what": "whole", "file": b64(whole), "is_whole": True, **good},
        {
            "what": "with a password file",
            "file": b64(file_of(canonical(fields() | {"password_file": "/etc/some/where"}))),
            "is_whole": True,
            **good,
        },
        {
            "what": "a bit of a slot has rotted",
            "file": b64(flipped(whole, whole.index(b'"packed":') + 40)),
            "is_whole": False,
            **good,
        },
        {
            "what": "the checksum has rotted",
            "file": b64(flipped(whole, len(whole) - 5)),
            "is_whole": False,
            **good,
        },
    ]

    def bad(what: str, content: bytes, error: str = "Damaged", key: str = "b") -> None:
        made.append({"what": what, "file": b64(content), "keys": [key], "error": error})

    def altered(what: str, error: str = "Damaged", key: str = "b", **other: Any) -> None:
        bad(what, file_of(canonical(fields() | other)), error, key)

    bad("nothing", b"")
    bad("another file", b"SQLite format 3\x00" + bytes(100))
    bad("cut", whole[: len(whole) // 2])
    bad("a header alone", b"simtui-keys 1\n")
    bad("a newer version", file_of(canonical(fields()), b"simtui-keys 2"))
    bad("a version in words", file_of(canonical(fields()), b"simtui-keys one"))
    bad("an older version", file_of(canonical(fields()), b"simtui-keys 0"))
    bad("no JSON", file_of(b"no JSON"))
    bad("a list", file_of(b"[1]"))
    bad("deep", file_of(b"[" * 20_000))
    altered("no slots", slots=[])
    altered("slots of one number", slots=[fields()["slots"][0]] * 2)
    altered("a slot without a number", slots=[{"packed": ""}])
    altered("a generation in words", generation="7")
    altered("a generation below nought", generation=-1)
    altered("a key that is no base64", library_key="é")
    altered("a path that is no text", password_file=7)
    altered("another key than 32 bytes", library_key=b64(sealed(KEYS["b"], b"short", PLACE)))
    altered(
        "the key of another place",
        library_key=b64(sealed(KEYS["b"], LIBRARY_KEY, [OTHER_STORE, *PLACE[1:]])),
    )
    key = fields()["library_key"]
    altered("a bit of the library's key", library_key=key[:60] + "AAAA" + key[64:])
    altered("a data key that is not here", "SealedByAnotherKey", "a")
    return made


def main() -> None:
    content = {
        "about": "Frozen. Made by make_keys_v1.py; read by every version since.",
        "data_keys": {name: key.hex() for name, key in KEYS.items()},
        "files": vectors(),
    }
    with FILE.open("x", encoding="utf-8") as file:  # never over one that is there
        json.dump(content, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
