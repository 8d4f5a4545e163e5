"""The vault, and an encrypted library beside the same one in clear: what a way in costs, a list of
secrets that opens none, and every page, search and list under a key."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from statistics import median

from simtui import encrypting
from simtui.library import KeyedHome, Library, secrets
from simtui.library.keyed import Unlocking
from simtui.model.filters import WORKFLOW_FIELDS, parse
from simtui.paths import Home
from simtui.vault.passwords import calibrated, derive, normal
from simtui.vault.ways import Ways
from tests.bench.filled import WORKFLOWS, filled_home
from tests.bench.library import FILTERS, PAGE, WORDS
from tests.bench.table import Row, mb, ms, p95

PASSWORD = "four words are better"
SECRETS = 1000

Work = Callable[[Library, int], Awaitable[object]]


def rows(place: Path, share: int) -> Iterator[Row]:
    yield from asyncio.run(_ways_in(Home(place / "vault"), 10 // share + 1))
    if shutil.which("gnome-keyring-daemon"):
        yield from _keyring(Home(place / "by keyring"), 10 // share + 1)
    plain = filled_home(place, share)
    keyed = Home(place / "encrypted")
    shutil.copytree(plain.root, keyed.root, dirs_exist_ok=True)
    yield from asyncio.run(_under_a_key(plain, keyed, 420 // share, WORKFLOWS // share))


async def _made(library: Library, *, token: bool = False) -> None:
    ways = Ways(normal(PASSWORD), bytearray(os.urandom(32)) if token else None)
    await secrets.keep(library, await library.vault.prepare(ways))


async def _timed(work: Awaitable[object]) -> float:
    start = time.perf_counter()
    await work
    return time.perf_counter() - start


async def _ways_in(home: Home, turns: int) -> list[Row]:
    async with await Library.open(home) as library:
        vault = library.vault
        await _made(library)
        by_password, floor, lists, reads = [], [], [], []
        (slot,) = [
            line.slot for line in (await vault.status()).slots
            if line.slot and line.slot.way == secrets.PASSWORD
        ]  # fmt: skip
        cost = slot.cost or calibrated()
        for _ in range(turns):
            vault.lock()
            by_password.append(await _timed(vault.unlock("password", normal(PASSWORD))))
            work = asyncio.to_thread(derive, normal(PASSWORD), slot.salt, cost)
            floor.append(await _timed(work))
        for n in range(SECRETS):
            await vault.set(f"KEY_{n}", b"value %d" % n)
        vault.lock()  # what is listed now was not opened
        for _ in range(10 * turns):
            lists.append(await _timed(secrets.listed(library)))
            reads.append(await _timed(library.vault.names()))
    took, least = median(by_password), median(floor)
    listed, read = median(lists), median(reads)
    return [
        Row(
            "unlock by password", ms(took), f"{ms(least)}, Argon2id alone", took / least,
            "400–700 ms, chosen", 0.4 <= took <= 0.7,
        ),
        Row(
            f"list {SECRETS:,} secrets, locked", ms(listed), f"{ms(read)}, the rows alone",
            listed / read, "opens none", True,
        ),
    ]  # fmt: skip


def _keyring(home: Home, turns: int) -> list[Row]:
    from tests.vault.keyring_daemon import private_bus

    with private_bus() as bus:
        before = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = bus.address
        bus.start_keyring("opens the login keyring")
        try:
            return asyncio.run(_by_keyring(home, turns))
        finally:
            del os.environ["DBUS_SESSION_BUS_ADDRESS"]
            if before is not None:
                os.environ["DBUS_SESSION_BUS_ADDRESS"] = before


async def _by_keyring(home: Home, turns: int) -> list[Row]:
    async with await Library.open(home) as library:
        await _made(library, token=True)
        times = []
        for _ in range(turns + 1):
            library.vault.lock()
            times.append(await _timed(secrets.open_by_keyring(library)))
            assert library.vault_is_open
    first, after = times[0], median(times[1:])
    return [
        Row("unlock by keyring, first", ms(first), "", None, "≤ 300 ms", first <= 0.3),
        Row("unlock by keyring, after", ms(after), "", None, "≤ 50 ms", after <= 0.05),
    ]


def _by_password() -> Unlocking:
    async def unlocking(keyed: KeyedHome) -> None:
        await keyed.vault.unlock("password", normal(PASSWORD))

    return unlocking


async def _under_a_key(plain: Home, keyed: Home, turns: int, count: int) -> list[Row]:
    async with await Library.open(keyed) as library:
        await _made(library)
        start = time.perf_counter()
        made = await encrypting.encrypt(library)
        spent = time.perf_counter() - start
        backup = (made.backup.duration_ms or 0) / 1000
    size = keyed.database.stat().st_size
    found = [
        Row(
            f"encrypt {mb(size)}, a proven backup first", ms(spent), f"{ms(backup)}, the backup",
            spent / backup, "told", True,
        )
    ]  # fmt: skip
    async with (
        await Library.open(plain, create=False) as one,
        await Library.open(keyed, create=False, unlocking=_by_password()) as other,
    ):
        for what, work in _works(await _span(one)):
            times: dict[bool, list[float]] = {True: [], False: []}
            for turn in range(turns):
                for library in (one, other) if turn % 2 else (other, one):
                    spent = await _timed(work(library, turn))
                    times[library.is_encrypted].append(spent)
            clear, under = p95(times[False]), p95(times[True])
            found.append(
                Row(
                    f"{what} of {count:,} under a key, p95", ms(under), f"{ms(clear)}, in clear",
                    under / clear, "≤ 2 ×", under <= 2 * clear,
                )
            )  # fmt: skip
        start_of = [await _timed(_opened_once(plain, None))]
        opened = [await _timed(_opened_once(keyed, _by_password()))]
    found.append(
        Row(
            "open it by password", ms(opened[0]), f"{ms(start_of[0])}, in clear", None,
            "told", True,
        )
    )  # fmt: skip
    return found


async def _opened_once(home: Home, unlocking: Unlocking | None) -> None:
    async with await Library.open(home, create=False, unlocking=unlocking) as library:
        await library.workflows.page(limit=PAGE)


async def _span(library: Library) -> tuple[int, int]:
    newest = (await library.workflows.page(limit=1))[0].updated_at
    oldest = (await library.workflows.page(limit=1, from_end=True))[0].updated_at
    return oldest, newest


def _works(span: tuple[int, int]) -> Iterator[tuple[str, Work]]:
    now = datetime.now().astimezone()

    def key(turn: int) -> tuple[int, str]:
        return random.Random(turn).randint(*span), ""

    def filtered(library: Library, turn: int) -> Awaitable[object]:
        text = FILTERS[turn % len(FILTERS)]
        chosen = parse(text, WORKFLOW_FIELDS, now)
        return library.workflows.page(chosen, after=key(turn), limit=PAGE)

    def listed(library: Library, turn: int) -> Awaitable[object]:
        return library.workflows.page(after=key(turn), limit=PAGE)

    def searched(library: Library, turn: int) -> Awaitable[object]:
        return library.search(WORDS[turn % len(WORDS)])

    yield "a page, one filter,", filtered
    yield "a page", listed
    yield "a search", searched
