"""Secrets of Sim: found by name, and opened with its `ENCRYPTION_KEY` where that is at hand.

Sim's rule (packages/security/src/encryption.ts): AES-256-GCM with a nonce of 16 bytes and nothing
beside it, kept as `nonce:ciphertext:tag` in hex. The key is never in the database. What is opened
lies in `bytearray`s, which whoever keeps it wipes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import sql

from simtui.cloud.address import value_in
from simtui.cloud.choosing import Chosen
from simtui.cloud.reading import Snapshot
from simtui.cloud.rebuilding import value_of
from simtui.cloud.schema import Schema
from simtui.cloud.tables import EnvironmentRow, ProviderKeyRow, rows_of
from simtui.errors import BadInput, UsageError
from simtui.model.secret_names import is_name

KEY_VARIABLE = "ENCRYPTION_KEY"
PERSONAL, PROVIDER = "PERSONAL", "PROVIDER"

NEEDS_A_VALUE = "needs a value"

_SEALED = re.compile(r"([0-9a-fA-F]{32}):((?:[0-9a-fA-F]{2})*):([0-9a-fA-F]{32})")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret as the database has it. `of`: the workspace, or whose else it is; `table`: where it
    lies."""

    name: str
    of: str
    table: str
    text: str = field(repr=False)


@dataclass(slots=True)
class Opened:
    """Values by the names that they get here, and why others have none."""

    values: dict[str, bytearray] = field(default_factory=dict, repr=False)
    states: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)

    @property
    def without_value(self) -> list[str]:
        """The names that need one."""
        return [name for name, state in self.states.items() if state == NEEDS_A_VALUE]


def key_in(path: str) -> bytes:
    """Sim's key, from a file with it alone or with its line of a `.env`. Raises `Locked` where
    others can read the file, `UsageError` where it holds no key."""
    text = value_in(path, KEY_VARIABLE, "The encryption key")
    if not re.fullmatch("[0-9a-fA-F]{64}", text):
        raise UsageError(f"Sim's {KEY_VARIABLE} is 64 hexadecimal digits; that is none.")
    return bytes.fromhex(text)


def sealed_in(
    snapshot: Snapshot, schema: Schema, chosen: Chosen, refused: list[tuple[str, str]]
) -> list[Sealed]:
    """Every secret of what is taken: of its workspaces by name, of the person, of the providers.
    What cannot be read is `refused`: which, and why."""
    names = {row.id: row.name or row.id for row in chosen.workspaces}
    found: list[Sealed] = []
    for table, where, parameters, rank in (
        ("workspace_environment", "workspace_id", [chosen.ids], None),
        ("environment", "user_id", [[chosen.user_id]], PERSONAL),
    ):
        if not schema.has(table, where) or parameters == [[None]]:
            continue
        condition = sql.SQL("{} = ANY(%s)").format(sql.Identifier("t", where))
        rows = rows_of(snapshot, schema, table, EnvironmentRow, condition, parameters, ("id",))
        for row in sorted(rows, key=lambda row: (names.get(row.owner or "", ""), row.id)):
            owner = rank or names.get(row.owner or "", "")
            try:
                found += _in_variables(row, owner, table)
            except BadInput as error:
                refused.append((f"{table} {row.id}", error.message.removeprefix("it: ")))
    table = "workspace_byok_keys"
    if schema.has(table, "encrypted_api_key"):
        condition = sql.SQL("{} = ANY(%s)").format(sql.Identifier("t", "workspace_id"))
        for key in rows_of(
            snapshot, schema, table, ProviderKeyRow, condition, [chosen.ids], ("id",)
        ):
            name = re.sub("[^A-Z0-9_]", "_", (key.provider_id or "provider").upper())
            found.append(Sealed(f"{name}_API_KEY", PROVIDER, table, key.encrypted_api_key or ""))
    return found


def _in_variables(row: EnvironmentRow, owner: str, table: str) -> Iterator[Sealed]:
    variables: Any = value_of(row.variables)
    if isinstance(variables, str):
        variables = value_of(variables)
    if not isinstance(variables, dict):
        if variables is not None:
            raise BadInput("its variables are no object")
        return
    for name in sorted(variables):
        text = variables[name]
        yield Sealed(name, owner, table, text if isinstance(text, str) else "")


def opened(found: list[Sealed], key: bytes | None) -> Opened:
    """The values, each under a name of its own; without a key, the names. Raises `BadInput` where
    the key opens none of them: it is another Sim's."""
    result = Opened()
    tried = failed = 0
    by_text: dict[str, set[bytes]] = {}
    for secret in found:
        result.counts[secret.table] = result.counts.get(secret.table, 0) + 1
        if not is_name(secret.name):
            why = "no secret can have this name here: letters, digits and _ only"
            result.refused.append((secret.name, why))
            continue
        if key is None:
            result.states.setdefault(secret.name, NEEDS_A_VALUE)
            continue
        match = _SEALED.fullmatch(secret.text)
        if match is None:
            result.refused.append((secret.name, "it is not encrypted as Sim does it; not taken"))
            continue
        tried += 1
        try:
            value = _opened(key, match)
        except InvalidTag:
            failed += 1
            result.refused.append((secret.name, "the key does not open it"))
            continue
        if not value:
            result.states.setdefault(secret.name, NEEDS_A_VALUE)
        elif bytes(value) not in by_text.setdefault(secret.name, set()):
            by_text[secret.name].add(bytes(value))
            name = _free_name(secret, result.values)
            result.values[name] = value
            result.states[name] = ""
    if tried and failed == tried:
        raise BadInput(
            f"The encryption key opens none of the {tried:,} secrets there: it is another one. "
            "Nothing was changed. Without --encryption-key-file their names alone come."
        )
    return result


def _opened(key: bytes, match: re.Match[str]) -> bytearray:
    nonce, content, tag = (bytes.fromhex(part) for part in match.groups())
    return bytearray(AESGCM(key).decrypt(nonce, content + tag, None))


def _free_name(secret: Sealed, taken: dict[str, bytearray]) -> str:
    """The name itself; where it has another value of another workspace, with that one's behind."""
    if secret.name not in taken:
        return secret.name
    suffix = re.sub("[^A-Z0-9]+", "_", secret.of.upper()).strip("_") or "OTHER"
    wanted = f"{secret.name[:60]}__{suffix[:30]}"
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name
