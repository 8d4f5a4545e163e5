"""Documents from Hypothesis: nothing in them is lost on the way in and out, and no change goes
unseen."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtui.errors import BadInput
from simtui.formats.detect import drafts
from simtui.formats.draft import Draft
from simtui.formats.sim_json import dump, exact, iso, ms_of, with_name
from simtui.model.outline import outline_of
from simtui.model.problems import problems_of
from simtui.model.workflow import digest_of, searchable_texts
from tests.formats import shapes
from tests.formats.shapes import SINGLE, in_order, one
from tests.formats.strategies import exports, patiently, states, texts, unknown, values
from tests.making import as_bytes, document

LATER = "2027-12-31T23:59:59.999Z"


def in_a_line(value: Any) -> bytes:
    """The same bytes but for white space, in a fifth of the time."""
    return json.dumps(value, ensure_ascii=False).encode()


def digest(value: Any) -> str:
    raw = in_a_line(value)
    return digest_of(orjson.loads(raw), raw)


@patiently
@given(exports(), st.booleans(), st.sampled_from([None, 2, "\t"]))
def test_an_export_comes_in_byte_for_byte(value: Any, escaped: bool, indent: Any) -> None:
    raw = json.dumps(value, ensure_ascii=escaped, indent=indent).encode()
    (draft,) = shapes.read(raw, "flow.json")
    assert isinstance(draft, Draft)
    assert draft.format == "F1"
    assert draft.document == raw
    assert json.loads(draft.document) == value


@settings(patiently, max_examples=120)
@given(st.sampled_from(sorted(SINGLE)), states())
def test_a_document_that_goes_out_comes_in_as_itself(code: str, state: Any) -> None:
    (first,) = shapes.read(SINGLE[code](state))
    assert isinstance(first, Draft)
    _, pairs = in_order(first.document)
    _, found = dict(pairs)["state"]
    _, wanted = in_order(in_a_line(state))
    assert found[: len(wanted)] == wanted
    (second,) = drafts(first.value, first.document, file_name="", now_ms=0)
    assert isinstance(second, Draft)
    assert second.document == first.document
    assert (second.id, second.name, second.description) == (
        first.id, first.name, first.description
    )  # fmt: skip


@patiently
@given(exports())
def test_what_is_rewritten_once_is_never_rewritten_again(value: Any) -> None:
    once = dump(exact(in_a_line(value)))
    assert in_order(once) == in_order(in_a_line(value))
    assert dump(exact(once)) == once


@patiently
@given(exports(), texts, unknown)
def test_a_new_name_changes_nothing_else(value: Any, name: str, header: Any) -> None:
    value["workflow"] = header | {"name": "old"}
    renamed = json.loads(with_name(as_bytes(value), name))
    assert renamed["workflow"]["name"] == renamed["state"]["metadata"]["name"] == name
    renamed["workflow"]["name"] = "old"
    renamed["state"]["metadata"]["name"] = value["state"]["metadata"]["name"]
    assert in_order(in_a_line(renamed)) == in_order(in_a_line(value))


@pytest.mark.parametrize("metadata", [None, "text", []])
def test_a_name_is_put_where_there_was_no_place_for_one(metadata: Any) -> None:
    value = document()
    value["state"]["metadata"] = metadata
    renamed = json.loads(with_name(as_bytes(value), "New"))
    assert renamed["state"].pop("metadata") == {"name": "New"}
    del value["state"]["metadata"]
    assert renamed == value


@patiently
@given(exports())
def test_the_digest_is_the_same_for_the_same_workflow_exported_again(value: Any) -> None:
    again = copy.deepcopy(value)
    again["exportedAt"] = LATER
    again["state"]["metadata"]["exportedAt"] = LATER
    turned = dict(reversed([*again.items()]))
    assert digest(value) == digest(again) == digest(turned)
    small = json.dumps(again, ensure_ascii=True, separators=(",", ":")).encode()
    assert digest_of(orjson.loads(small), small) == digest(value)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every value in a document, as what holds it and where; without the times of export."""
    pending = [(value, key) for key in value if key != "exportedAt"]
    while pending:
        holder, key = pending.pop()
        yield holder, key
        item = holder[key]
        if isinstance(item, dict):
            in_metadata = holder is value.get("state") and key == "metadata"
            pending += [(item, k) for k in item if not (in_metadata and k == "exportedAt")]
        elif isinstance(item, list):
            pending += [(item, number) for number in range(len(item))]


@patiently
@given(exports(), st.data())
def test_the_digest_is_another_under_any_change(value: Any, data: st.DataObject) -> None:
    before, text = digest(value), in_a_line(value)
    every = list(places(value))
    holder, key = every[data.draw(st.integers(0, len(every) - 1))]
    if data.draw(st.booleans()):
        del holder[key]
    else:
        holder[key] = data.draw(values)
    changed = json.dumps(json.loads(text), sort_keys=True) != json.dumps(value, sort_keys=True)
    assert (digest(value) != before) == changed


@patiently
@given(st.integers(-(10**40), 10**40), st.integers(1, 10**10))
def test_big_integers_are_told_apart(number: int, step: int) -> None:
    looks_alike = [number, number + step, str(number), [number]]
    if abs(number) > 2**53:
        looks_alike.append(float(number))
    assert len({digest(document(variables=item)) for item in looks_alike}) == len(looks_alike)


def test_digits_in_a_text_are_no_big_integer() -> None:
    one_text, other = ({"v": "1" * 30 + end, "n": 1.0} for end in "ab")
    assert digest(document(variables=one_text)) != digest(document(variables=other))
    assert digest(document(variables=one_text)) == digest(document(variables=dict(one_text)))


@patiently
@given(exports())
def test_no_document_is_too_odd_to_be_looked_at(value: Any) -> None:
    found = orjson.loads(in_a_line(value))
    assert len(outline_of(found).blocks) == len(found["state"]["blocks"])
    assert outline_of(found).problems == problems_of(found)
    assert all(where or text for where, text in searchable_texts(found))


@patiently
@given(st.integers(0, (1 << 47) - 1))
def test_a_time_goes_out_and_comes_back(ms: int) -> None:
    assert ms_of(iso(ms)) == ms


@patiently
@given(
    st.datetimes(datetime(1970, 1, 2), datetime(6000, 1, 1)),
    st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_a_time_is_cut_to_its_millisecond_however_far_from_now(when: datetime, at: tzinfo) -> None:
    there = when.replace(tzinfo=at)
    since = there - datetime(1970, 1, 1, tzinfo=UTC)
    assert ms_of(there.isoformat()) == since // timedelta(milliseconds=1)


WHOLE = [
    *(around(shapes.state(variables=[])) for around in SINGLE.values()),
    shapes.l3(shapes.state(), {"ask": {"prompt": "x"}}),
    shapes.s1(),
    shapes.f5(shapes.payload(shapes.state()), shapes.payload(shapes.state())),
    *(
        many([shapes.payload(shapes.state())], [{"id": "a", "name": "b", "parentId": "a"}])
        for many in (shapes.f6, shapes.f7)
    ),
]


@settings(patiently, max_examples=300)
@given(st.sampled_from(WHOLE), st.data())
def test_whatever_stands_anywhere_a_document_is_read_or_refused(
    whole: Any, data: st.DataObject
) -> None:
    value = copy.deepcopy(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(list(places(value))))
        holder[key] = data.draw(values)
    try:
        found = shapes.read(value, "flow.json")
    except BadInput as refused:
        assert refused.message.isprintable()
        return
    for draft in found:
        if isinstance(draft, Draft):
            assert outline_of(draft.value).problems == problems_of(draft.value)
            (again,) = shapes.read(draft.document, "flow.json")
            assert isinstance(again, Draft)
            assert again.document == draft.document


@patiently
@given(st.binary(max_size=60), st.integers(0, 5000))
def test_a_document_cut_or_spoilt_anywhere_is_refused_or_read(junk: bytes, at: int) -> None:
    raw = as_bytes(document())
    spoilt = raw[: at % len(raw)] + junk
    try:
        found = shapes.read(spoilt, "flow.json")
    except BadInput as refused:
        assert refused.message.isprintable()
    else:
        assert all(isinstance(item, Draft) for item in found)


def test_a_spoilt_workflow_is_never_taken_for_a_whole_one() -> None:
    raw = as_bytes(document())
    for length in range(1, len(raw)):
        shapes.refusal(raw[:length])
    assert one(raw).document == raw
