"""The runs that came along with workflows, taken in as any others are."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from simtui.errors import NotWritable
from simtui.library import Library
from simtui.recording import import_runs

_IN_MEMORY_BYTES = 16 << 20


async def take_bundled(library: Library, pieces: Iterator[bytes]) -> None:
    """Takes in lines of run events, in pieces of any length; the same again changes nothing. They
    are put by first: the bundle is not read at the pace of the database."""
    folder = str(library.home.root)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=folder) as spool:
        await asyncio.to_thread(_put_by, cast(BinaryIO, spool), pieces)
        async for _item in import_runs(library, ["-"], stdin=cast(BinaryIO, spool)):
            pass


def _put_by(spool: BinaryIO, pieces: Iterator[bytes]) -> None:
    try:
        for piece in pieces:
            spool.write(piece)
        spool.seek(0)
    except OSError as error:
        raise NotWritable(
            f"The runs of a bundle do not fit: {error.strerror}. The workflow is here; the same "
            "import again brings them in."
        ) from error
