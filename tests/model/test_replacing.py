"""References in the place of keys, and nothing else changed."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtui.model.redact import keys_in
from simtui.model.replacing import known_in, refer, referring
from simtui.model.workflow import strings_in
from tests.making import block, document
from tests.model.test_redact import PLACES, RANDOM


def names_for(value: dict[str, Any]) -> dict[str, str]:
    return {key.value: f"KEY_{n}" for n, key in enumerate(keys_in(value))}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_reference_stands_where_the_key_stood(place: dict[str, Any]) -> None:
    value = copy.deepcopy(place)
    assert refer(value, names_for(value)) == 1
    text = json.dumps(value)
    assert RANDOM[:7] not in text
    assert "{{KEY_0}}" in text
    assert keys_in(value) == []


def test_a_long_key_is_replaced_wherever_it_stands() -> None:
    value = document(
        "Lead enricher",
        [
            block("ask", apiKey=RANDOM, prompt=f"Use {RANDOM}."),
            block("code", "function", code=json.dumps({"deep": [f"x{RANDOM}y"]})),
        ],
    )
    value["state"]["metadata"]["description"] = f"With {RANDOM}"
    assert refer(value, {RANDOM: "K"}) == 4
    assert RANDOM not in json.dumps(value)
    assert value["state"]["metadata"]["description"] == "With {{K}}"


def test_a_short_key_is_replaced_only_where_a_key_stands() -> None:
    value = document(
        blocks=[
            block("ask", password="secret7", prompt="secret7"),
            block("call", body=json.dumps({"secret7": "secret7", "password": "secret7"})),
        ]
    )
    refer(value, {"secret7": "K"})
    ask, call = value["state"]["blocks"]["ask"], value["state"]["blocks"]["call"]
    assert ask["subBlocks"]["password"]["value"] == "{{K}}"
    assert ask["subBlocks"]["prompt"]["value"] == "secret7"
    assert json.loads(call["subBlocks"]["body"]["value"]) == {
        "secret7": "secret7", "password": "{{K}}",
    }  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2])
def test_json_in_a_string_keeps_its_shape(indent: int | None) -> None:
    separators = (",", ":") if indent is None else None
    inner = {"password": "secret7", "täglich": [1, 2.50, 12345678901234567890]}
    text = json.dumps(inner, indent=indent, separators=separators, ensure_ascii=False)
    value = document(blocks=[block("call", body=text)])
    refer(value, {"secret7": "K"})
    changed = value["state"]["blocks"]["call"]["subBlocks"]["body"]["value"]
    assert changed == text.replace("secret7", "{{K}}").replace("2.50", "2.5")


def test_a_key_within_another_is_not_torn_out_of_it() -> None:
    value = document(blocks=[block("ask", apiKey=f"{RANDOM}-more", token=RANDOM)])
    refer(value, {RANDOM: "A", f"{RANDOM}-more": "B"})
    texts = set(strings_in(value))
    assert {"{{A}}", "{{B}}"} <= texts
    assert "{{A}}-more" not in texts


def test_a_key_of_several_lines_is_replaced_in_a_string_of_json_too() -> None:
    key = f"-----BEGIN PRIVATE KEY-----\n{RANDOM}\n-----END PRIVATE KEY-----"
    value = document(blocks=[block("ask", privateKey=key, body=json.dumps({"note": key}))])
    refer(value, {key: "K"})
    assert RANDOM not in json.dumps(value)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(st.dictionaries(st.text(), ANY), st.text(min_size=12))
def test_what_does_not_hold_the_key_is_left_alone(values: dict[str, Any], key: str) -> None:
    value = document(blocks=[block("ask", values=values)])
    before = copy.deepcopy(value)
    changed = refer(value, {key: "K"})
    assert (changed == 0) == (value == before)
    if not any(key in text for text in strings_in(before)):
        assert changed == 0


@given(ANY)
def test_without_a_key_nothing_changes(values: Any) -> None:
    value = document(blocks=[block("ask", apiKey=values)], variables={"v": {"value": values}})
    before = copy.deepcopy(value)
    assert refer(value, {}) == 0
    assert value == before


def test_a_known_value_is_found_whatever_it_looks_like() -> None:
    value = document(blocks=[block("ask", name="Ask", prompt="with correct horse battery in it")])
    assert keys_in(value) == []
    (found,) = known_in(value, {"correct horse battery": "PASSPHRASE", "with": "SHORT"})
    assert (found.where, found.rule) == ("Ask · prompt", "it is the value of PASSPHRASE")
    assert found.value == "correct horse battery"


def test_a_description_refers_too() -> None:
    assert referring(f"Uses {RANDOM} and abc", {RANDOM: "A", "abc": "B"}) == "Uses {{A}} and abc"
