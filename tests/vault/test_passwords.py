"""A password is the same one wherever it is typed, and costs what it should."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtui.errors import UsageError
from simtui.vault.passwords import (
    CEILING,
    FLOOR,
    MAX_PASSWORD_BYTES,
    calibrated,
    checked,
    checked_new,
    derive,
    normal,
)


@given(st.text(min_size=1, max_size=80))
def test_however_its_letters_are_composed_it_is_the_same(password: str) -> None:
    forms = {bytes(normal(unicodedata.normalize(form, password))) for form in ("NFC", "NFD")}
    assert len(forms) == 1


def test_letters_that_only_look_alike_are_others() -> None:
    assert normal("ﬁle K 1") != normal("file K 1")


@given(st.text(min_size=1, max_size=80))
def test_nothing_is_stripped_or_folded(password: str) -> None:
    composed = unicodedata.normalize("NFC", password)
    assert normal(f"  {password}\n").decode("utf-8", "surrogatepass") == f"  {composed}\n"


def test_bytes_that_were_no_text_are_still_a_password() -> None:
    """As Python reads them from a terminal or a file of another encoding."""
    typed = b"p\xe4ssw\xf6rd".decode("utf-8", "surrogateescape")
    assert normal(typed) == normal(typed)
    assert normal(typed) != normal("p?ssw?rd")


@pytest.mark.parametrize("read", [normal, checked_new])
def test_an_empty_password_is_none(read: Callable[[str], bytearray]) -> None:
    with pytest.raises(UsageError):
        read("")


def test_a_password_has_at_most_1024_bytes() -> None:
    assert len(normal("x" * MAX_PASSWORD_BYTES)) == MAX_PASSWORD_BYTES
    assert len(normal("ü" * (MAX_PASSWORD_BYTES // 2))) == MAX_PASSWORD_BYTES
    for longer in ("x" * (MAX_PASSWORD_BYTES + 1), "ü" * (MAX_PASSWORD_BYTES // 2 + 1)):
        with pytest.raises(UsageError, match=r"at most 1,024 bytes"):
            normal(longer)


def test_a_new_password_has_eight_characters_as_a_person_counts_them() -> None:
    assert checked_new("12345678") == normal("12345678")
    assert checked_new("a\u0308" * 8) == normal("ä" * 8)
    for short in ("1234567", "a\u0308" * 7):
        with pytest.raises(UsageError, match="at least 8 characters"):
            checked_new(short)


def test_an_old_password_may_be_shorter() -> None:
    assert normal("old") == b"old"


def test_a_slow_machine_gets_the_floor() -> None:
    assert calibrated(target_ms=1) == FLOOR


def test_a_fast_machine_gets_passes_alone_and_half_of_what_is_read() -> None:
    cost = calibrated(target_ms=10**9)
    assert cost.passes == CEILING.passes // 2
    assert (cost.memory_kib, cost.lanes) == (FLOOR.memory_kib, FLOOR.lanes)


def test_what_this_machine_chooses_is_read_again() -> None:
    cost = calibrated()
    assert checked(cost, "") is cost


def test_password_salt_and_each_cost_make_another_key() -> None:
    keys = [
        derive(bytearray(b"password"), bytes(16), FLOOR),
        derive(bytearray(b"passwore"), bytes(16), FLOOR),
        derive(bytearray(b"password"), bytes(15) + b"\1", FLOOR),
        derive(bytearray(b"password"), bytes(16), replace(FLOOR, passes=4)),
        derive(bytearray(b"password"), bytes(16), replace(FLOOR, lanes=5)),
        derive(bytearray(b"password"), bytes(16), replace(FLOOR, memory_kib=65600)),
    ]
    assert len({bytes(key) for key in keys}) == len(keys)


def test_a_machine_without_the_memory_says_so() -> None:
    program = textwrap.dedent(
        """
        import resource
        from pathlib import Path
        from simtui.errors import Locked
        from simtui.vault.passwords import FLOOR, derive

        derive(bytearray(b"loaded"), bytes(16), FLOOR)
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + (8 << 20),) * 2)
        try:
            derive(bytearray(b"password"), bytes(16), FLOOR)
        except Locked as error:
            print(error.message)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert "needs 64 MiB of free memory" in done.stdout, done.stderr
