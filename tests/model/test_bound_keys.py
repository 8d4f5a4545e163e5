"""Keys as people write them, and which action has which."""

from __future__ import annotations

import pytest

from simtui.errors import UsageError
from simtui.model.actions import EVERY, Action, meet
from simtui.model.bound_keys import BoundKeys, check, read, word_for, written


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("d", ("d",)),
        ("D", ("D",)),
        ("/", ("slash",)),
        (",", ("comma",)),
        (": ctrl+p", ("colon", "ctrl+p")),
        ("ESC PgDn", ("escape", "pagedown")),
        ("f2 f2", ("f2",)),
        ("é", ("é",)),
        ("None", ()),
    ],
)
def test_a_key_is_read_as_people_write_it(text: str, keys: tuple[str, ...]) -> None:
    assert read(text) == keys


@pytest.mark.parametrize(
    "text", ["", "  ", "dd", "ctrl+c", "ctrl+m", "f13", "alt+x", "d,x", "d none", "\x07", "\u200b"]
)
def test_what_is_no_key_that_a_terminal_sends_is_none(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("action", EVERY, ids=lambda action: action.id)
def test_the_key_of_every_action_is_read_back_as_it_is_written(action: Action) -> None:
    keys = tuple(action.keys.split(",")) if action.keys else ()
    assert read(written(action.keys)) == keys


def test_no_two_actions_have_one_key_in_one_place() -> None:
    assert len({action.id for action in EVERY}) == len(EVERY)
    taken = [
        (action.id, other.id, key)
        for action in EVERY
        for other in EVERY
        if action.id < other.id and meet(action, other)
        for key in set(action.keys.split(",")) & set(other.keys.split(","))
        if key
    ]
    assert taken == []


def test_a_key_that_was_set_goes_before_one_that_is_so_by_default() -> None:
    bound = BoundKeys({"keys.rename": "d", "keys.delete": "dd"})
    assert bound["rename"] == ("d",)
    assert bound["delete"] == ()
    assert [(a.id, key, b.id) for a, key, b in bound.displaced] == [("delete", "d", "rename")]
    assert bound.changed == {"rename", "delete"}


def test_keys_can_go_round() -> None:
    stored = {"keys.rename": "d", "keys.delete": "R"}
    bound = BoundKeys(stored)
    assert (bound["rename"], bound["delete"]) == (("d",), ("R",))
    assert bound.displaced == []


def test_a_key_of_another_action_in_the_same_place_is_refused_with_its_name() -> None:
    with pytest.raises(UsageError, match=r'd is the key for "Delete: to the trash".*keys\.delete'):
        check("keys.rename", "d", {})
    check("keys.rename", "d", {"keys.delete": "f8"})  # it is free
    check("keys.vault_lock", "R", {})  # Rename is another place's


def test_a_default_that_was_given_away_is_no_way_back() -> None:
    with pytest.raises(UsageError, match="d is the key for"):
        check("keys.delete", "d", {"keys.rename": "d", "keys.delete": "f8"})


@pytest.mark.parametrize("ident", ["quit", "back", "close"])
def test_there_is_always_a_way_out(ident: str) -> None:
    with pytest.raises(UsageError, match="needs a key"):
        check(f"keys.{ident}", "none", {})


def test_an_action_may_have_no_key() -> None:
    check("keys.trash", "none", {})
    assert BoundKeys({"keys.trash": "none"})["trash"] == ()


def test_a_sign_is_told_as_it_is_typed() -> None:
    assert [word_for(key) for key in ("slash", "escape", "colon", "d")] == ["/", "esc", ":", "d"]
