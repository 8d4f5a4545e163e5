"""What a backup says of itself, in `manifest.json`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from simtui import __version__
from simtui.errors import BadInput, shown
from simtui.model import wording
from simtui.model.retention import REASONS

FORMAT, VERSION = "simtui-backup", 1
MAX_BYTES = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """`created_at`: Unix milliseconds. `rows`: how many each table has. `slots`: the SHA-256 of
    each way into the vault, by its number. `workflows`: those not in the trash."""

    created_at: int
    reason: str
    schema: int
    encrypted: bool
    database_bytes: int
    database_sha256: str
    keys_sha256: str | None
    rows: Mapping[str, int]
    slots: Mapping[str, str]
    workflows: int
    runs: int

    def packed(self) -> bytes:
        """As it stands in the archive, for people too."""
        fields = {
            "format": FORMAT,
            "version": VERSION,
            "made_by": f"simtui {__version__}",
            "created": wording.rfc3339(self.created_at),
            **asdict(self),
        }
        return json.dumps(fields, indent=2).encode() + b"\n"


def read_manifest(content: bytes) -> Manifest:
    """Raises `BadInput` where it is no manifest, or one from a newer simtui."""
    try:
        fields = json.loads(content)
        if fields["format"] != FORMAT:
            raise BadInput("the manifest is not one of a backup")
        if type(fields["version"]) is not int or fields["version"] > VERSION:
            raise BadInput(
                f"it was made by a newer simtui ({shown(str(fields['made_by']), 40)}); update to "
                "open it"
            )
        manifest = Manifest(**{name: fields[name] for name in Manifest.__dataclass_fields__})
    except BadInput:
        raise
    except (KeyError, TypeError, ValueError, RecursionError):
        raise BadInput("its manifest cannot be read") from None
    if not _is_sound(manifest):
        raise BadInput("its manifest cannot be meant")
    return manifest


def _is_sound(manifest: Manifest) -> bool:
    numbers: list[Any] = [
        manifest.created_at, manifest.schema, manifest.database_bytes, manifest.workflows,
        manifest.runs,
    ]  # fmt: skip
    tables: list[Any] = [manifest.rows, manifest.slots]
    if not all(isinstance(each, dict) for each in tables):
        return False
    digests: list[Any] = [manifest.database_sha256, *manifest.slots.values()]
    encrypted: Any = manifest.encrypted
    if encrypted:
        digests.append(manifest.keys_sha256)
    return (
        all(type(number) is int and number >= 0 for number in (*numbers, *manifest.rows.values()))
        and all(isinstance(each, str) and _DIGEST.fullmatch(each) for each in digests)
        and type(encrypted) is bool
        and manifest.reason in REASONS
        and manifest.schema > 0
    )
