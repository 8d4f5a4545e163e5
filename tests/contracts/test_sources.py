"""How simtui reads (reference: "How simtui reads"), as far as a program can tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SIMTUI = ROOT / "simtui"
MODULES = sorted(SIMTUI.rglob("*.py"))
NAMED = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SIMTUI)))


@NAMED
def test_a_file_has_one_job(path: Path) -> None:
    """One past 400 lines usually has two."""
    assert len(path.read_text().splitlines()) <= 400


@NAMED
def test_nothing_is_left_to_do(path: Path) -> None:
    assert re.search(r"\b(?:TODO|FIXME|XXX|HACK)\b", path.read_text()) is None


@NAMED
def test_a_handler_never_calls_its_parents(path: Path) -> None:
    """Textual itself calls the `on_` of every class, so each would run twice. `on_event` is none:
    it is what calls them."""
    assert re.search(r"super\(\)\.on_(?!event\b)", path.read_text()) is None


@NAMED
def test_work_beside_the_keys_begins_in_one_place(path: Path) -> None:
    """`in_background`: a coroutine handed to Textual's `run_worker` is one that nobody awaits where
    the work is ended before its turn."""
    named = "run_worker" in path.read_text()
    assert named is (path == SIMTUI / "tui" / "work.py")


@NAMED
def test_a_module_starts_with_its_reason(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@NAMED
def test_what_is_public_says_what_it_is(path: Path) -> None:
    assert [name for name, node in public_in(path) if not ast.get_docstring(node)] == []


Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public_in(path: Path) -> Iterator[tuple[str, Named]]:
    """The public classes and functions of a module, and the classes' public methods: but for those
    that only give another answer to what a class above them says, and those of the screen, which
    Textual calls and explains."""
    tree = ast.parse(path.read_text())
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for node in tree.body:
        if isinstance(node, Named) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef) and "tui" not in path.parts:
                for method in methods_of(node):
                    if not _is_said_above(node, method, classes):
                        yield f"{node.name}.{method.name}", method


def methods_of(node: ast.ClassDef) -> Iterator[Named]:
    for item in node.body:
        if isinstance(item, Named) and not item.name.startswith("_"):
            yield item


def _is_said_above(node: ast.ClassDef, method: Named, classes: dict[str, ast.ClassDef]) -> bool:
    above = [
        classes[base.id] for base in node.bases if isinstance(base, ast.Name) and base.id in classes
    ]
    return any(
        method.name in {each.name for each in methods_of(parent)}
        or _is_said_above(parent, method, classes)
        for parent in above
    )


def test_a_reason_stands_beside_every_check_that_is_switched_off() -> None:
    """`# noqa: X` and `# type: ignore[x]` say why, behind two spaces."""
    for path in [*MODULES, *sorted((ROOT / "tests").rglob("*.py"))]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            off = re.search(r"# (?:noqa\b|type: ignore\b)(.*)", line)
            if off and "`# " not in line and 'r"# ' not in line:
                assert re.match(r"(?:: [A-Z0-9, ]+|\[[a-z, -]+\]) +# \w", off[1]), (
                    f"{path}:{number}"
                )


def test_no_file_names_a_machine() -> None:
    home = re.compile(
        r"/(?:home|Users)/(?!me\b|someone\b|somebody\b|me/)\w+|/root/|/tmp/\w"
        # in two, so that this line does not find itself
        r"|/wo" + "rk/"
    )
    for path in [*ROOT.glob("*.*"), *MODULES, *sorted((ROOT / "tests").rglob("*.py"))]:
        if path.is_file() and path != Path(__file__):
            assert home.search(path.read_text()) is None, path
