"""Notices what other processes do to the library that is open."""

from __future__ import annotations

from simtui.errors import NotFound
from simtui.library import Library


class Watch:
    """Made by `Watch.on`. `changed` is asked now and then."""

    def __init__(self, library: Library, version: int) -> None:
        self.library = library
        self._version = version
        self._file = _file_at(library)

    @classmethod
    async def on(cls, library: Library) -> Watch:
        return cls(library, await library.data_version())

    async def changed(self) -> bool:
        """Whether anybody wrote since the last time. Raises `NotFound` where the file that is open
        is not in its place any more, and what the library raises."""
        if _file_at(self.library) != self._file:
            raise NotFound(
                f"{self.library.home}/{self.library.home.database.name} was moved away or replaced "
                "while it is open here. What is done here still goes into the file that was there. "
                "Quit, put it back, and open it again."
            )
        before, self._version = self._version, await self.library.data_version()
        return before != self._version


def _file_at(library: Library) -> tuple[int, int] | None:
    try:
        about = library.home.database.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino
