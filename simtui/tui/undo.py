"""What can be undone, newest first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from simtui.errors import Busy, NotWritable, SimtuiError

Inverse = Callable[[], Awaitable[str]]
"""Takes one change back; what is true now, in words."""


class Undo:
    """The ways back from what was done since the library was opened."""

    def __init__(self) -> None:
        self._inverses: list[Inverse] = []

    def __bool__(self) -> bool:
        return bool(self._inverses)

    def remember(self, inverse: Inverse) -> None:
        self._inverses.append(inverse)

    def forget(self) -> None:
        self._inverses.clear()

    async def last(self) -> str:
        """Undoes the last change. What is true now, or "" where there was none.

        Raises what keeps it from being undone; it can be tried again where that passes, and is
        given up where it does not, so that the changes before it can be undone.
        """
        if not self._inverses:
            return ""
        inverse = self._inverses[-1]
        try:
            said = await inverse()
        except (Busy, NotWritable):
            raise
        except SimtuiError as error:
            self._inverses.remove(inverse)
            raise SimtuiError(f"This cannot be undone any more: {error.message}") from error
        self._inverses.remove(inverse)
        return said
