"""Secrets by the commands: listed, set, shown, deleted, brought in, and found in clear."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simtui.paths import Home
from tests.cli.conftest import ALPHA, BETA, Stock, rows_of
from tests.cli.vaulted import converse, private_file, run_alone, vault_in
from tests.making import block, document

KEY = "Zk3tT9wQx7Lr2Vb8Np4Hs6Yd1Cf5Gm0J"
VALUE = b"planted-in-a-test"


class Vaulted:
    """A home with a vault, and the commands with what opens it."""

    def __init__(self, home: Home, code: str, file: Path) -> None:
        self.home = home
        self.code = code
        self._file = file

    def __call__(self, *words: object, input: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Without a terminal."""
        return run_alone(self.home, *words, "--password-file", self._file, input=input)

    def value(self, name: str) -> bytes | None:
        done = self("secrets", "get", name, "--reveal")
        assert done.returncode in (0, 4)
        return done.stdout[:-1] if done.returncode == 0 else None


@pytest.fixture
def vaulted(home: Home, tmp_path: Path) -> Vaulted:
    code = vault_in(home, KEY=VALUE)
    return Vaulted(home, code, private_file(tmp_path / "code", code))


# -- list


def test_the_list_works_while_locked(vaulted: Vaulted, stock: Stock) -> None:
    stock(document("Alpha", [block("ask", prompt="{{KEY}} {{MISSING}}")], ident=ALPHA))
    done = run_alone(vaulted.home, "secrets", "list", "-o", "json")
    assert (done.returncode, done.stderr) == (0, b"")
    rows = rows_of(done.stdout.decode())
    assert [set(row) for row in rows] == [
        {"name", "set", "created_at", "updated_at", "used_by"}
    ] * 2
    key, missing = rows
    assert (key["name"], key["set"], key["used_by"]) == (
        "KEY", True, [{"id": ALPHA, "name": "Alpha"}],
    )  # fmt: skip
    assert key["created_at"].endswith("Z")
    assert missing == {
        "name": "MISSING",
        "set": False,
        "created_at": None,
        "updated_at": None,
        "used_by": [{"id": ALPHA, "name": "Alpha"}],
    }
    lines = run_alone(vaulted.home, "secrets", "list").stdout.decode().splitlines()
    assert lines[2].split() == ["MISSING", "no", "value", "–", "1", "workflow:", "Alpha"]


def test_no_secret_is_an_empty_list_with_a_word_about_it(home: Home, stock: Stock) -> None:
    stock(document("Alpha", ident=ALPHA))
    done = run_alone(home, "secrets", "list")
    assert (done.returncode, done.stdout) == (0, b"")
    assert "`simtui secrets set NAME` keeps one." in done.stderr.decode()
    assert rows_of(run_alone(home, "secrets", "list", "-o", "json").stdout.decode()) == []


@pytest.mark.parametrize("words", [("secrets", "list"), ("secrets", "scan"), ("vault", "lock")])
def test_what_needs_no_key_loads_no_cryptography(
    home: Home, stock: Stock, words: tuple[str, ...]
) -> None:
    stock(document("Alpha", ident=ALPHA))
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "simtui", "--home", str(home.root), *words],
        capture_output=True,
        text=True,
        check=True,
    )
    modules = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "simtui.library.secrets" in modules
    tops = {module.partition(".")[0] for module in modules}
    assert tops.isdisjoint({"cryptography", "keyring", "textual"})
    assert not any(module.startswith("simtui.vault") for module in modules)


# -- set and get


@pytest.mark.parametrize(
    ("piped", "kept"),
    [
        (b"value", b"value"),
        (b"value\n", b"value"),
        (b"value\r\n", b"value"),
        (b" value \n\n", b" value \n"),
        (b"one\ntwo\n", b"one\ntwo"),
        (bytes(range(256)), bytes(range(256))),
        (b"x" * 65536, b"x" * 65536),
    ],
    ids=["plain", "line", "CRLF", "space", "lines", "bytes", "long"],
)
def test_a_value_from_a_pipe_comes_out_as_it_went_in(
    vaulted: Vaulted, piped: bytes, kept: bytes
) -> None:
    done = vaulted("secrets", "set", "OTHER", input=piped)
    assert (done.returncode, done.stdout) == (0, b"")
    assert f"({len(kept):,} byte" in done.stderr.decode()
    assert vaulted.value("OTHER") == kept
    assert vaulted.value("KEY") == VALUE


def test_a_value_is_replaced(vaulted: Vaulted) -> None:
    assert vaulted("secrets", "set", "KEY", input=b"new").returncode == 0
    assert vaulted.value("KEY") == b"new"


@pytest.mark.parametrize(
    ("name", "piped", "code"),
    [("9X", b"v", 2), ("A B", b"v", 2), ("A" * 101, b"v", 2), ("A", b"", 2), ("A", b"\n", 2),
     ("A", b"x" * 65537, 6)],
)  # fmt: skip
def test_what_cannot_be_a_secret_is_refused(
    vaulted: Vaulted, name: str, piped: bytes, code: int
) -> None:
    done = vaulted("secrets", "set", name, input=piped)
    assert done.returncode == code
    assert vaulted.value("A") is None


def test_a_value_that_is_typed_is_not_seen(vaulted: Vaulted) -> None:
    done, sent = converse(
        vaulted.home,
        ("secrets", "set", "OTHER"),
        ("Recovery code: ", f"{vaulted.code}\n"),
        ("OTHER: ", "hunter2hunter2\n"),
    )
    assert done == 0
    assert "OTHER is set (14 bytes)." in sent
    assert "hunter2" not in sent
    assert vaulted.value("OTHER") == b"hunter2hunter2"


def test_several_lines_that_are_pasted_are_not_cut(vaulted: Vaulted) -> None:
    done, sent = converse(
        vaulted.home,
        ("secrets", "set", "OTHER"),
        ("Recovery code: ", f"{vaulted.code}\n"),
        ("OTHER: ", "-----BEGIN\nabc\n-----END\n"),
    )
    assert done == 2
    assert "More than one line came, so nothing was kept." in sent
    assert "abc" not in sent
    assert vaulted.value("OTHER") is None


def test_a_value_leaves_for_a_pipe_only_when_told(vaulted: Vaulted) -> None:
    done = vaulted("secrets", "get", "KEY")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "--reveal" in done.stderr.decode()


def test_a_value_as_json(vaulted: Vaulted) -> None:
    done = vaulted("secrets", "get", "KEY", "--reveal", "-o", "json")
    assert rows_of(done.stdout.decode()) == {"name": "KEY", "value": VALUE.decode()}
    vaulted("secrets", "set", "KEY", input=b"\xff\xfe")
    done = vaulted("secrets", "get", "KEY", "--reveal", "-o", "json")
    assert (done.returncode, done.stdout) == (6, b"")


@pytest.mark.parametrize(("typed", "is_shown"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_terminal_is_asked_before_a_value_is_shown(
    vaulted: Vaulted, typed: str, is_shown: bool
) -> None:
    done, sent = converse(
        vaulted.home,
        ("secrets", "get", "KEY"),
        ("Recovery code: ", f"{vaulted.code}\n"),
        ("Show KEY on this terminal? [y/N]: ", typed),
    )
    assert done == 0
    assert (VALUE.decode() in sent) is is_shown


def test_a_value_gives_a_terminal_no_orders(vaulted: Vaulted) -> None:
    vaulted("secrets", "set", "KEY", input=b"a\x1b[2Jb\nc")
    done, sent = converse(
        vaulted.home,
        ("secrets", "get", "KEY", "--reveal"),
        ("Recovery code: ", f"{vaulted.code}\n"),
    )
    assert done == 0
    assert "a\\x1b[2Jb\nc\n" in sent
    assert "\x1b" not in sent


@pytest.mark.parametrize(
    "words",
    [
        ("secrets", "get", "KEZ", "--reveal"),
        ("secrets", "delete", "KEZ", "--yes"),
        ("exec", "--with", "KEY,KEZ", "--", "true"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_told_before_anybody_is_asked(
    vaulted: Vaulted, words: tuple[str, ...]
) -> None:
    done = run_alone(vaulted.home, *words)
    assert (done.returncode, done.stdout) == (4, b"")
    assert 'There is no secret "KEZ". Did you mean KEY?' in done.stderr.decode()


# -- delete


def test_deleting_needs_no_password_and_says_who_used_it(vaulted: Vaulted, stock: Stock) -> None:
    stock(document("Alpha", [block("ask", prompt="{{KEY}}")], ident=ALPHA))
    assert run_alone(vaulted.home, "secrets", "delete", "KEY").returncode == 2
    assert vaulted.value("KEY") == VALUE
    done = run_alone(vaulted.home, "secrets", "delete", "KEY", "--yes")
    assert done.returncode == 0
    assert "It is used by 1 workflow: Alpha." in done.stderr.decode()
    assert vaulted.value("KEY") is None


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 130), ("\n", 130)])
def test_deleting_asks_first(vaulted: Vaulted, typed: str, code: int) -> None:
    done, _ = converse(
        vaulted.home, ("secrets", "delete", "KEY"), ("Delete KEY for good? [y/N]: ", typed)
    )
    assert done == code
    assert (vaulted.value("KEY") is None) == (code == 0)


# -- import


def test_every_line_of_a_file_is_told(vaulted: Vaulted, tmp_path: Path) -> None:
    file = tmp_path / "some.env"
    file.write_text(f"# keys\nNEW={KEY}\nKEY=another\nexport LAST='x y'\nno line\n")
    done = vaulted("secrets", "import", file, "-o", "json")
    assert done.returncode == 3
    assert rows_of(done.stdout.decode()) == [
        {"line": 2, "name": "NEW", "outcome": "imported", "reason": ""},
        {"line": 3, "name": "KEY", "outcome": "skipped", "reason": "another value is set"},
        {"line": 4, "name": "LAST", "outcome": "imported", "reason": ""},
        {"line": 5, "name": "", "outcome": "refused", "reason": "it is no NAME=value"},
    ]
    assert [vaulted.value(name) for name in ("NEW", "KEY", "LAST")] == [
        KEY.encode(), VALUE, b"x y",
    ]  # fmt: skip


def test_the_same_file_again_changes_nothing(vaulted: Vaulted, tmp_path: Path) -> None:
    file = tmp_path / "some.env"
    file.write_text(f"NEW={KEY}\n")
    first, again = (vaulted("secrets", "import", file) for _ in range(2))
    assert (first.stdout, again.stdout) == (b"+ line 1  NEW\n", b"= line 1  NEW\n")
    assert f"{file} still holds them in clear." in first.stderr.decode()
    assert "in clear" not in again.stderr.decode()
    for done in (first, again):
        assert KEY not in done.stderr.decode() + done.stdout.decode()


def test_other_values_are_replaced_when_told(vaulted: Vaulted) -> None:
    done = vaulted("secrets", "import", "-", "--overwrite", input=b"KEY=another\n")
    assert (done.returncode, done.stdout) == (0, "↻ line 1  KEY\n".encode())
    assert vaulted.value("KEY") == b"another"


@pytest.mark.parametrize(("typed", "value"), [("y\n", b"another"), ("n\n", VALUE)])
def test_a_terminal_is_asked_about_another_value(
    vaulted: Vaulted, tmp_path: Path, typed: str, value: bytes
) -> None:
    file = tmp_path / "some.env"
    file.write_text("KEY=another\n")
    done, sent = converse(
        vaulted.home,
        ("secrets", "import", file),
        ("Recovery code: ", f"{vaulted.code}\n"),
        ("KEY has another value here. Replace it? [y/N]: ", typed),
    )
    assert done == 0
    assert "another\n" not in sent
    assert vaulted.value("KEY") == value


@pytest.mark.parametrize(
    ("content", "code"), [(b"no line\n", 6), (b"\xff\xfe", 6), (b"", 0), (None, 4)]
)
def test_what_holds_nothing_takes_nothing(
    vaulted: Vaulted, tmp_path: Path, content: bytes | None, code: int
) -> None:
    file = tmp_path / "some.env"
    if content is not None:
        file.write_bytes(content)
    assert vaulted("secrets", "import", file).returncode == code


# -- scan and adopt


@pytest.fixture
def in_clear(vaulted: Vaulted, stock: Stock) -> Vaulted:
    """A workflow with a version, both with a key, and one without."""
    for prompt in ("one", "two"):
        ask = block("ask", "agent", "Ask", apiKey=KEY, prompt=prompt)
        stock(document("Alpha", [ask], ident=ALPHA))
    stock(document("Beta", ident=BETA))
    return vaulted


def text_of(vaulted: Vaulted, *words: object) -> str:
    return run_alone(
        vaulted.home, "workflows", "get", "Alpha", "--document", *words
    ).stdout.decode()


def test_a_scan_names_the_place_and_masks_the_value(in_clear: Vaulted) -> None:
    done = run_alone(in_clear.home, "secrets", "scan", "-o", "json")
    assert done.returncode == 0
    assert rows_of(done.stdout.decode()) == [
        {
            "workflow_id": ALPHA,
            "workflow": "Alpha",
            "in_trash": False,
            "version": None,
            "block": "Ask",
            "field": "apiKey",
            "rule": "apiKey in clear",
            "masked": "Zk3t… (32 characters)",
            "name": "ASK_API_KEY",
        }
    ]
    found = run_alone(in_clear.home, "secrets", "scan", "--versions")
    assert found.stdout.decode().count("Zk3t…") == 2
    assert KEY not in found.stdout.decode()


def test_nothing_in_clear_is_an_empty_list(home: Home, stock: Stock) -> None:
    stock(document("Alpha", ident=ALPHA))
    done = run_alone(home, "secrets", "scan")
    assert (done.returncode, done.stdout) == (0, b"")
    assert "No workflow holds anything in clear" in done.stderr.decode()


def test_adopt_moves_every_key_and_tells_what_is_left(in_clear: Vaulted, stock: Stock) -> None:
    exports = in_clear.home.exports
    exports.mkdir()
    (exports / "old.json").write_text(json.dumps([KEY]))
    stock(document("Gamma", [block("ask", prompt=f"Use {KEY}")]))
    done = in_clear("secrets", "adopt", "Alpha", "--all", "--yes", "-o", "json")
    assert done.returncode == 0
    row: dict[str, Any] = rows_of(done.stdout.decode())
    assert set(row) == {
        "workflow_id", "workflow", "moved", "versions", "log_cleared", "left_in",
    }  # fmt: skip
    assert (row["workflow_id"], row["versions"], row["log_cleared"]) == (ALPHA, [1], True)
    assert row["moved"] == [
        {
            "name": "ASK_API_KEY",
            "where": "Ask · apiKey",
            "masked": "Zk3t… (32 characters)",
            "new": True,
        }
    ]
    assert [each["name"] for each in row["left_in"].pop("workflows")] == ["Gamma"]
    assert row["left_in"] == {"exports": [str(exports / "old.json")], "unread": [], "backups": []}
    said = done.stderr.decode()
    assert "1 value is in the vault now, and {{ASK_API_KEY}} in the document, in 1 earlier" in said
    assert f"  {exports / 'old.json'}\n" in said
    assert KEY not in said + done.stdout.decode()
    for words in ((), ("--version", 1)):
        assert KEY not in text_of(in_clear, *words)
        assert "{{ASK_API_KEY}}" in text_of(in_clear, *words)
    assert in_clear.value("ASK_API_KEY") == KEY.encode()


def test_adopting_where_there_is_no_version_makes_none_that_holds_the_value(
    vaulted: Vaulted, stock: Stock
) -> None:
    stock(document("Alpha", [block("ask", "agent", "Ask", apiKey=KEY)], ident=ALPHA))
    assert vaulted("secrets", "adopt", "Alpha", "--all", "--yes").returncode == 0
    found = run_alone(vaulted.home, "secrets", "scan", "--versions", "-o", "json")
    assert rows_of(found.stdout.decode()) == []


def test_adopt_asks_and_shows_what_it_would_do(in_clear: Vaulted) -> None:
    done, sent = converse(
        in_clear.home,
        ("secrets", "adopt", "Alpha", "apiKey", "--name", "MINE"),
        ("Recovery code: ", f"{in_clear.code}\n"),
        ("Move 1 value into the vault? [y/N]: ", "y\n"),
        ("Replace them in 1 earlier document as well? [Y/n]: ", "n\n"),
    )
    assert done == 0
    assert "Ask · apiKey  Zk3t… (32 characters)  → {{MINE}}" in sent
    assert KEY not in sent
    assert KEY not in text_of(in_clear)
    assert KEY in text_of(in_clear, "--version", 1)
    assert f"workflow Alpha ({ALPHA[:8]})" in sent
    assert in_clear.value("MINE") == KEY.encode()


def test_a_no_moves_nothing(in_clear: Vaulted) -> None:
    done, _ = converse(
        in_clear.home,
        ("secrets", "adopt", "Alpha", "--all"),
        ("Recovery code: ", f"{in_clear.code}\n"),
        ("Move 1 value into the vault? [y/N]: ", "\n"),
    )
    assert done == 130
    assert KEY in text_of(in_clear)
    assert in_clear.value("ASK_API_KEY") is None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("Alpha", "--yes"), 2),
        (("Alpha", "apiKey", "--all", "--yes"), 2),
        (("Alpha", "--all"), 2),
        (("Alpha", "prompt", "--yes"), 4),
        (("Absent", "--all", "--yes"), 4),
        (("Alpha", "--all", "--name", "9X", "--yes"), 2),
        (("Beta", "--all", "--yes"), 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_what_cannot_be_moved_is_told(in_clear: Vaulted, words: tuple[str, ...], code: int) -> None:
    done = in_clear("secrets", "adopt", *words)
    assert (done.returncode, done.stdout) == (code, b"")
    assert done.stderr
    assert KEY in text_of(in_clear)


# -- leaks


def test_no_value_is_in_the_words_of_any_process(vaulted: Vaulted, tmp_path: Path) -> None:
    """Of the command that holds it, and of what it starts."""
    script = (
        "import os, pathlib\n"
        "for each in pathlib.Path('/proc').glob('[0-9]*/cmdline'):\n"
        "    try: print(each.read_bytes())\n"
        "    except OSError: pass\n"
    )
    done = vaulted_exec(vaulted, script)
    assert VALUE not in done.stdout
    assert b"--with" in done.stdout


def test_the_command_leaves_no_core(vaulted: Vaulted) -> None:
    script = "import os; print(open(f'/proc/{os.getppid()}/limits').read())"
    done = vaulted_exec(vaulted, script)
    limit = next(line for line in done.stdout.splitlines() if line.startswith(b"Max core"))
    assert limit.split()[4] == b"0"


def vaulted_exec(vaulted: Vaulted, script: str) -> subprocess.CompletedProcess[bytes]:
    file = vaulted._file
    words: list[object] = [
        sys.executable, "-m", "simtui", "--home", vaulted.home.root,
        "exec", "--with", "KEY", "--password-file", file, "--", sys.executable, "-c", script,
    ]  # fmt: skip
    return subprocess.run([*map(str, words)], capture_output=True, timeout=60, check=False)


def test_a_report_of_a_fault_holds_no_value(vaulted: Vaulted, tmp_path: Path) -> None:
    """One is made on purpose, while the value lies in several variables."""
    script = (
        "import asyncio, sys\n"
        "from simtui.console.output import finish\n"
        "from simtui.library import Library\n"
        "from simtui.library import secrets as shelf\n"
        "from simtui.paths import Home\n"
        "from pathlib import Path\n"
        "async def work():\n"
        "    async with await Library.open(Home(Path(sys.argv[1]))) as library:\n"
        "        typed = bytearray(Path(sys.argv[2]).read_bytes())\n"
        "        await shelf.unlock(library, typed)\n"
        "        values = await shelf.values(library, ['KEY'])\n"
        "        text = values['KEY'].decode()\n"
        "        return [text][int(len(values))]\n"
        "sys.exit(finish(lambda: asyncio.run(work())))\n"
    )
    (tmp_path / "fault.py").write_text(script)
    done = subprocess.run(
        [sys.executable, tmp_path / "fault.py", vaulted.home.root, vaulted._file],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    (report,) = (tmp_path / "person").rglob("crash-*.txt")
    assert b"IndexError" in report.read_bytes()
    assert VALUE not in report.read_bytes() + done.stdout + done.stderr
    assert os.fsencode(vaulted.code) not in report.read_bytes()
