"""Sample workflows, of every kind that a screen has to show."""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from simtui.formats.sim_json import iso
from simtui.importing import import_paths
from simtui.library import Library

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_NAMESPACE = uuid.UUID("6f1d3a52-3b7e-4c55-9a53-51d7c1f0a9b4")


@dataclass(frozen=True, slots=True)
class Sample:
    """`steps` are blocks in their order: name, type, values, and a container's name where the block
    is in one. `edges` name their two ends; left out, the steps follow each other."""

    name: str
    folder: str
    description: str
    steps: tuple[tuple[str, str, Mapping[str, Any]], ...]
    edges: tuple[tuple[str, str], ...] | None = None
    inside: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    age_ms: int = 0


SAMPLES: tuple[Sample, ...] = (
    Sample(
        "Lead enricher",
        "Sales/Inbound",
        "Takes new rows from a sheet, looks each company up, and writes back what it finds.",
        (
            ("Start", "start_trigger", {}),
            ("New rows", "google_sheets", {"operation": "read", "spreadsheetId": "{{SHEET_ID}}"}),
            ("Each row", "parallel", {}),
            (
                "Enrich",
                "agent",
                {
                    "model": "claude-sonnet-4-5",
                    "systemPrompt": "You look companies up. Answer with industry, size and city.",
                    "userPrompt": "Company: <parallel.currentItem.company>",
                    "apiKey": "{{ANTHROPIC_API_KEY}}",
                },
            ),
            ("Write back", "google_sheets", {"operation": "update"}),
        ),
        inside={"Enrich": "Each row"},
        edges=(("Start", "New rows"), ("New rows", "Each row"), ("Each row", "Write back")),
        variables={"maxRows": "number", "region": "string"},
        age_ms=2 * HOUR_MS,
    ),
    Sample(
        "Competitor monitor",
        "Marketing",
        "Reads three price pages every morning and tells the channel what has changed.",
        (
            ("Every morning", "schedule", {"cronExpression": "0 7 * * *"}),
            ("Fetch pages", "firecrawl", {"apiKey": "{{FIRECRAWL_API_KEY}}"}),
            ("What changed", "agent", {"model": "gpt-4o", "userPrompt": "Compare the two pages."}),
            (
                "Tell the channel",
                "slack",
                {"botToken": "{{SLACK_BOT_TOKEN}}", "channel": "#prices"},
            ),
        ),
        age_ms=20 * HOUR_MS,
    ),
    Sample(
        "Meeting follow-up",
        "Ops/Täglich 日報",
        "Turns a transcript into a mail with decisions, owners and dates.",
        (
            ("Start", "start_trigger", {}),
            ("Transcript", "fireflies", {}),
            ("Decisions", "agent", {"userPrompt": "List decisions, each with owner and date."}),
            ("Is it long?", "condition", {"conditions": "<decisions.tokens> > 800"}),
            ("Shorten", "agent", {"userPrompt": "Ten lines at most."}),
            ("Mail", "gmail", {"operation": "send"}),
            ("How to use", "note", {"content": "Share the transcript with the bot first."}),
        ),
        edges=(
            ("Start", "Transcript"),
            ("Transcript", "Decisions"),
            ("Decisions", "Is it long?"),
            ("Is it long?", "Shorten"),
            ("Shorten", "Mail"),
            ("Is it long?", "Mail"),
        ),
        age_ms=3 * DAY_MS,
    ),
    Sample(
        "Résumé: naïve/πarser 🚀",
        "Ops",
        "Reads an application and fills the table of candidates.",
        (
            ("Webhook", "generic_webhook", {}),
            ("Read PDF", "file", {}),
            ("Fields", "agent", {"userPrompt": "Name, years, languages. JSON only."}),
            ("Row", "postgresql", {"connectionString": "{{DATABASE_URL}}"}),
        ),
        age_ms=5 * DAY_MS,
    ),
    Sample(
        "Support triage",
        "Support",
        "Sorts new tickets by urgency and answers the easy ones with a draft.",
        (
            ("New ticket", "zendesk", {}),
            ("Urgency", "router", {"prompt": "urgent, normal or spam"}),
            ("Draft", "agent", {"userPrompt": "A short, kind answer with one next step."}),
            ("Page somebody", "pagerduty", {"apiKey": "{{PAGERDUTY_API_KEY}}"}),
        ),
        edges=(("New ticket", "Urgency"), ("Urgency", "Draft"), ("Urgency", "Page somebody")),
        age_ms=6 * DAY_MS,
    ),
    Sample(
        "Invoice reader",
        "Finance",
        "Reads invoices out of a mailbox and books them as drafts.",
        (
            ("Mailbox", "imap", {"password": "{{IMAP_PASSWORD}}"}),
            ("Each mail", "loop", {}),
            ("Read", "mistral_parse", {"apiKey": "{{MISTRAL_API_KEY}}"}),
            ("Check sums", "function", {"code": "return net + tax === total;"}),
            ("Book", "api", {"url": "https://books.example/drafts", "method": "POST"}),
        ),
        inside={"Read": "Each mail", "Check sums": "Each mail"},
        edges=(("Mailbox", "Each mail"), ("Read", "Check sums"), ("Each mail", "Book")),
        variables={"currency": "string"},
        age_ms=9 * DAY_MS,
    ),
    Sample(
        "Release notes",
        "Engineering",
        "Writes the notes from merged pull requests.",
        (
            ("Start", "start_trigger", {}),
            ("Merged", "github", {"apiKey": "{{GITHUB_TOKEN}}"}),
            ("Notes", "agent", {"userPrompt": "Group by what a user notices. No jargon."}),
            ("Page", "notion", {}),
        ),
        age_ms=12 * DAY_MS,
    ),
    Sample(
        "On-call summary",
        "Engineering",
        "Every Monday: last week's alarms, and which of them repeat.",
        (
            ("Monday", "schedule", {"cronExpression": "0 8 * * 1"}),
            ("Alarms", "datadog", {"apiKey": "{{DATADOG_API_KEY}}"}),
            ("Summary", "agent", {"userPrompt": "What repeats, and what was new?"}),
            ("Post", "slack", {"botToken": "{{SLACK_BOT_TOKEN}}"}),
        ),
        age_ms=13 * DAY_MS,
    ),
    Sample(
        "Knowledge base answers",
        "Support",
        "Answers from the handbook, and says when the handbook does not know.",
        (
            ("Chat", "chat_trigger", {}),
            ("Find", "knowledge", {"query": "<chat.input>"}),
            ("Answer", "agent", {"userPrompt": "Only from the passages. Else: I do not know."}),
        ),
        age_ms=30 * DAY_MS,
    ),
    Sample(
        "Half-built digest",
        "Drafts",
        "Was left unfinished: one edge leads to a block that is not there.",
        (
            ("Start", "start_trigger", {}),
            ("Collect", "rss", {}),
            ("Summarise", "agent", {"userPrompt": "Five lines."}),
        ),
        edges=(("Start", "Collect"), ("Collect", "Summarise"), ("Summarise", "Send")),
        age_ms=45 * DAY_MS,
    ),
    Sample(
        "Translate and check",
        "",
        "Translates, translates back, and marks what does not match.",
        (
            ("Start", "start_trigger", {}),
            ("There", "agent", {"userPrompt": "Translate to <variable.language>."}),
            ("And back", "agent", {"userPrompt": "Translate back."}),
            ("Compare", "evaluator", {}),
        ),
        variables={"language": "string"},
        age_ms=70 * DAY_MS,
    ),
    Sample(
        "Hello",
        "",
        "The smallest one: a question and an answer.",
        (("Start", "start_trigger", {}), ("Agent", "agent", {"userPrompt": "Say hello."})),
        age_ms=400 * DAY_MS,
    ),
)


async def fill_workflows(library: Library, now_ms: int) -> None:
    """Brings the samples into a library, each as old as it claims to be."""
    with tempfile.TemporaryDirectory(prefix="simtui-samples-") as folder:
        for number, document in enumerate(sample_documents(now_ms)):
            text = json.dumps(document, ensure_ascii=False, indent=2)
            (Path(folder) / f"{number:02}.json").write_text(text, "utf-8")
        async for item in import_paths(library, [folder]):
            assert item.outcome == "imported", item


def sample_documents(now_ms: int) -> Iterator[dict[str, Any]]:
    """The samples as Sim's API answers with a workflow (F3)."""
    for sample in SAMPLES:
        yield {"data": _export(sample, now_ms - sample.age_ms)}


def _export(sample: Sample, at_ms: int) -> dict[str, Any]:
    ids = {name: id_of(sample.name, name) for name, _, _ in sample.steps}
    names = list(ids)
    edges = sample.edges
    if edges is None:
        edges = tuple(pairwise(names))
    blocks = {}
    for number, (name, kind, values) in enumerate(sample.steps):
        block: dict[str, Any] = {
            "id": ids[name],
            "type": kind,
            "name": name,
            "position": {"x": 150 + 320 * number, "y": 150},
            "subBlocks": {
                key: {"id": key, "type": "long-input", "value": value}
                for key, value in values.items()
            },
            "outputs": {},
            "enabled": True,
        }
        if name in sample.inside:
            block["data"] = {"parentId": ids[sample.inside[name]], "extent": "parent"}
        blocks[ids[name]] = block
    members = {
        kind: {
            ids[name]: {
                "id": ids[name],
                "nodes": [ids[inner] for inner, outer in sample.inside.items() if outer == name],
            }
            for name, block_kind, _ in sample.steps
            if block_kind == kind
        }
        for kind in ("loop", "parallel")
    }
    variables = {
        id_of(sample.name, f"variable {name}"): {"name": name, "type": kind, "value": ""}
        for name, kind in sample.variables.items()
    }
    return {
        "version": "1.0",
        "exportedAt": iso(at_ms),
        "workflow": {
            "id": id_of("workflow", sample.name),
            "name": sample.name,
            "description": sample.description,
            "folderPath": sample.folder or None,
            "updatedAt": iso(at_ms),
        },
        "state": {
            "blocks": blocks,
            "edges": [
                {
                    "id": id_of(sample.name, f"{source} to {target}"),
                    "source": ids[source],
                    "target": ids.get(target, id_of(sample.name, target)),
                }
                for source, target in edges
            ],
            "loops": members["loop"],
            "parallels": members["parallel"],
            "metadata": {"name": sample.name, "description": sample.description},
            "variables": variables,
        },
    }


def id_of(scope: str, name: str) -> str:
    """The same each time, so that a picture drawn again is the same picture."""
    return str(uuid.uuid5(_NAMESPACE, f"{scope}\n{name}"))
