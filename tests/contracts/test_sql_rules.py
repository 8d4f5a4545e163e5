"""What our SQL must never say (DESIGN.md part 6), read from the sources.

`INSERT OR REPLACE` deletes and inserts: a row's children go, its rowid changes, and the index
points at another row without a word. OFFSET reads all that it skips. VACUUM in place doubles the
file and fills the memory. An implicit rowid is renumbered by a rebuilt table and by a dump.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SIMTUI = Path(__file__).parents[2] / "simtui"
SOURCES = sorted([*SIMTUI.rglob("*.py"), *SIMTUI.rglob("*.sql")])

# comments of SQL and Python may say what the rule is about
COMMENT = re.compile(r"^\s*(?:--|#).*$", re.MULTILINE)
# a contentless index has no other key: its rowid is a number that its rows bear, or that
# `search_items` gave out
OF_THE_INDEX = re.compile(
    r"\bWITHOUT ROWID\b|\bs\.rowid\b|DELETE FROM search WHERE rowid\b"
    r"|INSERT INTO search \(rowid, |\"(?:run|log)_search\", \(\"rowid\", "
)


def code_of(path: Path) -> str:
    return COMMENT.sub("", path.read_text())


@pytest.mark.parametrize(
    "never",
    [
        r"\bOR\s+REPLACE\b",
        r"\bREPLACE\s+INTO\b",
        r"\bOFFSET\b",
        r"\bVACUUM\b(?!\s+INTO\b)",
        r"\bINSERT\s+OR\s+IGNORE\b",  # it also ignores what a constraint is there for
    ],
)
def test_our_sql_never_says(never: str) -> None:
    # capitals, as our SQL is written: `auto_vacuum` and an `offset` of Python are something else
    found = [str(path) for path in SOURCES if re.search(never, code_of(path))]
    assert found == []


def test_a_rowid_is_only_ever_the_indexes_own() -> None:
    for path in SOURCES:
        rest = OF_THE_INDEX.sub("", code_of(path))
        assert re.search(r"\b(?:rowid|_rowid_|oid)\b", rest, re.IGNORECASE) is None, path


def test_the_rules_would_see_a_breach() -> None:
    """The words are looked for as we would write them."""
    assert re.search(r"\bOR\s+REPLACE\b", "INSERT OR REPLACE INTO settings VALUES (1)")
    assert re.search(r"\bVACUUM\b(?!\s+INTO\b)", 'connection.execute("VACUUM")')
    assert not re.search(r"\bVACUUM\b(?!\s+INTO\b)", "VACUUM INTO ?")
    assert OF_THE_INDEX.sub("", "SELECT rowid FROM workflows").count("rowid") == 1


def test_sql_lives_in_the_store() -> None:
    sql = re.compile(
        r"[\"'\s](?:SELECT\s.+\sFROM|INSERT\s+INTO|DELETE\s+FROM|UPDATE\s+\w+\s+SET)\s"
    )
    found = {path.relative_to(SIMTUI).parts[0] for path in SOURCES if sql.search(code_of(path))}
    # the extractor asks another database, which it never writes to
    assert found == {"store", "cloud"}


def test_the_extractor_only_reads() -> None:
    writes = re.compile(
        r"\b(?:INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|TRUNCATE|GRANT|COPY)\s+[A-Z{]"
    )
    asked = [path for path in SOURCES if path.parent.name == "cloud"]
    assert asked
    assert [path.name for path in asked if writes.search(code_of(path))] == []
