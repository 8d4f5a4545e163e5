"""How `bundle-v1.json` was made: once, from the description of the form, with nothing of simtui.

It is the second writing of the form, so that a change of the first shows. It is never run again:
the file beside it is what every later version must read, or refuse with these words. Another form
gets another file.

A bundle is a zip. `manifest.json` says `format` "simworkflow", `version`, `made_by`, `made_at`,
`needs` (names of secrets), `workflow`, `versions`, `assets`, and under `entries` the size and
SHA-256 of every other entry: `workflow.json`, `versions/…`, `assets/…`, `runs.ndjson`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("bundle-v1.json")
ID = "3b1f7c92-8d4e-4a6b-9c0d-5e2f8a714b36"
AT = "2026-11-23T18:00:00.000Z"

Fields = dict[str, Any]
Contents = dict[str, bytes]


def document(name: str, prompt: str) -> bytes:
    block = {
        "id": "ask",
        "type": "agent",
        "name": "Ask",
        "position": {"x": 0, "y": 0},
        "subBlocks": {
            "prompt": {"id": "prompt", "type": "long-input", "value": prompt},
            "apiKey": {"id": "apiKey", "type": "short-input", "value": "{{OPENAI_API_KEY}}"},
        },
        "outputs": {},
        "enabled": True,
    }
    state = {
        "blocks": {"ask": block},
        "edges": [],
        "loops": {},
        "parallels": {},
        "metadata": {"name": name, "exportedAt": AT},
    }
    whole = {"version": "1.0", "exportedAt": AT, "state": state}
    return json.dumps(whole, indent=2, ensure_ascii=False).encode()


SMALL: Contents = {"workflow.json": document("Lead enricher", "Say hello.")}
FULL: Contents = SMALL | {
    "versions/0001-0123456789ab.json": document("Lead enricher", "Say hallo."),
    "versions/0004-ba9876543210.json": document("Lead finder", "Say hello."),
    "assets/report.csv": b"a,b\n1,2\n",
    "assets/CON-.txt": b"a name that some system cannot have",
    "assets/empty": b"",
    "assets/bytes.bin": bytes(range(256)) * 2,
    "runs.ndjson": b'{"run": 1}\n{"run": 2}\n',
}
VERSION_NAMES = {
    "versions/0001-0123456789ab.json": "Lead enricher",
    "versions/0004-ba9876543210.json": "Lead finder",
}
NAMES = {"assets/CON-.txt": "CON.txt"}


def manifest(contents: Contents) -> Fields:
    return {
        "format": "simworkflow",
        "version": 1,
        "made_by": "simtui 0.1.0",
        "made_at": AT,
        "needs": ["OPENAI_API_KEY"],
        "workflow": {
            "id": ID,
            "name": "Lead enricher",
            "folder": ["Ops / Intake", "Täglich 日報"],
            "description": "What it does.",
            "source": "F1",
            "created_at": "2025-01-02T03:04:05.678Z",
            "updated_at": "2026-11-01T10:00:00.000Z",
        },
        "versions": [
            {
                "number": int(file[9:13]),
                "name": VERSION_NAMES[file],
                "saved_at": f"2026-10-{int(file[9:13]):02d}T10:00:00.000Z",
                "file": file,
            }
            for file in contents
            if file.startswith("versions/")
        ],
        "assets": [
            {
                "name": NAMES.get(file, file.removeprefix("assets/")),
                "added_at": "2026-11-02T10:00:00.000Z",
                "file": file,
            }
            for file in contents
            if file.startswith("assets/")
        ],
        "entries": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in contents.items()
        },
    }


def packed(
    contents: Contents, about: Fields | bytes | None, *, first: bool = False, stored: bool = False
) -> bytes:
    """A zip of these contents and this manifest."""
    stream = io.BytesIO()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    items = list(contents.items())
    if about is not None:
        content = about if isinstance(about, bytes) else json.dumps(about, indent=2).encode()
        items.insert(0 if first else len(items), ("manifest.json", content))
    with zipfile.ZipFile(stream, "w", method) as zipped:
        for name, content in items:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.external_attr = (0o40755 << 16 | 0x10) if name.endswith("/") else 0o644 << 16
            info.compress_type = method
            zipped.writestr(info, content)
    return stream.getvalue()


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def good() -> list[Fields]:
    def vector(what: str, contents: Contents, bundle: bytes) -> Fields:
        about = manifest(contents)
        return {
            "what": what,
            "bundle": b64(bundle),
            "workflow": about["workflow"] | {"document": b64(contents["workflow.json"])},
            "needs": about["needs"],
            "versions": [v | {"document": b64(contents[v["file"]])} for v in about["versions"]],
            "assets": [a | {"content": b64(contents[a["file"]])} for a in about["assets"]],
        }

    folders = {"assets/": b"", "versions/": b""}
    reversed_ = dict(reversed(FULL.items()))
    more = manifest(SMALL) | {"said_later": {"by": "another simtui"}}
    return [
        vector("the workflow alone", SMALL, packed(SMALL, manifest(SMALL))),
        vector("all that there can be", FULL, packed(FULL, manifest(FULL))),
        vector("stored", FULL, packed(FULL, manifest(FULL), stored=True)),
        vector("packed again by another program", FULL,
               packed(folders | reversed_, manifest(FULL), first=True)),
        vector("a manifest that says more", SMALL, packed(SMALL, more)),
    ]  # fmt: skip


def bad() -> list[Fields]:
    vectors: list[Fields] = []

    def add(what: str, error: str, bundle: bytes) -> None:
        vectors.append({"what": what, "bundle": b64(bundle), "error": error})

    def altered(what: str, error: str, contents: Contents = SMALL, **other: Any) -> None:
        add(what, error, packed(contents, manifest(contents) | other))

    whole = manifest(FULL)
    entries = whole["entries"]
    report = entries["assets/report.csv"]

    def lying(what: str, error: str, name: str, fact: Any) -> None:
        add(what, error, packed(FULL, whole | {"entries": entries | {name: fact}}))

    altered("a newer form", "newer simtui (form 2; this one reads 1); update simtui", version=2)
    altered("a form of no number", "does not say of which form", version="1")
    altered("a form of nought", "does not say of which form", version=0)
    altered("another format", "does not say that it is a bundle", format="something")
    altered("no needs", "names of the secrets", needs=None)
    altered("no workflow", "has no workflow", workflow=None)
    altered("no versions", "no list of versions", versions=None)
    altered("no files", "no list of assets", assets={})
    altered("no entries", "has no entries", entries=[])
    for key, value in (("id", "../x"), ("id", 5), ("id", "")):
        altered(
            f"an id that is {value!r}", "id cannot be one",
            workflow=manifest(SMALL)["workflow"] | {key: value},
        )  # fmt: skip
    altered("no folder", "no name or no folder", workflow={"id": ID, "name": "A"})
    add("a list for a manifest", "does not say that it is a bundle", packed(SMALL, b"[]"))
    add("a manifest that is no JSON", "the manifest: not JSON", packed(SMALL, b"no"))
    add("an empty manifest", "the manifest: empty", packed(SMALL, b""))
    add("a deep manifest", "too deeply nested", packed(SMALL, b"[" * 3000))
    add("no document", '"workflow.json" is missing',
        packed({k: v for k, v in FULL.items() if k != "workflow.json"}, whole))  # fmt: skip
    add("an entry that is not listed", '"assets/more" is not in the manifest',
        packed(SMALL | {"assets/more": b"?"}, manifest(SMALL)))  # fmt: skip
    add("an entry elsewhere", '"more.json" belongs to nothing',
        packed(SMALL | {"more.json": b"?"}, manifest(SMALL | {"more.json": b"?"})))  # fmt: skip
    add("an entry that is missing", '"assets/report.csv" is missing',
        packed({k: v for k, v in FULL.items() if k != "assets/report.csv"}, whole))  # fmt: skip
    add("a file that nothing names", '"assets/report.csv" belongs to nothing',
        packed(FULL, whole | {"assets": []}))  # fmt: skip
    add("a version that nothing names", '"versions/0001-0123456789ab.json" belongs to nothing',
        packed(FULL, whole | {"versions": []}))  # fmt: skip
    add("a file named twice", "two files are called",
        packed(FULL, whole | {"assets": [*whole["assets"], whole["assets"][0]]}))  # fmt: skip
    add("an entry named twice", "twice, or does not list it",
        packed(FULL, whole | {"assets": [*whole["assets"], whole["assets"][0] | {"name": "b"}]}),
        )  # fmt: skip
    for name in ("../report.csv", "a/b", "a\\b", "", "..", "a\x1b]0;", "x" * 201, 5):
        assets = [whole["assets"][0] | {"name": name}, *whole["assets"][1:]]
        add(f"a file called {str(name)[:20]!r}", "without a name that one can have",
            packed(FULL, whole | {"assets": assets}))  # fmt: skip
    elsewhere = [whole["assets"][0] | {"file": "workflow.json"}, *whole["assets"][1:]]
    add("a file that is the document", "lies elsewhere",
        packed(FULL, whole | {"assets": elsewhere}))  # fmt: skip
    numberless = [v | {"number": "1"} for v in whole["versions"]]
    add("a version without a number", "a version without what one needs",
        packed(FULL, whole | {"versions": numberless}))  # fmt: skip
    lying("another size", "has 8 bytes, where the manifest says 9", "assets/report.csv",
          report | {"bytes": 9})  # fmt: skip
    lying("a size below nought", "where the manifest says -1", "assets/report.csv",
          report | {"bytes": -1})  # fmt: skip
    lying("no size", "no size or digest", "assets/report.csv", {"sha256": report["sha256"]})
    lying("no digest", "no size or digest", "assets/report.csv", {"bytes": 8})
    for name in ("workflow.json", "versions/0001-0123456789ab.json", "assets/report.csv",
                 "runs.ndjson"):  # fmt: skip
        lying(f"another digest of {name}", f'"{name}" is not what the manifest says', name,
              entries[name] | {"sha256": "0" * 64})  # fmt: skip
    for name in ("../evil", "/evil", "assets/../../evil", "a:b", "assets\\evil", "assets/a\x07"):
        add(f"a path {name!r}", "the name", packed(FULL | {name: b""}, whole))
    twice = io.BytesIO(packed(SMALL, manifest(SMALL)))
    with zipfile.ZipFile(twice, "a") as zipped:
        zipped.fp.seek(0, 2)  # type: ignore[union-attr]  # it is open
        zipped.filelist.append(zipped.filelist[0])
        zipped._didModify = True  # type: ignore[attr-defined]  # so that its end is written anew
    add("an entry twice", "two entries are called", twice.getvalue())
    no_workflow = SMALL | {"workflow.json": b'{"version": "1.0", "state": 5}'}
    add("a document that is none", "not a workflow in export form",
        packed(no_workflow, manifest(no_workflow)))  # fmt: skip
    bad_version = FULL | {"versions/0001-0123456789ab.json": document("A", "b")[:-5]}
    add("a version that is cut", "0001-0123456789ab.json: the file: cut short",
        packed(bad_version, manifest(bad_version)))  # fmt: skip
    sound = packed(FULL, whole)
    add("cut", "not a whole zip", sound[:-30])
    flipped = bytearray(sound)
    flipped[flipped.index(b"assets/bytes.bin") + 30] ^= 1
    add("a bit", '"assets/bytes.bin": damaged', bytes(flipped))
    dense = SMALL | {"assets/zeros": bytes(4 << 20)}
    add("a bomb", "more than 200 times its size", packed(dense, manifest(dense)))
    return vectors


def main() -> None:
    content = {
        "about": "Frozen. Made by make_bundle_v1.py; read by every version since.",
        "good": good(),
        "bad": bad(),
    }
    with FILE.open("x", encoding="utf-8") as file:  # never over one that is there
        json.dump(content, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
