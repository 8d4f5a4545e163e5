"""A workflow is meant by its id, by the start of one that is unique, or by a name that is."""

from __future__ import annotations

import pytest

from tests.cli.conftest import ALPHA, BETA, Stock, rows_of
from tests.conftest import Command
from tests.making import document

TWINS = ("bbbb1111-0000-4000-8000-000000000001", "bbbb1111-0000-4000-8000-000000000002")


@pytest.fixture(autouse=True)
def _library(stock: Stock) -> None:
    stock(
        document("Alpha", ident=ALPHA),
        document("beta", ident=BETA),
        document("Twin", ident=TWINS[0]),
        document("Twin", [], ident=TWINS[1]),
        document("%", ident="wild_card"),
    )


def id_of(simtui: Command, reference: str) -> str:
    done = simtui("workflows", "get", reference, "-o", "json")
    assert done.returncode == 0, done.stderr
    return str(rows_of(done.stdout)["id"])


@pytest.mark.parametrize(
    ("reference", "ident"),
    [
        (ALPHA, ALPHA),
        ("aaaa1", ALPHA),
        ("aaaa2222-0000", BETA),
        ("Alpha", ALPHA),
        ("alpha", ALPHA),
        ("BETA", BETA),
        (TWINS[1], TWINS[1]),
        ("%", "wild_card"),
    ],
)
def test_one_is_meant(simtui: Command, reference: str, ident: str) -> None:
    assert id_of(simtui, reference) == ident


@pytest.mark.parametrize(
    ("reference", "fits"),
    [("aaaa", (ALPHA, BETA)), ("Twin", TWINS), ("twin", TWINS), ("bbbb1111", TWINS)],
)
def test_what_fits_more_than_one_is_told_with_those_it_fits(
    simtui: Command, reference: str, fits: tuple[str, str]
) -> None:
    done = simtui("workflows", "rename", reference, "Other")
    assert done.returncode == 4
    assert f'"{reference}" fits more than one workflow' in done.stderr
    assert all(ident in done.stderr for ident in fits)
    assert "Use an id." in done.stderr


@pytest.mark.parametrize("reference", ["aaa", "%%%%", "____", "Alph", "a%a1", "wild%"])
def test_what_fits_none_is_not_found(simtui: Command, reference: str) -> None:
    done = simtui("workflows", "get", reference)
    assert done.returncode == 4
    assert f'"{reference}"' in done.stderr


def test_what_is_in_the_trash_is_said_to_be_there(simtui: Command) -> None:
    simtui("workflows", "delete", "Alpha", "--yes")
    done = simtui("workflows", "rename", "Alpha", "Other")
    assert done.returncode == 4
    assert "It is in the trash." in done.stderr
    assert id_of(simtui, "Alpha") == ALPHA  # to look at it is no harm
    assert simtui("workflows", "restore", "Alpha").returncode == 0
    assert simtui("workflows", "rename", "Alpha", "Other").returncode == 0


def test_one_bad_name_among_several_changes_nothing(simtui: Command) -> None:
    assert simtui("workflows", "move", "Alpha", "Absent", "Ops").returncode == 4
    assert simtui("workflows", "delete", "Alpha", "Absent", "--yes").returncode == 4
    row = rows_of(simtui("workflows", "get", "Alpha", "-o", "json").stdout)
    assert row["folder"] == ""
    assert len(rows_of(simtui("workflows", "list", "-o", "json").stdout)) == 5


def test_several_are_meant_by_several_names(simtui: Command) -> None:
    done = simtui("workflows", "move", "Alpha", "beta", " Ops / Intake/")
    assert "2 workflows moved to Ops/Intake." in done.stderr
    done = simtui("workflows", "list", "--filter", "folder:ops/intake", "-o", "json")
    assert {row["name"] for row in rows_of(done.stdout)} == {"Alpha", "beta"}
