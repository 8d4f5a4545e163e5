"""How `vault-v1.json` was made: once, from the description of the formats, with nothing of simtui.

It is the second writing of the formats, so that a change of the first shows. It is never run again:
the file beside it is what every later version must read. Another format gets another file.

Sealed: `S1`, 01, the key's id (8), nonce (12), AES-256-GCM's ciphertext and tag, the first 8 bytes
of SHA-256 of all that. Slot: JSON, keys sorted, no spaces, then SHA-256 of it. Associated data:
each part behind its length in 4 bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FILE = Path(__file__).with_name("vault-v1.json")
STORE = "0b9a2c1e-6d43-4e0a-9d55-3f6f1a7c0001"
OTHER_STORE = "0b9a2c1e-6d43-4e0a-9d55-3f6f1a7c0002"
KEYS = {name: hashlib.sha256(f"vector key {name}".encode()).digest() for name in ("a", "b", "c")}
PASSWORD = "Gr\u00fc\u00dfe aus 東京 🔑"
TYPED = "Gru\u0308\u00dfe aus 東京 🔑"
CODE_BITS = hashlib.sha256(b"vector code").digest()[:20]
TOKEN = hashlib.sha256(b"vector token").digest()
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
COST = {"passes": 3, "memory_kib": 65536, "lanes": 4}
AT = 1_795_000_000_000

Fields = dict[str, Any]


def hkdf(key: bytes, purpose: bytes, salt: bytes | None = None) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=salt, info=purpose).derive(key)


def argon2id(password: bytes, salt: bytes, cost: Fields) -> bytes:
    return Argon2id(
        salt=salt, length=32, iterations=cost["passes"], lanes=cost["lanes"],
        memory_cost=cost["memory_kib"],
    ).derive(password)  # fmt: skip


def key_id(key: bytes) -> bytes:
    return hashlib.sha256(hkdf(key, b"simtui/v1/key-id")).digest()[:8]


def joined(*parts: str | bytes) -> bytes:
    octets = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in octets)


def fixed(what: str, length: int) -> bytes:
    """Where the real thing is random."""
    return hashlib.sha256(f"vector {what}".encode()).digest()[:length]


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def sealed(key: bytes, value: bytes, place: list[str], *, head: bytes = b"S1\x01") -> bytes:
    start = head + key_id(key)
    nonce = fixed(f"nonce {place} {value[:40]!r}", 12)
    body = AESGCM(hkdf(key, b"simtui/v1/secrets")).encrypt(nonce, value, joined(*place, start))
    return summed(start + nonce + body)


def summed(body: bytes) -> bytes:
    return body + hashlib.sha256(body).digest()[:8]


def row(name: str, column: str = "encrypted_value", store: str = STORE) -> list[str]:
    return [store, "secrets", name, column]


def slot(number: int, way: str, secret: bytes, key: bytes, **other: Any) -> Fields:
    """A slot's fields. What `other` names is in it before it is wrapped."""
    kdf = "argon2id" if way == "password" else "hkdf-sha256"
    salt = fixed(f"salt {number}", 16)
    fields: Fields = {
        "version": 1,
        "id": f"5b6a7f00-0000-4000-8000-00000000000{number}",
        "store_id": STORE,
        "number": number,
        "way": way,
        "kdf": kdf,
        "cost": COST if way == "password" else None,
        "key_id": key_id(key).hex(),
        "created_at": AT,
    } | other
    if way == "password":
        outer = argon2id(secret, salt, fields["cost"])
    else:
        outer = hkdf(secret, f"simtui/v1/kek/{way}".encode(), salt)
    associated = joined(
        fields["store_id"], fields["id"], way, kdf, canonical(fields["cost"]), salt,
        bytes.fromhex(fields["key_id"]), b"\x01",
    )  # fmt: skip
    nonce = fixed(f"slot nonce {number}", 12)
    wrapped = AESGCM(outer).encrypt(nonce, key, associated)
    return fields | {"salt": b64(salt), "nonce": b64(nonce), "wrapped": b64(wrapped)}


def packed(fields: Fields) -> bytes:
    body = canonical(fields)
    return body + hashlib.sha256(body).digest()


def spelled(bits: bytes) -> str:
    check = hashlib.sha256(b"simtui recovery" + bits).digest()[:3]
    number = int.from_bytes(bits, "big") << 20 | int.from_bytes(check, "big") >> 4
    letters = "".join(LETTERS[number >> shift & 31] for shift in range(175, -1, -5))
    return "-".join(letters[n : n + 4] for n in range(0, 36, 4))


def flipped(octets: bytes, at: int) -> bytes:
    return octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]


def slots_of(key: bytes, first: int) -> list[Fields]:
    return [
        slot(first, "keyring", TOKEN, key),
        slot(first + 1, "password", PASSWORD.encode(), key),
        slot(first + 2, "recovery", CODE_BITS, key),
    ]


def vault() -> Fields:
    """Rows as they lie in a database: rotated once, and one secret not sealed anew yet."""
    a, b = KEYS["a"], KEYS["b"]
    values = {"OPENAI_API_KEY": b"sk-planted", "EMPTY": b"", "UMLAUTS": "Größe\n".encode()}
    by = {"OPENAI_API_KEY": b, "EMPTY": b, "UMLAUTS": a}
    retired = key_id(a).hex()
    return {
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
        "secrets": [
            {"name": name, "sealed": b64(sealed(by[name], value, row(name))), "value": b64(value)}
            for name, value in values.items()
        ],
        "opened_by": {"password": TYPED, "recovery": spelled(CODE_BITS), "keyring": TOKEN.hex()},
    }


def slot_vectors() -> list[Fields]:
    a = KEYS["a"]
    keyring, password, recovery = slots_of(a, 1)
    good = [
        {"what": "keyring", "secret": TOKEN.hex()},
        {"what": "password", "secret": PASSWORD.encode().hex()},
        {"what": "recovery", "secret": CODE_BITS.hex()},
    ]
    vectors = [
        {"number": n, "packed": b64(packed(fields)), "gives": a.hex()} | about
        for n, (fields, about) in enumerate(zip(slots_of(a, 1), good, strict=True), 1)
    ]

    def bad(what: str, number: int, octets: bytes, error: str, secret: bytes = TOKEN) -> None:
        vectors.append(
            {"what": what, "number": number, "packed": b64(octets), "secret": secret.hex(),
             "error": error}
        )  # fmt: skip

    def altered(what: str, fields: Fields, error: str = "Damaged", **other: Any) -> None:
        bad(what, fields["number"], packed(fields | other), error)

    bad("another password", 2, packed(password), "WrongWayIn", "Grüße aus Tokio".encode())
    bad("another code", 3, packed(recovery), "WrongWayIn", bytes(20))
    bad("another token", 1, packed(keyring), "WrongWayIn", bytes(31) + b"\1")
    bad("a bit of the text", 1, flipped(packed(keyring), 30), "Damaged")
    bad("a bit of the checksum", 1, flipped(packed(keyring), -1 % len(packed(keyring))), "Damaged")
    bad("cut", 1, packed(keyring)[:-1], "Damaged")
    bad("nothing", 1, b"", "Damaged")
    bad("the slot of another number", 2, packed(keyring), "Damaged")
    bad("no JSON", 1, b"no JSON" + hashlib.sha256(b"no JSON").digest(), "Damaged")
    bad("a list", 1, packed([1]), "Damaged")  # type: ignore[arg-type]  # what is wrong with it
    bad("deep", 1, b"[" * 3000 + hashlib.sha256(b"[" * 3000).digest(), "Damaged")
    bad("long", 1, packed(keyring | {"more": "x" * 5000}), "Damaged")
    altered("a field is missing", {k: v for k, v in keyring.items() if k != "salt"})
    altered("a newer version", keyring, version=2)
    altered("an older version", keyring, version=0)
    altered("a version in words", keyring, version="1")
    altered("another KDF", keyring, kdf="argon2id")
    altered("an unknown way", keyring, way="face")
    altered("a short nonce", keyring, nonce=b64(bytes(8)))
    altered("a long wrapped key", keyring, wrapped=b64(bytes(49)))
    altered("a salt that is no base64", keyring, salt="é")
    altered("a password without a cost", password, cost=None)
    altered("a keyring with a cost", keyring, cost=COST)
    altered("too few passes", password, cost=COST | {"passes": 2})
    altered("too little memory", password, cost=COST | {"memory_kib": 65535})
    altered("too few lanes", password, cost=COST | {"lanes": 3})
    altered("too many passes", password, cost=COST | {"passes": 65})
    altered("too much memory", password, cost=COST | {"memory_kib": 262145})
    altered("too many lanes", password, cost=COST | {"lanes": 17})
    altered("passes that are no number", password, cost=COST | {"passes": "3"})
    altered("passes that are no whole number", password, cost=COST | {"passes": 3.0})
    altered("an unknown parameter", password, cost=COST | {"version": 19})
    misnamed = slot(1, "keyring", TOKEN, a, key_id=key_id(KEYS["b"]).hex())
    bad("another key than it names", 1, packed(misnamed), "Damaged")
    return vectors


def sealed_vectors() -> list[Fields]:
    a = KEYS["a"]
    place = row("OPENAI_API_KEY")
    values = [b"", b"x", b"sk-planted", "schlüssel 🔑".encode(), bytes(range(256)) * 5]
    vectors: list[Fields] = [
        {"what": f"{len(value)} bytes", "keys": ["a"], "place": place,
         "sealed": b64(sealed(a, value, place)), "value": b64(value)}
        for value in values
    ]  # fmt: skip
    whole = sealed(a, b"sk-planted", place)

    def bad(what: str, octets: bytes, error: str, *keys: str, at: list[str] = place) -> None:
        vectors.append(
            {"what": what, "keys": list(keys or "a"), "place": at, "sealed": b64(octets),
             "error": error}
        )  # fmt: skip

    bad("another row", whole, "Damaged", at=row("GITHUB_TOKEN"))
    bad("another column", whole, "Damaged", at=row("OPENAI_API_KEY", "updated_at"))
    bad("another table", whole, "Damaged", at=[STORE, "settings", *place[2:]])
    bad("another store", whole, "Damaged", at=row("OPENAI_API_KEY", store=OTHER_STORE))
    bad("a bit of the nonce", summed(flipped(whole[:-8], 12)), "Damaged")
    bad("a bit of the ciphertext", summed(flipped(whole[:-8], 25)), "Damaged")
    bad("a bit of the tag", summed(flipped(whole[:-8], len(whole) - 9)), "Damaged")
    bad("a bit, and its checksum left", flipped(whole, 25), "Damaged")
    bad("a bit of the checksum", flipped(whole, len(whole) - 1), "Damaged")
    bad("cut", whole[:-1], "Damaged")
    bad("cut, with its checksum", summed(whole[:38]), "Damaged")
    bad("nothing", b"", "Damaged")
    bad("a checksum of nothing", summed(b""), "Damaged")
    bad("a newer form", sealed(a, b"sk-planted", place, head=b"S2\x01"), "Damaged")
    bad("an unknown cipher", sealed(a, b"sk-planted", place, head=b"S1\x02"), "Damaged")
    bad("a key that is not here", whole, "SealedByAnotherKey", "b", "c")
    bad("another key under this one's name",
        summed(b"S1\x01" + key_id(KEYS["b"]) + whole[11:-8]), "Damaged", "b")  # fmt: skip
    return vectors


def code_vectors() -> list[Fields]:
    code = spelled(CODE_BITS)
    looks = code.replace("0", "O").replace("1", "l").lower()
    slipped = ("1" if code[0] != "1" else "2") + code[1:]
    return [
        {"typed": code, "bits": CODE_BITS.hex()},
        {"typed": looks.replace("-", " "), "bits": CODE_BITS.hex()},
        {"typed": code.replace("-", "\u2013") + "\n", "bits": CODE_BITS.hex()},
        {"typed": spelled(bytes(20)).replace("-", ""), "bits": bytes(20).hex()},
        {"typed": slipped, "error": "UsageError"},
        {"typed": code[:-1], "error": "UsageError"},
        {"typed": code + "0", "error": "UsageError"},
        {"typed": "U" + code[1:], "error": "UsageError"},
        {"typed": "", "error": "UsageError"},
    ]


def main() -> None:
    content = {
        "about": "Frozen. Made by make_v1.py; read by every version since.",
        "data_keys": {name: key.hex() for name, key in KEYS.items()},
        "key_ids": {name: key_id(key).hex() for name, key in KEYS.items()},
        "passwords": [
            {"typed": TYPED, "bytes": PASSWORD.encode().hex()},
            {"typed": " \t p\u00e4ss ", "bytes": b" \t p\xc3\xa4ss ".hex()},
            {"typed": "", "error": "UsageError"},
            {"typed": "x" * 1025, "error": "UsageError"},
        ],
        "codes": code_vectors(),
        "slots": slot_vectors(),
        "sealed": sealed_vectors(),
        "vault": vault(),
    }
    with FILE.open("x", encoding="utf-8") as file:  # never over one that is there
        json.dump(content, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
