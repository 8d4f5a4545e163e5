"""What looks like a key is found and kept out of the search index; what does not is left alone."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from re import _constants as op  # type: ignore[attr-defined]  # the tree of a pattern has no public door
from re import _parser  # type: ignore[attr-defined]  # as above
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtui.model.key_shapes import LOOSE_SHAPES, SHAPES, key_in
from simtui.model.redact import (
    IN_JSON,
    examine,
    indexable_texts,
    is_key_name,
    keys_in,
    likely_keys,
    masked,
)
from tests.making import block, document

RANDOM = "Zk3tT9wQx7Lr2Vb8Np4Hs6Yd1Cf5Gm0J"
"""32 characters of no meaning."""

# put together here, so that this file holds nothing in the shape of a key
ISSUED = {
    "Anthropic": f"sk-ant-api03-{RANDOM}",
    "OpenAI": f"sk-{RANDOM}",
    "OpenAI, of a project": f"sk-proj-{RANDOM}_{RANDOM}",
    "Sim": f"sim_{RANDOM}",
    "Sim, sealed": f"sk-sim-{RANDOM}",
    "Stripe": f"sk_live_{RANDOM}",
    "Stripe, restricted": f"rk_test_{RANDOM}",
    "GitHub": f"ghp_{RANDOM}abcd",
    "GitHub, fine-grained": f"github_pat_{RANDOM}_{RANDOM}",
    "GitLab": f"glpat-{RANDOM[:20]}",
    "Slack": f"xoxb-123456789012-{RANDOM[:24]}",
    "AWS": f"AKIA{'ABCDEFGH23456789'}",
    "AWS, for a while": f"ASIA{'ABCDEFGH23456789'}",
    "Google": f"AIza{RANDOM}abc",
    "Google, OAuth": f"ya29.{RANDOM}",
    "Hugging Face": f"hf_{RANDOM}",
    "SendGrid": f"SG.{RANDOM[:22]}.{RANDOM}",
    "JSON web token": f"eyJ{RANDOM}.eyJ{RANDOM}.{RANDOM}",
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{RANDOM}\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize("key", ISSUED.values(), ids=ISSUED)
@pytest.mark.parametrize(
    "around", ["{}", "Use {} to ask.", "KEY={}", '"{}"', "x\n{}\n", r'{{"a":"\n{}"}}', "({})"]
)
def test_an_issued_key_is_found_by_its_shape(key: str, around: str) -> None:
    assert key_in(around.format(key)) == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f"Authorization: Bearer {RANDOM}", RANDOM),
        (f"authorization: bearer {RANDOM}", RANDOM),
        (f"postgres://app:{RANDOM}@db.internal/x", f"app:{RANDOM}"),
    ],
)
def test_what_stands_where_a_key_stands_is_found(text: str, key: str) -> None:
    assert key_in(text) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ask the customer for the order's number, and answer kindly.",
        "a task-management-system-for-everybody-here, a risk-assessment-and-mitigation-plan",
        "sim_workflow_execution_results_table_v2",
        "the bearer of this letter is authenticated by its signature",
        str(uuid.UUID(int=7)),
        f"https://sim.example/w/{uuid.UUID(int=7)}?block={uuid.UUID(int=8)}",
        hashlib.sha256(b"document").hexdigest(),
        hashlib.sha1(b"commit").hexdigest().upper(),
        "https://example.com/@somebody/a-post",
        "mailto:somebody@example.com",
        "SG.short.one",
        "eyJub3RBSldU",
        "postgres://user:password@localhost/db",
        "Authorization: Bearer YOUR_ACCESS_TOKEN_HERE",
        "curl -H 'Authorization: Bearer {{OPENAI_API_KEY}}'",
        "https://{{USER}}:{{PASSWORD}}@example.com",
        "-----BEGIN PUBLIC KEY-----",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert key_in(text) is None


def test_an_example_does_not_hide_the_key_behind_it() -> None:
    text = f"Bearer YOUR_ACCESS_TOKEN_HERE, then Bearer {RANDOM}"
    assert key_in(text) == RANDOM


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("apiKey", True),
        ("api_key", True),
        ("X-API-KEY", True),
        ("clientSecret", True),
        ("botToken", True),
        ("my_service_password", True),
        ("apiKeyName", False),
        ("maxTokens", False),
        ("prompt", False),
        ("keyword", False),
        ("", False),
    ],
)
def test_a_field_is_known_by_its_name(name: str, is_one: bool) -> None:
    assert is_key_name(name) is is_one


@pytest.mark.parametrize(
    "value",
    [
        "{{OPENAI_API_KEY}}",
        " Bearer {{TOKEN}} ",
        "<start.apiKey>",
        "",
        "short",
        "your-api-key-here",
        "••••••••••••",
        "xxxxxxxx",
        "changeme",
        "undefined",
        "the key of the service that the customer names",
    ],
)
def test_a_reference_or_a_placeholder_in_a_keys_field_is_none(value: str) -> None:
    assert likely_keys(document(blocks=[block("ask", apiKey=value)])) == []


def in_sub_block(value: Any) -> dict[str, Any]:
    return document(blocks=[block("ask", name="Ask", headers=value)])


PLACES = {
    "a sub-block of a key": document(blocks=[block("ask", name="Ask", apiKey=f" {RANDOM} ")]),
    "a row of a table": in_sub_block([{"id": "1", "cells": {"Key": "X-API-Key", "Value": RANDOM}}]),
    "a header": in_sub_block([{"name": "Authorization", "value": RANDOM}]),
    "a pair": in_sub_block([{"key": "client_secret", "value": RANDOM}]),
    "a deep field": in_sub_block({"auth": [{"token": RANDOM}]}),
    "a list of keys": in_sub_block({"apiKey": [RANDOM]}),
    "a variable": document(variables={"v": {"id": "v", "name": "SECRET_KEY", "value": RANDOM}}),
    "a variable of old": document(variables=[{"id": "v", "name": "apiKey", "value": RANDOM}]),
    "the middle of a prompt": in_sub_block(f"Use sk-{RANDOM}, please."),
    "a table that is text": in_sub_block(
        json.dumps([{"cells": {"Key": "Authorization", "Value": f"Basic {RANDOM}"}}])
    ),
    "text that is an object": in_sub_block(json.dumps({"auth": {"botToken": RANDOM}}, indent=2)),
    "variables that are text": document(
        variables=json.dumps([{"id": "v", "name": "apiKey", "value": RANDOM}])
    ),
    "a short key in text": in_sub_block(json.dumps({"password": RANDOM[:7], "prompt": "Hello."})),
    "a field of one kind of block": document(
        blocks=[block("page", "pagerduty", routingKey=RANDOM)]
    ),
}


@pytest.mark.parametrize("value", PLACES.values(), ids=PLACES)
def test_a_key_in_clear_is_told_once_and_never_enters_the_index(value: dict[str, Any]) -> None:
    keys, text = examine(value)
    assert len(keys) == 1
    assert RANDOM[:7] not in keys[0].masked + keys[0].rule + keys[0].where
    assert RANDOM[:7] not in text
    assert RANDOM[:7] not in "".join(found for _where, found in indexable_texts(value))


def test_the_place_of_a_key_is_told_by_block_and_field() -> None:
    (found,) = likely_keys(PLACES["a sub-block of a key"])
    assert (found.where, found.rule) == ("Ask · apiKey", "apiKey in clear")
    (found,) = likely_keys(PLACES["a variable"])
    assert found.where == "variable SECRET_KEY"


def test_a_field_that_is_a_key_in_one_kind_of_block_is_none_in_another() -> None:
    assert likely_keys(document(blocks=[block("route", "rabbitmq", routingKey=RANDOM)])) == []


def test_every_key_of_a_text_is_told() -> None:
    value = in_sub_block(f"First sk-{RANDOM}, then ghp_{RANDOM}abcd, and sk-{RANDOM}x.")
    assert [key.value for key in keys_in(value)] == [
        f"sk-{RANDOM}", f"ghp_{RANDOM}abcd", f"sk-{RANDOM}x",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (f" {RANDOM}\n", RANDOM),
        (f"Bearer {RANDOM}", RANDOM),
        (f"Basic {RANDOM[:8]}", RANDOM[:8]),
        (f"{{{{A}}}} sk-{RANDOM} {{{{B}}}}", f"sk-{RANDOM}"),
    ],
)
def test_the_key_is_what_is_left_without_what_stands_around_it(value: str, key: str) -> None:
    (found,) = keys_in(document(blocks=[block("ask", apiKey=value)]))
    assert found.value == key


def test_a_found_key_never_shows_itself() -> None:
    (found,) = keys_in(PLACES["a sub-block of a key"])
    assert found.value == RANDOM
    assert RANDOM not in repr(found)
    assert RANDOM not in repr(found.told)


def test_a_path_leads_to_the_string_that_holds_the_key() -> None:
    for place in PLACES.values():
        (found,) = keys_in(place)
        value: Any = place
        for step in found.path:
            value = json.loads(value) if step is IN_JSON else value[step]
        assert found.value in value


def test_text_in_text_in_text_is_no_trap() -> None:
    text = f"sk-{RANDOM}"
    for _ in range(12):
        text = json.dumps([text])
    (found,) = keys_in(in_sub_block(text))
    assert found.value == f"sk-{RANDOM}"
    assert keys_in(in_sub_block("[" * 5000 + "]" * 5000)) == []


def test_what_stands_around_a_key_is_still_found() -> None:
    _keys, text = examine(PLACES["the middle of a prompt"])
    assert "please" in text


def test_a_document_without_keys_is_indexed_whole() -> None:
    value = document(blocks=[block("ask", prompt="Say hello.", id=str(uuid.UUID(int=7)))])
    keys, text = examine(value)
    assert keys == []
    assert "Say hello." in text
    assert str(uuid.UUID(int=7)) in text


@given(
    st.recursive(
        st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_value_of_a_sub_block_is_too_odd(value: Any) -> None:
    odd = document(
        blocks=[block("ask", apiKey=value, headers=value)], variables={"v": {"value": value}}
    )
    for found in likely_keys(odd):
        assert found.masked.endswith(" characters)")


@given(st.text(min_size=6))
def test_a_mask_shows_less_than_half(value: str) -> None:
    head = masked(value).partition("…")[0]
    assert value.strip().startswith(head)
    assert len(head) <= max(1, len(value.strip()) // 3)


BEGINNINGS = [
    "eyJ",
    "sim_",
    "sk-",
    "SG.",
    "xoxb-",
    "://a:b",
    "-----BEGIN ",
    "Bearer ",
    "AKIA",
    "ya29.",
]


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_a_megabyte_of_beginnings_holds_no_key_or_one(beginning: str) -> None:
    """What took the square of its length would not come back from this within the hour."""
    text = beginning * (1_000_000 // len(beginning))
    found = key_in(text)
    assert found is None or text.startswith(found)


GUARDED = [(before, shape) for before, *shapes in SHAPES for shape in shapes]
GUARDED += [("", shape) for shape in LOOSE_SHAPES]


@pytest.mark.parametrize(("before", "shape"), GUARDED)
def test_no_shape_starts_twice_in_a_run_that_may_fail(before: str, shape: str) -> None:
    """So each run of characters is walked through once, however long: the search is linear."""
    guarded = {n for n in range(128) if not re.compile(before).match(chr(n) + "x", 1)}
    _check_runs(list(_parser.parse(shape)), [], guarded)


def _check_runs(items: list[Any], head: list[set[int]], guarded: set[int]) -> None:
    """Of each run of any length behind which something must follow: a character of the shape's head
    is not in it, or what is in it may not stand before the shape."""
    for place, (kind, argument) in enumerate(items):
        if kind is op.ASSERT and argument[0] == 1:
            _check_runs(list(argument[1]), list(head), guarded)
        elif kind is op.MAX_REPEAT and argument[1] is op.MAXREPEAT:
            run = _characters(argument[2])
            if place + 1 < len(items):
                assert run <= guarded or any(not each & run for each in head)
        else:
            head.extend(_fixed(kind, argument))


def _fixed(kind: Any, argument: Any) -> list[set[int]]:
    """The characters at each place of a part of a pattern whose length is known."""
    if kind is op.SUBPATTERN:
        return [each for part in argument[3] for each in _fixed(*part)]
    if kind is op.MAX_REPEAT:
        return [_characters(argument[2])] * argument[0] if len(argument[2]) == 1 else []
    if kind in (op.BRANCH, op.ASSERT, op.ASSERT_NOT):
        return []
    return [_characters([(kind, argument)])]


def _characters(items: Any) -> set[int]:
    (part,) = items
    kind, argument = part
    if kind is op.LITERAL:
        return {argument}
    if kind is op.NOT_LITERAL:
        return set(range(128)) - {argument}
    assert kind is op.IN
    found: set[int] = set()
    for inner, what in argument:
        if inner is op.LITERAL:
            found.add(what)
        elif inner is op.RANGE:
            found.update(range(what[0], what[1] + 1))
        elif inner is op.CATEGORY:
            found.update(n for n in range(128) if re.match(r"\s", chr(n)))
    return set(range(128)) - found if (op.NEGATE, None) in argument else found
