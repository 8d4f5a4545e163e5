"""The OS keyring in each state that it may be in: it is told, and nothing hangs or is lost.

The keyring is a real gnome-keyring, on a D-Bus of its own.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simtui.errors import Locked
from simtui.vault import keyrings
from simtui.vault.keyrings import NoKeyring, get, probe, put, remove
from tests.vault.keyring_daemon import Bus, private_bus

TOKEN = bytes(range(100, 132))
PASSWORD = "opens the login keyring"
LOCKED = "The OS keyring is locked."
NO_ENTRY = "The OS keyring has no entry for this library."
NO_ANSWER = "The OS keyring did not answer within 3 s."
PLAIN = "The keyring that is set up writes passwords in clear (PlaintextKeyring); it is not used."

Backend = Callable[..., None]


@pytest.fixture(autouse=True)
def _no_keyring_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("PYTHON_KEYRING", "KEYRING_", "DBUS_", "GNOME_KEYRING")):
            monkeypatch.delenv(name)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    """One that could start a keyring, which has no collection yet."""
    with private_bus() as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        yield bus


@pytest.fixture
def unlocked(bus: Bus) -> Bus:
    """With a keyring that its person's login has opened."""
    bus.start_keyring(PASSWORD)
    return bus


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backend:
    """Installs a backend of somebody else's, as a plugin that `keyring` finds by itself."""
    place = tmp_path / "site"

    def install(source: str, name: str = "SomeKeyring", base: str = "KeyringBackend") -> None:
        about = place / "somebody-1.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: somebody\nVersion: 1\n")
        (about / "entry_points.txt").write_text("[keyring.backends]\nsomebody = somebody\n")
        (place / "somebody.py").write_text(
            "from keyring.backend import KeyringBackend\n"
            "from keyring.backends import SecretService\n"
            f"class {name}({base}):\n" + source
        )
        monkeypatch.setenv("PYTHONPATH", str(place), prepend=os.pathsep)

    return install


@pytest.fixture
def plaintext(tmp_path: Path, backend: Backend) -> Path:
    """Where the plaintext keyring that is installed would write, the most preferred of all."""
    place = tmp_path / "in clear"
    backend(
        "    priority = 9\n"
        "    def set_password(self, *entry):\n"
        f"        open({str(place)!r}, 'a').write(repr(entry))\n"
        "    def get_password(self, *entry):\n"
        f"        open({str(place)!r}, 'a').write(repr(entry))\n",
        "PlaintextKeyring",
    )
    return place


async def refused_by_all() -> str:
    """What each of the four says, which is the same."""
    verdict = await probe()
    assert not verdict.works
    for asked in (put("store", "slot", TOKEN), get("store", "slot"), remove("store", "slot")):
        with pytest.raises(NoKeyring) as refused:
            await asked
        assert refused.value.message == verdict.words
    return verdict.words


def children() -> set[int]:
    """The processes that this one has started and not reaped."""
    mine = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text().rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == os.getpid():
            mine.add(int(stat.parent.name))
    return mine


async def the_child(before: set[int]) -> int:
    """The one that asks the keyring."""
    while not (new := children() - before):
        await asyncio.sleep(0.01)
    (child,) = new
    while "keyring_child.py" not in Path(f"/proc/{child}/cmdline").read_text():
        await asyncio.sleep(0.01)
    return child


# it works


async def test_an_unlocked_keyring_works(unlocked: Bus) -> None:
    verdict = await probe()
    assert verdict == keyrings.Verdict(
        True, "Secret Service", "The OS keyring works (Secret Service)."
    )


async def test_a_probe_leaves_nothing_there(unlocked: Bus) -> None:
    await put("store", "slot", TOKEN)
    assert (await probe()).works
    assert unlocked.secret_tool("search", "--all", "service", "simtui").count("secret = ") == 1


@pytest.mark.parametrize(
    "token",
    [TOKEN, bytearray(TOKEN), bytes(32), b"\n", bytes(range(256)), b"\xff" * 1024],
    ids=["bytes", "bytearray", "zeros", "newline", "every byte", "longest"],
)
async def test_a_token_comes_back_as_it_was(unlocked: Bus, token: bytes | bytearray) -> None:
    await put("store", "slot", token)
    assert await get("store", "slot") == token


async def test_a_token_outlives_the_session(unlocked: Bus) -> None:
    await put("store", "slot", TOKEN)
    unlocked.stop_keyring()
    unlocked.start_keyring(PASSWORD)
    assert await get("store", "slot") == TOKEN


async def test_an_entry_is_named_by_store_and_slot(unlocked: Bus) -> None:
    """The name is a promise: a later version looks for it."""
    await put("store", "slot", TOKEN)
    found = unlocked.secret_tool("lookup", "service", "simtui", "username", "store:slot")
    assert found == TOKEN.hex()


async def test_an_entry_is_never_overwritten(unlocked: Bus) -> None:
    await put("store", "slot", TOKEN)
    with pytest.raises(NoKeyring, match="has an entry of this name already"):
        await put("store", "slot", bytes(32))
    assert await get("store", "slot") == TOKEN


async def test_slots_and_stores_are_apart(unlocked: Bus) -> None:
    names = [("one", "a"), ("one", "b"), ("two", "a")]
    for number, name in enumerate(names):
        await put(*name, bytes([number]))
    await remove("one", "b")
    assert await get("one", "a") == b"\x00"
    assert await get("two", "a") == b"\x02"


async def test_what_was_removed_is_gone(unlocked: Bus) -> None:
    await put("store", "slot", TOKEN)
    await remove("store", "slot")
    with pytest.raises(NoKeyring, match=NO_ENTRY):
        await get("store", "slot")
    assert unlocked.secret_tool("search", "--all", "service", "simtui") == ""


async def test_removing_what_is_not_there_is_done_already(unlocked: Bus) -> None:
    await remove("store", "slot")


async def test_an_entry_that_is_not_ours_is_told(unlocked: Bus) -> None:
    unlocked.secret_tool(
        "store", "--label=x", "service", "simtui", "username", "store:slot", input="by hand"
    )
    with pytest.raises(NoKeyring, match="is not one of simtui's"):
        await get("store", "slot")


@pytest.mark.parametrize("token", [b"", bytes(1025)])
async def test_a_token_has_a_size(token: bytes) -> None:
    with pytest.raises(ValueError, match=f"a token of {len(token)} bytes"):
        await put("store", "slot", token)


def test_no_keyring_ends_a_command_as_a_locked_vault_does() -> None:
    assert issubclass(NoKeyring, Locked)
    assert NoKeyring.exit_code == 5


# it does not


async def test_without_a_bus_there_is_no_keyring() -> None:
    assert await refused_by_all() == "No OS keyring on this machine (no D-Bus)."


async def test_a_bus_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/gone")
    assert await refused_by_all() == "No OS keyring on this machine (its D-Bus cannot be reached)."


async def test_a_bus_without_a_keyring_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with private_bus(with_services=False) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        said = await refused_by_all()
    assert said == "No OS keyring on this machine (no keyring service on its D-Bus)."


async def test_a_keyring_without_a_collection_is_told(bus: Bus) -> None:
    """The bus starts one; with no display it cannot ask for a password to make a collection."""
    said = await refused_by_all()
    assert said.startswith("The OS keyring is not set up (Failed to create the collection")
    assert bus.keyring_pid() is not None


@pytest.mark.parametrize("password", [None, "not the one"], ids=["no login", "wrong password"])
async def test_a_locked_keyring_is_told_and_keeps_what_it_has(
    unlocked: Bus, password: str | None
) -> None:
    await put("store", "slot", TOKEN)
    unlocked.stop_keyring()
    unlocked.start_keyring(password)
    assert await refused_by_all() == LOCKED
    unlocked.stop_keyring()
    unlocked.start_keyring(PASSWORD)
    assert await get("store", "slot") == TOKEN


async def test_a_frozen_keyring_is_given_up_and_nothing_comes_later(unlocked: Bus) -> None:
    before = children()
    unlocked.freeze()
    verdict, *errors = await asyncio.gather(
        probe(),
        put("store", "slot", TOKEN),
        get("store", "slot"),
        remove("store", "slot"),
        return_exceptions=True,
    )
    assert verdict == keyrings.Verdict(False, "", NO_ANSWER)
    assert [str(error) for error in errors] == [NO_ANSWER] * 3
    assert all(isinstance(error, NoKeyring) for error in errors)
    assert children() == before
    unlocked.thaw()
    assert (await probe()).works
    with pytest.raises(NoKeyring, match=NO_ENTRY):
        await get("store", "slot")


async def test_a_keyring_that_dies_is_told(unlocked: Bus) -> None:
    unlocked.freeze()
    before = children()
    asking = asyncio.create_task(probe())
    await the_child(before)
    unlocked.stop_keyring()
    verdict = await asking
    assert not verdict.works
    assert verdict.words.startswith("The OS keyring ")


# a keyring that must not be used


@pytest.mark.parametrize("by", ["environment", "file"])
async def test_a_keyring_that_keeps_nothing_is_refused(
    by: str, unlocked: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(by, "keyring.backends.null.Keyring", monkeypatch)
    said = await refused_by_all()
    assert said == "The keyring that is set up keeps nothing (null); it is not used."
    assert (await probe()).backend == "null"


@pytest.mark.parametrize("by", ["environment", "file"])
async def test_a_keyring_that_is_switched_off_is_told(
    by: str, unlocked: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(by, "keyring.backends.fail.Keyring", monkeypatch)
    said = await refused_by_all()
    assert said == "No OS keyring on this machine (switched off by its settings)."


async def test_a_plaintext_keyring_is_not_chosen_in_silence(plaintext: Path) -> None:
    """What `keyring` itself would use where there is no D-Bus."""
    assert await refused_by_all() == PLAIN
    assert not plaintext.exists()


async def test_a_plaintext_keyring_that_is_asked_for_is_refused(
    unlocked: Bus, plaintext: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose("environment", "somebody.PlaintextKeyring", monkeypatch)
    assert await refused_by_all() == PLAIN
    assert not plaintext.exists()


@pytest.mark.parametrize("chained", [False, True])
async def test_beside_a_plaintext_keyring_the_real_one_is_used(
    chained: bool, unlocked: Bus, plaintext: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chain of both would write into the plaintext one first."""
    if chained:
        choose("environment", "keyring.backends.chainer.ChainerBackend", monkeypatch)
    assert (await probe()).backend == "Secret Service"
    await put("store", "slot", TOKEN)
    assert await get("store", "slot") == TOKEN
    await remove("store", "slot")
    assert not plaintext.exists()


async def test_a_chain_of_none_that_is_known_is_refused(
    plaintext: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose("environment", "keyring.backends.chainer.ChainerBackend", monkeypatch)
    assert await refused_by_all() == PLAIN
    assert not plaintext.exists()


async def test_an_unknown_keyring_is_refused_also_one_that_extends_a_known_one(
    unlocked: Bus, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend("    priority = 9\n", base="SecretService.Keyring")
    choose("environment", "somebody.SomeKeyring", monkeypatch)
    assert await refused_by_all() == (
        "The keyring that is set up is not one that simtui knows (somebody.SomeKeyring); "
        "it is not used."
    )


async def test_a_known_keyring_that_forgets_is_not_trusted(
    tmp_path: Path, unlocked: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "from keyring.backends.SecretService import Keyring\n"
        "Keyring.set_password = lambda *entry: None\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    verdict = await probe()
    assert not verdict.works
    assert verdict.words == "The OS keyring does not give back what it was given; it is not used."
    with pytest.raises(NoKeyring, match="does not give back what it was given"):
        await put("store", "slot", TOKEN)


async def test_a_name_from_outside_cannot_move_the_cursor(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend(
        "    priority = 9\n"
        "    __qualname__ = '\\x1b[2Jred'\n"
        "    def get_password(self, service, user): return None\n"
        "    def set_password(self, service, user, value): pass\n"
    )
    choose("environment", "somebody.SomeKeyring", monkeypatch)
    assert r"(somebody.\x1b[2Jred)" in await refused_by_all()


@pytest.mark.parametrize(
    "name",
    ["nowhere.Keyring", "json.Keyring", "json.JSONDecoder", "Keyring", ""],
)
async def test_a_setting_that_names_no_keyring_is_told(
    name: str, unlocked: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose("environment", name, monkeypatch)
    said = await refused_by_all()
    assert said == f"PYTHON_KEYRING_BACKEND names a keyring that cannot be used ({name!r})."


async def test_a_long_name_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    choose("environment", "𝄞" * 20_000 + ".Keyring", monkeypatch)
    said = await refused_by_all()
    assert said.startswith("PYTHON_KEYRING_BACKEND names a keyring that cannot be used ('𝄞𝄞")
    assert len(said) <= 300


async def test_a_settings_file_that_names_no_keyring_is_told(
    unlocked: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose("file", "nowhere.Keyring", monkeypatch)
    said = await refused_by_all()
    assert said == "The keyring that keyringrc.cfg sets up cannot be used (ModuleNotFoundError)."


@pytest.mark.parametrize(
    ("source", "ended"),
    [("    raise SystemExit(3)\n", "3"), ("    import os; os.kill(os.getpid(), 9)\n", "-9")],
    ids=["exits", "is killed"],
)
async def test_a_child_that_ends_by_itself_is_told(
    source: str, ended: str, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend(source)
    choose("environment", "somebody.SomeKeyring", monkeypatch)
    said = await refused_by_all()
    assert said == f"The OS keyring could not be asked: the process ended ({ended})."


async def test_what_a_backend_prints_is_no_answer(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend(
        "    priority = 9\n"
        """    print('{"words": "", "backend": "Secret Service"}', flush=True)\n"""
        "    def get_password(self, service, user): return None\n"
        "    def set_password(self, service, user, value): pass\n"
    )
    choose("environment", "somebody.SomeKeyring", monkeypatch)
    assert "is not one that simtui knows" in await refused_by_all()


def choose(by: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a person tells `keyring` which backend to use."""
    if by == "environment":
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
    else:
        file = Path.home() / ".config/python_keyring/keyringrc.cfg"
        file.parent.mkdir(parents=True)
        file.write_text(f"[backend]\ndefault-keyring={name}\n")


# the child


async def test_whoever_gives_up_takes_the_child_along(unlocked: Bus) -> None:
    unlocked.freeze()
    before = children()
    asking = asyncio.create_task(put("store", "slot", TOKEN))
    os.kill(await the_child(before), signal.SIGSTOP)  # it can do nothing to end
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert children() == before


async def test_a_child_that_is_frozen_itself_is_given_up_too(unlocked: Bus) -> None:
    unlocked.freeze()
    before = children()
    asking = asyncio.create_task(probe())
    os.kill(await the_child(before), signal.SIGSTOP)
    assert (await asking).words == NO_ANSWER
    assert children() == before


async def test_a_child_that_was_given_up_while_it_started_is_gone_too(unlocked: Bus) -> None:
    unlocked.freeze()
    before = children()
    asking = asyncio.create_task(probe())
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert children() == before


async def test_a_child_whose_parent_was_killed_ends_by_itself(unlocked: Bus) -> None:
    unlocked.freeze()
    before = children()
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import asyncio; from simtui.vault import keyrings; asyncio.run(keyrings.probe())",
        ]
    )
    while not (child := child_of(parent.pid)):
        await asyncio.sleep(0.01)
    parent.kill()
    parent.wait()
    while Path(f"/proc/{child}").exists():
        await asyncio.sleep(0.01)
    assert children() == before


def child_of(parent: int) -> int | None:
    """Its child that asks the keyring, and has set its own limits by now."""
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            fields = cmdline.with_name("stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent and "keyring_child.py" in cmdline.read_text():
                limits = cmdline.with_name("limits").read_text()
                (core,) = [line for line in limits.splitlines() if "core file" in line]
                return int(cmdline.parent.name) if core.split()[4:6] == ["0", "0"] else None
        except (FileNotFoundError, ProcessLookupError):
            continue
    return None


async def test_the_token_is_in_no_argument_no_environment_and_no_file(unlocked: Bus) -> None:
    await put("store", "other", TOKEN)
    unlocked.freeze()
    before = children()
    asking = asyncio.create_task(put("store", "slot", TOKEN))
    child = await the_child(before)
    seen = [Path(f"/proc/{child}/cmdline").read_bytes()]
    with contextlib.suppress(PermissionError):  # as it is for all but root
        seen.append(Path(f"/proc/{child}/environ").read_bytes())
    files = [path for path in Path.home().rglob("*") if path.is_file()]
    seen += [path.read_bytes() for path in files]
    asking.cancel()
    await asyncio.wait([asking])
    assert b"keyring_child" in seen[0]
    assert any(path.suffix == ".keyring" for path in files)
    for form in (TOKEN, TOKEN.hex().encode(), base64.b64encode(TOKEN)):
        assert all(form not in each for each in seen)


async def test_nobody_can_look_into_the_child(
    tmp_path: Path, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backend in its place looks, before there is anything to see."""
    seen = tmp_path / "seen"
    backend(
        "    import ctypes, json, os, resource\n"
        "    try:\n"
        "        terminal = os.open('/dev/tty', os.O_RDWR)\n"
        "    except OSError:\n"
        "        terminal = None\n"
        "    pr_get_dumpable = 3\n"
        f"    with open({str(seen)!r}, 'w') as file:\n"
        "        json.dump({\n"
        "            'dumpable': ctypes.CDLL(None).prctl(pr_get_dumpable, 0, 0, 0, 0),\n"
        "            'core': resource.getrlimit(resource.RLIMIT_CORE),\n"
        "            'terminal': terminal,\n"
        "            'session': os.getsid(0) == os.getpid(),\n"
        "        }, file)\n"
    )
    choose("environment", "somebody.SomeKeyring", monkeypatch)
    await probe()
    assert json.loads(seen.read_text()) == {
        "dumpable": 0,
        "core": [0, 0],
        "terminal": None,
        "session": True,
    }


async def test_a_file_in_the_present_folder_is_never_loaded(
    tmp_path: Path, unlocked: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "downloads"
    place.mkdir()
    for name in ("keyring", "json", "simtui"):
        (place / f"{name}.py").write_text(f"open({str(place / 'loaded')!r}, 'w')\n")
    monkeypatch.chdir(place)
    assert (await probe()).works
    assert not (place / "loaded").exists()


def test_the_parent_never_loads_the_keyring_package() -> None:
    script = (
        "import asyncio, sys; from simtui.vault import keyrings; asyncio.run(keyrings.probe()); "
        "print(sorted(name for name in sys.modules if name.startswith(('keyring', 'secretst'))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_bus_that_was_left_leaves_nothing_running(monkeypatch: pytest.MonkeyPatch) -> None:
    before = children()
    with private_bus() as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        asyncio.run(probe())
        activated = bus.keyring_pid()
        assert activated is not None
    with pytest.raises(ProcessLookupError):
        os.kill(activated, signal.SIGCONT)
    assert children() == before
