"""Secrets: opened with Sim's key straight into the vault; without it, names that need a value."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from simtui.cloud.secrets import Sealed, key_in, opened
from simtui.errors import BadInput, Locked, UsageError
from simtui.library import Library
from simtui.library import secrets as shelf
from simtui.paths import Home
from tests.cli.vaulted import private_file, vault_in
from tests.cloud.filling import KEY, OWNER, WORKSPACE, Sim, sealed
from tests.cloud.taking import WF, said_of, taken
from tests.conftest import Command
from tests.making import document
from tests.vault.vaults import make_vault

FIRST = f"{WF}1"
OTHER_KEY = bytes(range(1, 33))


@pytest.fixture
async def vaulted(library: Library) -> Library:
    await make_vault(library.vault)
    return library


async def test_each_value_is_what_was_planted(sim: Sim, vaulted: Library) -> None:
    sim.owner()
    sim.environment(OPENAI_API_KEY="sk-planted", GRÜN="x", EMPTY="", LONG="ü" * 5000)
    sim.workspace_environment(SLACK_TOKEN="xoxb-planted")
    sim.put(
        "workspace_byok_keys", id="b-1", workspace_id=WORKSPACE, provider_id="anthropic",
        encrypted_api_key=sealed("sk-ant-planted"),
    )  # fmt: skip
    report = await taken(sim, vaulted, key=KEY)
    for name, value in (
        ("OPENAI_API_KEY", b"sk-planted"),
        ("SLACK_TOKEN", b"xoxb-planted"),
        ("ANTHROPIC_API_KEY", b"sk-ant-planted"),
        ("LONG", "ü".encode() * 5000),
    ):
        assert await vaulted.vault.get(name) == value
        assert report.secrets[name] == "imported"
    assert report.secrets["EMPTY"] == "needs a value"
    assert "no secret can have this name" in report.secrets["GRÜN"]


async def test_without_the_key_the_names_need_a_value(sim: Sim, library: Library) -> None:
    sim.owner()
    sim.environment(OPENAI_API_KEY="sk-planted")
    report = await taken(sim, library)
    assert report.secrets == {"OPENAI_API_KEY": "needs a value"}
    (line,) = await shelf.listed(library)
    assert (line.name, line.is_set) == ("OPENAI_API_KEY", False)


async def test_with_the_key_later_they_get_it(sim: Sim, vaulted: Library) -> None:
    sim.owner()
    sim.environment(OPENAI_API_KEY="sk-planted")
    await taken(sim, vaulted)
    report = await taken(sim, vaulted, key=KEY)
    assert report.secrets == {"OPENAI_API_KEY": "imported"}
    assert [line.is_set for line in await shelf.listed(vaulted)] == [True]
    again = await taken(sim, vaulted, key=KEY)
    assert again.secrets == {"OPENAI_API_KEY": "unchanged"}


async def test_without_the_key_again_what_is_set_here_needs_none(
    sim: Sim, vaulted: Library
) -> None:
    sim.owner()
    sim.environment(OPENAI_API_KEY="sk-planted", EMPTY="")
    await taken(sim, vaulted, key=KEY)
    for dry_run in (True, False):
        report = await taken(sim, vaulted, dry_run=dry_run)
        assert report.secrets == {
            "OPENAI_API_KEY": "its value did not come; one is set here", "EMPTY": "needs a value",
        }  # fmt: skip
        assert report.tables["secrets"]["taken"] == report.tables["environment"]["taken"] == 0
    assert await vaulted.vault.get("OPENAI_API_KEY") == b"sk-planted"
    said = {line.name: line.is_set for line in await shelf.listed(vaulted)}
    assert said == {"OPENAI_API_KEY": True, "EMPTY": False}


async def test_another_value_here_stays(sim: Sim, vaulted: Library) -> None:
    sim.owner()
    sim.environment(OPENAI_API_KEY="sk-planted")
    await vaulted.vault.set("OPENAI_API_KEY", b"sk-mine")
    report = await taken(sim, vaulted, key=KEY)
    assert report.secrets == {"OPENAI_API_KEY": "another value is set here"}
    assert await vaulted.vault.get("OPENAI_API_KEY") == b"sk-mine"


async def test_two_workspaces_may_mean_two_things_by_one_name(sim: Sim, vaulted: Library) -> None:
    """The workspace's counts before the person's own, as in Sim."""
    sim.owner()
    sim.put("workspace", id="ws-2", name="Beta & Co", owner_id=OWNER)
    sim.workspace_environment(TOKEN="of acme", SAME="one")
    sim.workspace_environment("ws-2", TOKEN="of beta", SAME="one")
    sim.environment(TOKEN="of the person")
    report = await taken(sim, vaulted, key=KEY)
    values = {name: bytes(await vaulted.vault.get(name)) for name in report.secrets}
    assert values == {
        "TOKEN": b"of acme",
        "TOKEN__BETA_CO": b"of beta",
        "TOKEN__PERSONAL": b"of the person",
        "SAME": b"one",
    }


async def test_a_wrong_key_is_told_before_anything_is_written(sim: Sim, vaulted: Library) -> None:
    sim.owner()
    sim.environment(OPENAI_API_KEY="sk-planted", OTHER="value")
    sim.workflow(FIRST, state=document()["state"])
    with pytest.raises(BadInput, match="opens none of the 2 secrets"):
        await taken(sim, vaulted, key=OTHER_KEY)
    assert await vaulted.workflows.count() == 0
    assert await vaulted.vault.names() == []


async def test_one_that_another_key_sealed_is_refused_by_name(sim: Sim, vaulted: Library) -> None:
    sim.owner()
    sim.put(
        "environment", id="e", user_id=OWNER,
        variables={
            "GOOD": sealed("good"), "OLD": sealed("old", OTHER_KEY), "CLEAR": "sk-in-clear",
            "CUT": sealed("cut")[:-4], "NONE": None,
        },
    )  # fmt: skip
    report = await taken(sim, vaulted, key=KEY)
    assert report.secrets["OLD"] == "the key does not open it"
    assert "not encrypted as Sim does it" in report.secrets["CLEAR"]
    assert {"CUT", "NONE"} <= report.secrets.keys()
    assert report.tables["secrets"] == {"read": 5, "taken": 1, "unchanged": 0, "refused": 4}
    assert said_of(report, "OLD")["outcome"] == "refused"
    assert [name for name, _, _ in await vaulted.vault.names()] == ["GOOD"]


async def test_the_command_asks_for_a_vault_first(
    sim: Sim, home: Home, extract: Command, tmp_path: Path
) -> None:
    sim.owner()
    sim.environment(OPENAI_API_KEY="sk-planted")
    key = private_file(tmp_path / "key.env", f"OTHER=1\nENCRYPTION_KEY={KEY.hex()}\n")
    done = extract(sim.address, "--encryption-key-file", key)
    assert (done.returncode, home.database.exists()) == (5, False)
    assert "`simtui vault init` makes one" in done.stderr


async def test_the_command_opens_the_vault_and_says_nothing_secret(
    sim: Sim, home: Home, extract: Command, tmp_path: Path
) -> None:
    sim.owner()
    sim.environment(OPENAI_API_KEY="sk-planted")
    key = private_file(tmp_path / "key", KEY.hex())
    code = await asyncio.to_thread(vault_in, home)
    password = private_file(tmp_path / "code", code)
    done = extract(
        sim.address, "--encryption-key-file", key, "--password-file", password, "-o", "json"
    )
    assert done.returncode == 0, done.stderr
    assert '"state": "imported"' in done.stdout
    for told in (done.stdout, done.stderr):
        assert "sk-planted" not in told
        assert KEY.hex() not in told


def test_a_key_file_that_others_can_read_is_not_read(tmp_path: Path) -> None:
    path = private_file(tmp_path / "key", KEY.hex())
    assert key_in(str(path)) == KEY
    path.chmod(0o644)
    with pytest.raises(Locked, match="can be read by others"):
        key_in(str(path))


@pytest.mark.parametrize("text", ["", "abc", "g" * 64, KEY.hex() + "00", "one\ntwo"])
def test_what_is_no_key_is_told(tmp_path: Path, text: str) -> None:
    path = private_file(tmp_path / "key", text)
    with pytest.raises((UsageError, Locked)) as refused:
        key_in(str(path))
    assert KEY.hex() not in refused.value.message


def test_an_empty_secret_is_sealed_as_sim_seals_it() -> None:
    text = sealed("")
    assert "::" in text
    assert opened([Sealed("EMPTY", "", "environment", text)], KEY).without_value == ["EMPTY"]
