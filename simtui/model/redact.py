"""What in a document looks like a key: found by the sub-block's id, by the shape of the value, and
by where it stands.

Precise before broad: a warning that is usually wrong is not read. The stored *type* of a sub-block
is no help (it drifts); its id is. A value is safe only if it is wholly `{{NAME}}` or a reference
`<block.field>`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as of_dataclass
from functools import lru_cache
from typing import Any

import orjson

from simtui.model.key_shapes import hinted, key_in, key_shapes, shapes_in
from simtui.model.workflow import blocks_of, name_of, searchable_texts, state_of, string


@dataclass(frozen=True, slots=True)
class LikelyKey:
    """`where`: the block and field that hold it; `rule`: why it looks like one; `masked`: enough of
    it to know it again, never all of it."""

    where: str
    rule: str
    masked: str


Path = tuple[str | int | None, ...]
"""The way to a string in a document: keys, places in lists, and `IN_JSON` where the string so far
is JSON itself, as Sim keeps some tables and variables."""

IN_JSON = None

EVERYWHERE_CHARACTERS = 12
"""A value of so many stands for itself wherever it is; a shorter one may be a word like any other,
and is meant only where a key stands."""


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A likely key with its value, for whoever moves or hides it. `block` and `kind` are the name
    and type of its block, "" for a variable; `field` the sub-block or the variable; `label` the
    nearest name, of a header perhaps. `path` leads to the string that holds it."""

    block: str
    kind: str
    field: str
    label: str
    rule: str
    path: Path
    value: str = of_dataclass(repr=False)

    @property
    def where(self) -> str:
        """The block and the field, or the variable, as a person reads it."""
        if not self.block:
            return f"variable {self.field}"
        return f"{self.block} · {self.field}" if self.field else self.block

    @property
    def masked(self) -> str:
        """Enough of the value to know it again."""
        return masked(self.value)

    @property
    def told(self) -> LikelyKey:
        """What may be told of it."""
        return LikelyKey(self.where, self.rule, self.masked)


# sub-blocks that Sim itself holds as passwords, whatever the block (its `password: true` fields)
_KEY_IDS = frozenset(
    """
    apikey webhooksecret password accesskeyid secretaccesskey clientsecret authtoken accesstoken
    bottoken privatekey awsaccesskeyid awssecretaccesskey token signingsecret passphrase secretvalue
    secretkey apitoken githubtoken secret triggerapikey bedrockaccesskeyid bedrocksecretkey
    smtppassword resttoken securityanswer deploykey applicationkey tokensecret userAdminPassword
    sharepassword searchapikey openrouterapikey approvaltoken cancellationtoken developertoken
    projectapikey personalapikey accesskey accesskeysecret webidentitytoken samlassertion tokencode
    updatesecretvalue apisecretkey gitpassword resendapikey linkpassword newpassword
    serviceaccounttoken webhooktoken httppassword alertsourcetoken meetingpassword hmacsecret
    confluenceapitoken verificationtoken appsecret secrettoken
    """.lower().split()
)
_KEY_ENDING = re.compile(
    r"(?:apikey|secretkey|accesskey|privatekey|password|secret|authtoken|accesstoken|bottoken"
    r"|apitoken)$"
)
_HEADER_NAMES = re.compile(
    r"authorization|proxy-authorization|x-api-key|api[-_]?key|access[-_]?token|x-auth-token"
    r"|client[-_]?secret|password",
    re.IGNORECASE,
)
# fields that hold a key in one kind of block, and something ordinary in others
_KEYS_OF_KIND = frozenset({("pagerduty", "routingKey")})
_KEYS_OF_SOME_KIND = frozenset(field for _, field in _KEYS_OF_KIND)
_JSON_BEGINS = ("[", "{")
_SCHEME = re.compile(r"(?:Bearer|Basic|Token)\s+(?=\S+\s*$)", re.IGNORECASE)
_MAX_DEPTH = 250
_SAFE = re.compile(r"\s*(?:(?:Bearer|Basic|Token)\s+)?(?:\{\{[^{}]+\}\}|<[^<>\s]+>)\s*")
_PLACEHOLDER = re.compile(
    r"[\s*•.xX_-]*|.*(?:your|example|placeholder|change[-_ ]?me|insert|redacted|dummy|todo).*"
    r"|true|false|none|null|undefined",
    re.IGNORECASE | re.DOTALL,
)


def likely_keys(document: Mapping[str, Any]) -> list[LikelyKey]:
    """Every value of a document that looks like a key, in document order."""
    return [key.told for key in keys_in(document)]


def keys_in(document: Mapping[str, Any]) -> list[FoundKey]:
    """The same, each with its value."""
    finder = _Finder()
    state = state_of(document)
    for key, block in blocks_of(state).items():
        sub_blocks = block.get("subBlocks")
        if not isinstance(sub_blocks, dict):
            continue
        finder.block = None
        for sub_id, sub_block in sub_blocks.items():
            inside = isinstance(sub_block, dict)
            value = sub_block.get("value") if inside else sub_block
            if value is None or (isinstance(value, str) and _is_plain(value, sub_id)):
                continue
            if finder.block is None:
                finder.block, finder.kind = name_of(key, block), string(block.get("type"))
            finder.field = sub_id
            path: Path = ("state", "blocks", key, "subBlocks", sub_id)
            finder.look(value, sub_id, (*path, "value") if inside else path)
    finder.kind = ""
    for path, variable in _variables(state.get("variables"), ("state", "variables")):
        name = variable.get("name")
        finder.block, finder.field = "", str(name)
        finder.look(variable.get("value"), string(name), (*path, "value"))
    return finder.found


def _is_plain(text: str, label: str) -> bool:
    """Whether a text surely holds no key, whatever kind of block it is in. Most are short words:
    nothing is made of them, not even the way to them."""
    return not (
        label in _KEYS_OF_SOME_KIND
        or is_key_name(label)
        or text.lstrip()[:1] in _JSON_BEGINS
        or hinted(text)
    )


def _variables(variables: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Each variable and the way to it, from any of the forms that `variables_of` knows."""
    if isinstance(variables, str):
        variables, path = parsed(variables), (*path, IN_JSON)
    pairs: Iterable[tuple[str | int, Any]] = ()
    if isinstance(variables, dict):
        pairs = variables.items()
    elif isinstance(variables, list):
        pairs = enumerate(variables)
    for place, variable in pairs:
        if isinstance(variable, dict):
            yield (*path, place), variable


class _Finder:
    """A walk through the values of one document; `block`, `kind` and `field` say where it is."""

    def __init__(self) -> None:
        self.found: list[FoundKey] = []
        self.block: str | None = None
        self.kind = ""
        self.field = ""

    def look(self, value: Any, label: str, path: Path) -> None:
        """Looks at a value and into it. `label` is the name that it goes by."""
        if len(path) > _MAX_DEPTH:
            return
        if isinstance(value, str):
            self._look_at(value, label, path)
        elif isinstance(value, dict):
            self._look_at_pair(value, path)
            for key, item in value.items():
                if isinstance(item, (dict, list)) or (
                    isinstance(item, str) and not _is_plain(item, key)
                ):
                    self.look(item, key, (*path, key))
        elif isinstance(value, list):
            for place, item in enumerate(value):
                if isinstance(item, (dict, list)):
                    self.look(item, "", (*path, place))
                elif isinstance(item, str) and not _is_plain(item, label):
                    self.look(item, label, (*path, place))

    def _look_at(self, text: str, label: str, path: Path) -> None:
        before = len(self.found)
        literal = self._is_key_field(label) and _is_literal(text)
        if literal and "{{" not in text:
            self._keep(text, label, f"{label} in clear", path)
            return
        inner = parsed(text)
        if inner is not None:
            self.look(inner, "", (*path, IN_JSON))
        if len(self.found) == before:
            for match in shapes_in(text):
                self._keep(match, label, "it has the shape of a key", path)
        if literal and len(self.found) == before:
            self._keep(text, label, f"{label} in clear", path)

    def _is_key_field(self, label: str) -> bool:
        return is_key_name(label) or (self.kind, label) in _KEYS_OF_KIND

    def _look_at_pair(self, value: Mapping[str, Any], path: Path) -> None:
        """A row of a table, `{cells: {Key, Value}}`, or a header, `{name, value}`."""
        for name_key, value_key in (("Key", "Value"), ("key", "value"), ("name", "value")):
            name, content = value.get(name_key), value.get(value_key)
            if (
                isinstance(name, str)
                and isinstance(content, str)
                and _is_header(name)
                and _is_literal(content)
                and not key_in(content)
            ):
                self._keep(content, name, f"{name} in clear", (*path, value_key))
                return

    def _keep(self, text: str, label: str, rule: str, path: Path) -> None:
        value = _SCHEME.sub("", text.strip(), count=1)
        self.found.append(
            FoundKey(self.block or "", self.kind, self.field, label, rule, path, value)
        )


def parsed(text: str) -> dict[str, Any] | list[Any] | None:
    """What a string holds that is JSON itself; None where it is none."""
    if text.lstrip()[:1] not in _JSON_BEGINS:
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, (dict, list)) else None


@lru_cache(4096)
def is_key_name(field: str) -> bool:
    """Whether a field of this name holds a key: Sim's own password fields, however written."""
    plain = re.sub(r"[^a-z0-9]", "", field.lower())
    return plain in _KEY_IDS or _KEY_ENDING.search(plain) is not None


def _is_literal(value: str) -> bool:
    """Whether a key's field holds something that can be a key: no reference, no placeholder."""
    if len(value.strip()) < 6 or _SAFE.fullmatch(value) or _PLACEHOLDER.fullmatch(value):
        return False
    return value.count(" ") < 4


def masked(value: str) -> str:
    """Enough of a value to know it again: its first characters and its length."""
    value = value.strip()
    shown_part = value[:4] if len(value) >= 12 else value[:1]
    return f"{shown_part}… ({len(value)} characters)"


def examine(document: Mapping[str, Any]) -> tuple[list[LikelyKey], str]:
    """The likely keys of a document, and what of its text may enter the search index: all but the
    values that look like keys."""
    keys = keys_in(document)
    text = "\n".join(text for _, text in _without(document, keys))
    return [key.told for key in keys], text


def indexable_texts(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a search may find in a document, as (where, text)."""
    return _without(document, keys_in(document))


def _without(document: Mapping[str, Any], keys: list[FoundKey]) -> Iterator[tuple[str, str]]:
    """The texts without the keys: each is taken out of the text that holds it, and a long one out
    of every other."""
    if not keys:
        yield from searchable_texts(document)
        return
    held: dict[str, list[str]] = {}
    for key in keys:
        held.setdefault(_holder(document, key.path), []).append(key.value)
    anywhere = [key.value for key in keys if len(key.value) >= EVERYWHERE_CHARACTERS]
    for where, text in searchable_texts(document):
        cleaned = text
        for value in (*held.get(text, ()), *anywhere):
            for form in forms_of(value):
                cleaned = cleaned.replace(form, " ")
        if hinted(cleaned):
            cleaned = key_shapes().sub(" ", cleaned)
        if cleaned.strip():
            yield where, cleaned


def _holder(document: Mapping[str, Any], path: Path) -> str:
    """The string of the document that a path leads to or into."""
    value: Any = document
    for step in path:
        if step is IN_JSON:
            break
        value = value[step]
    return string(value)


def forms_of(value: str) -> set[str]:
    """A value as it may stand in a text: as it is, or as JSON writes it."""
    return {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}


def _is_header(name: Any) -> bool:
    if not isinstance(name, str):
        return False
    return _HEADER_NAMES.fullmatch(name) is not None or is_key_name(name)
