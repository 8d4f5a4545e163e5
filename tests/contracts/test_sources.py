"""How simtui reads (reference: "How simtui reads"), as far as a program can tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SIMTUI = ROOT / "simtui"
MODULES = sorted(SIMTUI.rglob("*.py"))


def named(wrong: Iterable[Path]) -> list[str]:
    return [str(path.relative_to(SIMTUI)) for path in wrong]


@cache
def text_of(path: Path) -> str:
    return path.read_text()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


def holding(pattern: str) -> list[str]:
    """The modules in which this stands."""
    return named(path for path in MODULES if re.search(pattern, text_of(path)))


def test_a_file_has_one_job() -> None:
    """One past 400 lines usually has two."""
    assert named(path for path in MODULES if len(text_of(path).splitlines()) > 400) == []


def test_nothing_is_left_to_do() -> None:
    assert holding(r"\b(?:TODO|FIXME|XXX|HACK)\b") == []


def test_a_handler_never_calls_its_parents() -> None:
    """Textual itself calls the `on_` of every class, so each would run twice. `on_event` is none:
    it is what calls them."""
    assert holding(r"super\(\)\.on_(?!event\b)") == []


def test_work_beside_the_keys_begins_in_one_place() -> None:
    """`in_background`: a coroutine handed to Textual's `run_worker` is one that nobody awaits where
    the work is ended before its turn."""
    assert holding("run_worker") == ["tui/work.py"]


def test_a_module_starts_with_its_reason() -> None:
    assert named(path for path in MODULES if not ast.get_docstring(tree_of(path))) == []


def test_what_is_public_says_what_it_is() -> None:
    wrong = {
        str(path.relative_to(SIMTUI)): silent
        for path in MODULES
        if (silent := [name for name, node in public_in(path) if not ast.get_docstring(node)])
    }
    assert wrong == {}


Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public_in(path: Path) -> Iterator[tuple[str, Named]]:
    """The public classes and functions of a module, and the classes' public methods: but for those
    that only give another answer to what a class above them says, and those of the screen, which
    Textual calls and explains."""
    tree = tree_of(path)
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
