"""What a secret may be called, and what a key that was found in clear would best be called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

from simtui.model.redact import FoundKey

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_LONGEST_SUGGESTION = 60

# a shape tells who issued it; the first that fits
_ISSUERS = (
    ("sk-ant-", "ANTHROPIC_API_KEY"),
    ("sk-or-", "OPENROUTER_API_KEY"),
    ("sk-sim-", "SIM_API_KEY"),
    ("sim_", "SIM_API_KEY"),
    ("sk_live_", "STRIPE_SECRET_KEY"),
    ("sk_test_", "STRIPE_TEST_KEY"),
    ("rk_", "STRIPE_RESTRICTED_KEY"),
    ("sk-", "OPENAI_API_KEY"),
    ("ghp_", "GITHUB_TOKEN"),
    ("gho_", "GITHUB_TOKEN"),
    ("ghu_", "GITHUB_TOKEN"),
    ("ghs_", "GITHUB_TOKEN"),
    ("ghr_", "GITHUB_TOKEN"),
    ("github_pat_", "GITHUB_TOKEN"),
    ("glpat-", "GITLAB_TOKEN"),
    ("xoxb-", "SLACK_BOT_TOKEN"),
    ("xox", "SLACK_TOKEN"),
    ("AKIA", "AWS_ACCESS_KEY_ID"),
    ("ASIA", "AWS_ACCESS_KEY_ID"),
    ("AIza", "GOOGLE_API_KEY"),
    ("ya29.", "GOOGLE_ACCESS_TOKEN"),
    ("hf_", "HUGGINGFACE_TOKEN"),
    ("SG.", "SENDGRID_API_KEY"),
    ("-----BEGIN", "PRIVATE_KEY"),
)
# these say nothing of the service behind them; the block's own name does
_GENERAL = frozenset({
    "agent", "api", "condition", "custom_tool", "evaluator", "function", "generic_webhook",
    "guardrails", "loop", "mcp", "note", "parallel", "response", "router", "start_trigger",
    "starter", "translate", "variables", "vision", "webhook", "webhook_request", "workflow",
    "workflow_input",
})  # fmt: skip


def is_name(text: str) -> bool:
    """Whether documents can refer to a secret by it: letters, digits and _, at most 100, no digit
    first, as in Sim."""
    return _NAME.fullmatch(text) is not None


def suggested(key: FoundKey, taken: Container[str]) -> str:
    """A name for a key: by who issued it, else by the block or its service and the field. One that
    is `taken` gets a number."""
    name = _issuer_of(key.value) or _by_place(key)
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _issuer_of(value: str) -> str | None:
    return next((name for start, name in _ISSUERS if value.startswith(start)), None)


def _by_place(key: FoundKey) -> str:
    if not key.block:  # a variable has a name of its own
        return _constant(key.field)
    kind = re.sub(r"_v[0-9]+$", "", key.kind)
    owner = _constant(key.block if kind in _GENERAL or not kind else kind)
    what = _constant(key.label or key.field)
    return _constant(what if what.startswith(f"{owner}_") else f"{owner}_{what}")


def _constant(text: str) -> str:
    """`botToken` as BOT_TOKEN, `X-API-Key` as X_API_KEY."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain)
    name = re.sub(r"[^A-Za-z0-9]+", "_", parted).strip("_").upper()[:_LONGEST_SUGGESTION]
    return name if is_name(name) else f"SECRET_{name}".strip("_")
