"""The reserve: a file that holds nothing but space, beside the database.

On a full disk nothing can be deleted: a deletion is written before anything is freed, and the
database does not even open (storage facts, finding 19). Then the reserve is given up, and what
frees space can work. It is made again when there is room.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from simtui.errors import NotWritable
from simtui.model import wording
from simtui.paths import Home

SIZE = 4 << 20
ROOM = 4 * SIZE
"""So much is free before one is made: it is not what fills the disk."""

WORTH = 1 << 20
"""A database below this size has nothing to clean up."""

LOW = 512 << 10
"""With less than this free, the database may not even open."""

Result = TypeVar("Result")


def keep(home: Home) -> bool:
    """Makes the reserve where there is none and room for it. Whether it was made; never an error:
    it is for another day."""
    try:
        if home.reserve.exists() or home.database.stat().st_size < WORTH or _free(home) < ROOM:
            return False
        made = os.open(home.reserve, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError:
        return False
    try:
        _fill(made)
    except OSError:
        with contextlib.suppress(OSError):
            home.reserve.unlink()
        return False
    finally:
        os.close(made)
    return True


def _fill(file: int) -> None:
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file, 0, SIZE)
            return
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
                raise
    left = SIZE
    while left:  # random: a file system that packs would make nothing of zeros
        left -= os.write(file, os.urandom(min(left, 1 << 20)))


def give_up(home: Home) -> str:
    """Lets go of the reserve. What to tell; "" where there was none."""
    try:
        size = home.reserve.stat().st_size
        home.reserve.unlink()
    except OSError:
        return ""
    return (
        f"The disk is full: the reserve of {wording.size(size)} in {home} was given up, so that "
        "space can be freed. It is made again when there is room."
    )


def is_low(home: Home, below: int = LOW) -> bool:
    """Whether the disk of this home is as good as full."""
    try:
        return _free(home) < below
    except OSError:
        return False


async def with_reserve(
    home: Home, work: Callable[[], Awaitable[Result]], tell: Callable[[str], None]
) -> Result:
    """The result of `work`, which frees space, from the opening of the library on. Where the disk
    is full, the reserve is given up first, or when it turns out: then `work` is begun again."""
    if is_low(home) and (said := give_up(home)):
        tell(said)
    try:
        return await work()
    except NotWritable:
        said = give_up(home) if is_low(home, SIZE) else ""
        if not said:
            raise
        tell(said)
        return await work()


def _free(home: Home) -> int:
    about = os.statvfs(home.root)
    return about.f_bavail * about.f_frsize
