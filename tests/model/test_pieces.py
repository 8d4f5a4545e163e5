"""Which texts of a document are worth an editor, and what becomes of one that is changed."""

from __future__ import annotations

from typing import Any

from simtui.model.pieces import piece_at, pieces_in, put_piece
from tests.making import block, document


def labels(*blocks: dict[str, Any]) -> list[tuple[str, str]]:
    return [(piece.label, piece.suffix) for piece in pieces_in(document(blocks=list(blocks)))]


def test_prompts_code_and_long_texts_are_pieces_and_words_are_not() -> None:
    ask = block("ask", model="claude-x", prompt="Say hello.", note="one\ntwo", key="{{KEY}}")
    assert labels(ask) == [("Ask · prompt", ".md"), ("Ask · note", ".md")]


def test_code_bears_the_name_of_its_language() -> None:
    python = block("a", "function", code="1", language="python")
    script = block("b", "function", code="1")
    for each in (python, script):
        each["subBlocks"]["code"]["type"] = "code"
    assert labels(python, script) == [("A · code", ".py"), ("B · code", ".js")]


def test_each_message_is_one_and_is_counted_from_one() -> None:
    chat = block("ask", messages=[{"role": "system", "content": "Be kind to people."}] * 2)
    assert labels(chat) == [("Ask · messages · 1", ".md"), ("Ask · messages · 2", ".md")]


def test_two_blocks_of_one_name_are_told_apart() -> None:
    twins = [block(ident, name="Ask", prompt="Say hello.") for ident in ("a", "b")]
    assert [label for label, _ in labels(*twins)] == ["Ask · prompt", "Ask · prompt (2)"]


def test_a_changed_piece_is_at_its_place_and_nothing_else_changes() -> None:
    whole = document(blocks=[block("ask", prompt="Say hello.", other=[{"content": "Go on now."}])])
    for piece in pieces_in(whole):
        assert piece_at(whole, piece.path) == piece.text
        put_piece(whole, piece.path, piece.text.upper())
    texts = [piece.text for piece in pieces_in(whole)]
    assert texts == ["SAY HELLO.", "GO ON NOW."]


def test_a_place_that_is_gone_is_none() -> None:
    for path in ((), ("state", "blocks", 3), ("state", "no"), ("state", "blocks")):
        assert piece_at(document(), path) is None


def test_values_of_any_shape_are_no_fault() -> None:
    odd = block("ask", a=None, b=3, c={"x": {"y": ["a b\nc", 1, None]}})
    odd["subBlocks"]["plain"] = "a text\nof two lines"
    odd["subBlocks"]["none"] = None
    assert [label for label, _ in labels(odd)] == ["Ask · c · x · y · 1", "Ask · plain"]
