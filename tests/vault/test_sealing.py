"""A sealed value opens in its place, under its key, whole; or it says what is wrong."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtui.errors import Damaged
from simtui.vault.sealing import (
    Place,
    SealedByAnotherKey,
    bound,
    decrypted,
    key_id_in,
    key_id_of,
    new_key,
    retired_place,
    seal,
    secret_place,
    unseal,
)

KEY = bytearray(range(32))
KEYS = {key_id_of(KEY): KEY}
PLACE = secret_place("one-store", "OPENAI_API_KEY")
OVERHEAD = 2 + 1 + 8 + 12 + 16 + 8


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 100_000), st.randoms(use_true_random=False))
def test_a_value_of_any_size_comes_back(size: int, random: Random) -> None:
    value = random.randbytes(size)
    sealed = seal(KEY, value, PLACE)
    assert unseal(KEYS, sealed, PLACE) == value
    assert len(sealed) == size + OVERHEAD


@given(st.binary(min_size=8, max_size=300), st.binary(min_size=32, max_size=32))
def test_nothing_of_a_value_or_its_key_is_in_what_is_sealed(value: bytes, key: bytes) -> None:
    sealed = seal(bytearray(key), value, PLACE)
    assert value not in sealed
    assert not any(key[n : n + 8] in sealed for n in range(len(key) - 8))


def test_the_same_value_is_never_sealed_alike() -> None:
    sealed = {seal(KEY, b"sk-planted", PLACE) for _ in range(1000)}
    assert len({each[11:23] for each in sealed}) == 1000  # the nonces


def test_sealing_leaves_key_and_value_as_they_are() -> None:
    key, value = bytearray(KEY), bytearray(b"sk-planted")
    sealed = seal(key, value, PLACE)
    assert (bytes(key), bytes(value)) == (bytes(KEY), b"sk-planted")
    assert unseal({key_id_of(key): key}, sealed, PLACE) == value


def test_every_bit_of_a_sealed_row_is_looked_at() -> None:
    sealed = seal(KEY, b"sk-planted", PLACE)
    for position in range(len(sealed)):
        for bit in range(8):
            flipped = bytearray(sealed)
            flipped[position] ^= 1 << bit
            with pytest.raises(Damaged, match="OPENAI_API_KEY"):
                unseal(KEYS, bytes(flipped), PLACE)


def test_every_bit_is_looked_at_also_by_who_mends_the_checksum() -> None:
    """Whoever alters it on purpose can do that; then the key tells, or its id is another's."""
    sealed = seal(KEY, b"sk-planted", PLACE)
    for position in range(len(sealed) - 8):
        flipped = bytearray(sealed[:-8])
        flipped[position] ^= 1
        with pytest.raises((Damaged, SealedByAnotherKey), match="OPENAI_API_KEY"):
            unseal(KEYS, with_checksum(bytes(flipped)), PLACE)


def with_checksum(body: bytes) -> bytes:
    return body + hashlib.sha256(body).digest()[:8]


@given(st.data())
def test_whatever_is_cut_off_or_put_on_is_damage(data: st.DataObject) -> None:
    sealed = seal(KEY, b"sk-planted", PLACE)
    start = data.draw(st.integers(0, len(sealed)))
    end = data.draw(st.integers(start, len(sealed)))
    more = data.draw(st.binary(max_size=20))
    changed = sealed[start:end] + more
    if changed != sealed:
        with pytest.raises(Damaged):
            unseal(KEYS, changed, PLACE)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_damage(octets: bytes) -> None:
    with pytest.raises(Damaged):
        unseal(KEYS, octets, PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(PLACE, store_id="another-store"),
        replace(PLACE, table="settings"),
        replace(PLACE, row="GITHUB_TOKEN"),
        replace(PLACE, row="openai_api_key"),
        replace(PLACE, column="created_at"),
        Place("one-stores", "ecrets", PLACE.row, PLACE.column),
        retired_place("one-store", bytes(8)),
    ],
)
def test_a_value_opens_nowhere_but_in_its_place(elsewhere: Place) -> None:
    with pytest.raises(Damaged, match="moved from another place"):
        unseal(KEYS, seal(KEY, b"sk-planted", PLACE), elsewhere)


def test_an_unknown_key_is_told_by_its_id_and_is_no_damage() -> None:
    other = new_key()
    with pytest.raises(SealedByAnotherKey, match=key_id_of(other).hex()):
        unseal(KEYS, seal(other, b"sk-planted", PLACE), PLACE)


def test_among_many_keys_the_right_one_is_taken() -> None:
    keys = [new_key() for _ in range(20)]
    by_id = {key_id_of(key): key for key in keys}
    assert len(by_id) == 20
    for number, key in enumerate(keys):
        sealed = seal(key, b"%d" % number, PLACE)
        assert key_id_in(sealed, PLACE) == key_id_of(key)
        assert unseal(by_id, sealed, PLACE) == b"%d" % number


@given(st.lists(st.binary(max_size=6), max_size=5), st.lists(st.binary(max_size=6), max_size=5))
def test_no_two_lists_of_parts_are_bound_alike(one: list[bytes], other: list[bytes]) -> None:
    assert (bound(*one) == bound(*other)) == (one == other)


@pytest.mark.parametrize("length", [0, 8, 11, 13, 16])
def test_a_nonce_of_another_length_opens_nothing(length: int) -> None:
    """The cipher itself would take it."""
    assert decrypted(KEY, os.urandom(length), bytes(48), b"") is None
