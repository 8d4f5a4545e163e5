"""What a secret may be called, and what one is called that nobody has named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtui.model.redact import keys_in
from simtui.model.secret_names import is_name, suggested
from tests.making import block, document
from tests.model.test_redact import ISSUED, RANDOM


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("OPENAI_API_KEY", True),
        ("a", True),
        ("_x9", True),
        ("A" * 100, True),
        ("A" * 101, False),
        ("9X", False),
        ("", False),
        ("A-B", False),
        ("A B", False),
        ("A\n", False),
        ("Ä", False),
    ],
)
def test_a_name_is_letters_digits_and_underscores(text: str, is_one: bool) -> None:
    assert is_name(text) is is_one


@pytest.mark.parametrize(
    ("issuer", "name"),
    [
        ("Anthropic", "ANTHROPIC_API_KEY"),
        ("OpenAI", "OPENAI_API_KEY"),
        ("OpenAI, of a project", "OPENAI_API_KEY"),
        ("Sim", "SIM_API_KEY"),
        ("Stripe", "STRIPE_SECRET_KEY"),
        ("GitHub", "GITHUB_TOKEN"),
        ("GitHub, fine-grained", "GITHUB_TOKEN"),
        ("Slack", "SLACK_BOT_TOKEN"),
        ("AWS", "AWS_ACCESS_KEY_ID"),
        ("Google", "GOOGLE_API_KEY"),
        ("private key", "PRIVATE_KEY"),
    ],
)
def test_who_issued_it_names_it(issuer: str, name: str) -> None:
    (key,) = keys_in(document(blocks=[block("ask", name="Ask", apiKey=ISSUED[issuer])]))
    assert suggested(key, ()) == name


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (block("a", "slack", "Tell them", botToken=RANDOM), "SLACK_BOT_TOKEN"),
        (block("a", "slack_v2", "Tell them", botToken=RANDOM), "SLACK_BOT_TOKEN"),
        (block("a", "agent", "Ask the model", apiKey=RANDOM), "ASK_THE_MODEL_API_KEY"),
        (block("a", "agent", "Täglich 日報", apiKey=RANDOM), "TAGLICH_API_KEY"),
        (block("a", "agent", "日報", apiKey=RANDOM), "SECRET_API_KEY"),
        (block("a", "agent", "7 days", apiKey=RANDOM), "SECRET_7_DAYS_API_KEY"),
        (
            block("a", "api", "CRM", headers=[{"name": "X-API-Key", "value": RANDOM}]),
            "CRM_X_API_KEY",
        ),
    ],
)
def test_a_place_names_it(value: dict[str, Any], name: str) -> None:
    (key,) = keys_in(document(blocks=[value]))
    assert suggested(key, ()) == name


def test_a_variable_names_it() -> None:
    (key,) = keys_in(document(variables={"v": {"name": "crmPassword", "value": RANDOM}}))
    assert suggested(key, ()) == "CRM_PASSWORD"


def test_a_name_that_is_taken_gets_a_number() -> None:
    (key,) = keys_in(document(blocks=[block("a", "slack", botToken=RANDOM)]))
    assert suggested(key, {"SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN_2"}) == "SLACK_BOT_TOKEN_3"


@given(st.text(), st.text())
def test_every_place_gives_a_name_that_can_be_one(name: str, kind: str) -> None:
    blocks = [block("a", kind, name, apiKey=RANDOM)]
    variables = {"v": {"name": f"{name} password", "value": RANDOM}}
    keys = keys_in(document(blocks=blocks, variables=variables))
    assert len(keys) == 2
    assert all(is_name(suggested(key, ())) for key in keys)
