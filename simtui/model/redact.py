"""What in a document looks like a key: found by the sub-block's id, by the shape of the value, and
by where it stands.

Precise before broad: a warning that is usually wrong is not read. The stored *type* of a sub-block
is no help (it drifts); its id is. A value is safe only if it is wholly `{{NAME}}` or a reference
`<block.field>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from simtui.model.workflow import blocks_of, name_of, searchable_texts, state_of, variables_of


@dataclass(frozen=True, slots=True)
class LikelyKey:
    """`where`: the block and field that hold it; `rule`: why it looks like one; `masked`: enough of
    it to know it again, never all of it."""

    where: str
    rule: str
    masked: str


_AT_A_WORD = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"
_ALONE = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))"

SHAPES = (
    (
        _AT_A_WORD,
        r"sk-[A-Za-z0-9_-]{20,}",
        r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}",
        r"gh[pousr]_[A-Za-z0-9]{30,}",
        r"github_pat_[A-Za-z0-9_]{30,}",
        r"glpat-[A-Za-z0-9_-]{18,}",
        r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
        r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])",
        r"AIza[A-Za-z0-9_-]{35}",
        r"ya29\.[A-Za-z0-9_-]{20,}",
        r"hf_[A-Za-z0-9]{30,}",
        r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    ),
    (
        _ALONE,
        # a capital tells a random key from an identifier
        r"sim_(?=[a-z0-9_-]*[A-Z])[A-Za-z0-9_-]{24,}",
        r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    ),
    (
        "",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?",
    ),
)
"""Issued keys by their own shape (each prefix is a provider's), behind what must stand before them:
the start of a word ("risk-assessment" holds "sk-" too), or an escape in a text that is a program's.
What may fail behind a run of any length never starts twice within that run, or a long text would
take the square of its length."""

LOOSE_SHAPES = (
    r"(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{20,}",
    r"(?<=://)[^\s/:@{}<>]{1,64}:[^\s/:@{}<>]{3,}(?=@)",
)
"""What stands where a key stands; an example of one stands there too."""

_EXAMPLE = re.compile(
    r"(?-i:[A-Z_]+)|(?:.*[^a-z])?(?:your|example|placeholder|change[-_ ]?me|redacted|dummy|todo).*"
    r"|[^:]*:(?:pass|passwd|password|pwd|pw|secret|token|[x*.]+)",
    re.IGNORECASE | re.DOTALL,
)


@cache
def _key_shapes() -> re.Pattern[str]:
    # compiled once it is needed: 6 ms, which a command that only lists need not spend
    issued = "|".join(f"{before}(?:{'|'.join(shapes)})" for before, *shapes in SHAPES)
    return re.compile(f"{issued}|(?P<loose>{'|'.join(LOOSE_SHAPES)})")


# what every one of the shapes above contains: one cheap look tells most texts apart
_HINTS = re.compile(
    r"sk-|k_live_|k_test_|sim_|gh[pousr]_|github_pat_|glpat-|xox|AKIA|ASIA|AIza|ya29|hf_|SG\.|eyJ"
    r"|PRIVATE KEY|earer |://[^\s/]*@"
)
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
_SAFE = re.compile(r"\s*(?:(?:Bearer|Basic|Token)\s+)?(?:\{\{[^{}]+\}\}|<[^<>\s]+>)\s*")
_PLACEHOLDER = re.compile(
    r"[\s*•.xX_-]*|.*(?:your|example|placeholder|change[-_ ]?me|insert|redacted|dummy|todo).*"
    r"|true|false|none|null|undefined",
    re.IGNORECASE | re.DOTALL,
)


def likely_keys(document: Mapping[str, Any]) -> list[LikelyKey]:
    """Every value of a document that looks like a key, in document order."""
    found: list[LikelyKey] = []
    state = state_of(document)
    for key, block in blocks_of(state).items():
        sub_blocks = block.get("subBlocks")
        if not isinstance(sub_blocks, dict):
            continue
        block_name = None
        for sub_id, sub_block in sub_blocks.items():
            value = sub_block.get("value") if isinstance(sub_block, dict) else sub_block
            if value is None or value == "":
                continue
            if block_name is None:
                block_name = name_of(key, block)
            _look(value, sub_id, f"{block_name} · {sub_id}", found)
    for variable in variables_of(state):
        name = variable.get("name")
        _look(
            variable.get("value"), name if isinstance(name, str) else "", f"variable {name}", found
        )
    return found


def _look(value: Any, field: str, where: str, found: list[LikelyKey]) -> None:
    if isinstance(value, str):
        if is_key_name(field) and _is_literal(value):
            found.append(LikelyKey(where, f"{field} in clear", masked(value)))
        elif match := key_in(value):
            found.append(LikelyKey(where, "it has the shape of a key", masked(match)))
    elif isinstance(value, dict):
        _look_in_pairs(value, where, found)
        for key, item in value.items():
            _look(item, key, where, found)
    elif isinstance(value, list):
        for item in value:
            _look(item, field if isinstance(item, str) else "", where, found)


def _look_in_pairs(value: Mapping[str, Any], where: str, found: list[LikelyKey]) -> None:
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
            found.append(LikelyKey(where, f"{name} in clear", masked(content)))


@lru_cache(4096)
def is_key_name(field: str) -> bool:
    """Whether a field of this name holds a key: Sim's own password fields, however written."""
    plain = re.sub(r"[^a-z0-9]", "", field.lower())
    return plain in _KEY_IDS or _KEY_ENDING.search(plain) is not None


def key_in(text: str) -> str | None:
    """The first thing in a text that has the shape of an issued key."""
    if _HINTS.search(text) is None:
        return None
    for match in _key_shapes().finditer(text):
        if match["loose"] is None or _EXAMPLE.fullmatch(match["loose"]) is None:
            return match.group()
    return None


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
    keys = likely_keys(document)
    return keys, "\n".join(text for _, text in _without(document, bool(keys)))


def indexable_texts(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a search may find in a document, as (where, text)."""
    return _without(document, True)


def _without(document: Mapping[str, Any], has_keys: bool) -> Iterator[tuple[str, str]]:
    if not has_keys:
        yield from searchable_texts(document)
        return
    hidden = _literal_keys(document)
    for where, text in searchable_texts(document):
        if text in hidden:
            continue
        yield where, _key_shapes().sub(" ", text) if _HINTS.search(text) else text


def _literal_keys(document: Mapping[str, Any]) -> set[str]:
    """The whole values that stand in a key's field, or beside a header's name."""
    found: set[str] = set()
    state = state_of(document)
    holders: list[Any] = [block.get("subBlocks") for block in blocks_of(state).values()]
    pending = [("", holder) for holder in (*holders, variables_of(state))]
    while pending:
        field, item = pending.pop()
        if isinstance(item, str):
            if is_key_name(field) and _is_literal(item):
                found.add(item)
        elif isinstance(item, list):
            pending += [(field if isinstance(part, str) else "", part) for part in item]
        elif isinstance(item, dict):
            named = next((item[k] for k in ("Key", "key", "name") if _is_header(item.get(k))), None)
            for key, part in item.items():
                # a sub-block's value goes by the sub-block's name, a header's by the header's
                own = key.lower() == "value" and isinstance(part, (str, list))
                label = field or key if own else key
                if own and named is not None and isinstance(part, str) and _is_literal(part):
                    found.add(part)
                pending.append((label, part))
    return found


def _is_header(name: Any) -> bool:
    if not isinstance(name, str):
        return False
    return _HEADER_NAMES.fullmatch(name) is not None or is_key_name(name)
