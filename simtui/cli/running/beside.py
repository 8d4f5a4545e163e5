"""The program in our own process group, reading our own input. Only what it prints passes through
us: by a pipe, or by a pseudo-terminal where that stream is a terminal."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Sequence

from simtui.cli.running import pseudo_terminal
from simtui.cli.running.following import Environment, Flow, Handler, Run, start


class Beside(Run):
    """Where output goes to no terminal: scripts, pipelines, files."""

    def _begin(self, command: Sequence[str], environment: Environment) -> None:
        outs: list[int] = []
        with contextlib.ExitStack() as stack:
            for target in (1, 2):
                if target == 2 and os.path.samestat(os.fstat(1), os.fstat(2)):
                    outs.append(outs[0])  # one stream, as it was: what comes first stays first
                    continue
                is_terminal = os.isatty(target)
                source, out = pseudo_terminal.for_output(target) if is_terminal else os.pipe()
                stack.callback(os.close, out)
                outs.append(out)
                self._flows.append(Flow(source, target, self._masker()))
            self._process = start(command, environment, (None, *outs))
        self._pid = self._process.pid

    def _handlers(self) -> dict[int, Handler]:
        return {
            signal.SIGINT: self._pass_on_unless_typed,
            signal.SIGQUIT: self._pass_on_unless_typed,
            signal.SIGWINCH: self._resize,
            signal.SIGCHLD: lambda _number: None,  # it wakes us
        }

    def _pass_on_unless_typed(self, number: int) -> None:
        # a key's signal has gone to all of the group in front; twice, it is "at once!" to some
        if not pseudo_terminal.is_ours():
            self._pass_on(number)

    def _resize(self, number: int) -> None:
        for flow in self._flows:
            if flow.is_terminal:
                pseudo_terminal.copy_size(flow.target, flow.source)
        self._pass_on(number)

    def _attend(self, ready: set[object]) -> None:
        self._code = self._process.poll()
