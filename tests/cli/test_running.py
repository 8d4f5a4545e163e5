"""A program with secrets: real processes, pipes and terminals."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
import signal
import subprocess
import sys
import termios
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simtui.cli.running import run_masked
from simtui.errors import UsageError
from tests.tui.pty_screen import PtyScreen

VALUE = "quiet-Falcon/9000 §"
MASK = b"********"

DRIVER = textwrap.dedent(
    """
    import json, os, sys
    from simtui.cli.running import following, run_masked

    plan = json.loads(sys.argv[1])
    for number, path in plan["streams"].items():
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), int(number))
    exec(plan["first"])
    with open(plan["secrets"], "rb") as file:
        secrets = {name: bytearray(value.encode()) for name, value in json.load(file).items()}
    code = run_masked(sys.argv[2:], secrets)
    exec(plan["after"])
    sys.exit(code)
    """
)


class Words:
    """The words that run a program with the secrets, behind those that run Python."""

    def __init__(self, folder: Path) -> None:
        self.secrets = folder / "secrets.json"
        self.driver = folder / "driver.py"
        self.driver.write_text(DRIVER)
        self.holds(KEY=VALUE)

    def holds(self, **secrets: str) -> None:
        self.secrets.write_text(json.dumps(secrets))

    def __call__(
        self,
        *command: str,
        first: str = "",
        after: str = "",
        streams: dict[int, Path] | None = None,
    ) -> list[str]:
        paths = {number: str(path) for number, path in (streams or {}).items()}
        plan = {"first": first, "after": after, "streams": paths, "secrets": str(self.secrets)}
        return [str(self.driver), json.dumps(plan), *command]


@pytest.fixture
def words(tmp_path: Path) -> Words:
    return Words(tmp_path)


Started = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def started(words: Words) -> Iterator[Started]:
    """Starts the driver without a terminal, whichever this test itself has."""
    processes = []

    def start(
        *command: str, first: str = "", after: str = "", **options: object
    ) -> subprocess.Popen[bytes]:
        pipes: dict[str, object] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        process: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]  # handed on
            [sys.executable, *words(*command, first=first, after=after)],
            start_new_session=True,
            **pipes | options,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


Ran = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def ran(started: Started) -> Ran:
    """Runs it to its end."""

    def run(
        *command: str, input: bytes = b"", **options: object
    ) -> subprocess.CompletedProcess[bytes]:
        process = started(*command, **options)
        out, err = process.communicate(input, timeout=60)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    return run


def python(script: str) -> tuple[str, str, str]:
    return sys.executable, "-c", textwrap.dedent(script)


# without a terminal


def test_what_it_prints_is_masked_and_the_streams_are_kept_apart(ran: Ran) -> None:
    done = ran("sh", "-c", 'echo "out $KEY."; echo "err $KEY." >&2')
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        b"out ********.\n",
        b"err ********.\n",
    )


def test_it_has_the_value_itself(ran: Ran, tmp_path: Path) -> None:
    ran("sh", "-c", f'printf %s "$KEY" > {tmp_path}/it')
    assert (tmp_path / "it").read_text() == VALUE


def test_a_value_that_is_split_over_two_writes_is_masked(started: Started) -> None:
    script = """
        import os, sys
        value = os.environb[b"KEY"]
        os.write(1, b"<" + value[:7])
        sys.stdin.readline()
        os.write(1, value[7:] + b">")
    """
    process = started(*python(script))
    assert process.stdout is not None
    assert os.read(process.stdout.fileno(), 100) == b"<"
    assert process.communicate(b"\n", timeout=60)[0] == MASK + b">"


def test_a_part_of_a_value_is_printed_once_it_is_all(ran: Ran) -> None:
    assert ran("printf", "quiet-Fal").stdout == b"quiet-Fal"


def test_nothing_else_of_what_it_prints_is_changed(ran: Ran, tmp_path: Path) -> None:
    noise = tmp_path / "noise"
    noise.write_bytes(os.urandom(3_000_000))
    assert ran("cat", str(noise)).stdout == noise.read_bytes()


def test_its_input_is_untouched(ran: Ran) -> None:
    noise = os.urandom(300_000) + VALUE.encode() + b"\r\n\x04\x00"
    script = "import sys, hashlib; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())"
    done = ran(*python(script), input=noise)
    assert done.stdout.decode().strip() == hashlib.sha256(noise).hexdigest()


def test_two_streams_that_are_one_file_keep_their_order(started: Started, tmp_path: Path) -> None:
    script = """
        import os
        for n in range(300):
            os.write(1 + n % 2, b"%d\\n" % n)
    """
    with (tmp_path / "log").open("wb") as log:
        started(*python(script), stdout=log, stderr=log).wait(60)
    assert (tmp_path / "log").read_text().split() == [str(n) for n in range(300)]


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_its_exit_code_is_ours(ran: Ran, code: int) -> None:
    assert ran("sh", "-c", f"exit {code}").returncode == code


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_signal_that_ends_it_shows_in_the_exit_code(ran: Ran, number: signal.Signals) -> None:
    assert ran("sh", "-c", f"kill -{int(number)} $$").returncode == 128 + number


def one_line_of(done: subprocess.CompletedProcess[bytes]) -> str:
    [line] = done.stderr.decode().splitlines()
    return line


@pytest.mark.parametrize("command", ["no-such-program-here", "./no/such/file"])
def test_a_program_that_is_not_there(ran: Ran, command: str) -> None:
    done = ran(command)
    assert done.returncode == 127
    assert one_line_of(done).startswith(f"simtui: {command} was not found: ")


@pytest.mark.parametrize(
    ("content", "mode", "says"),
    [
        ("#!/bin/sh\n", 0o600, "ls -ld"),
        ("echo\n", 0o700, "say `sh "),
        ("#!/no/such/interpreter\n", 0o700, "first line"),
    ],
)
def test_a_program_that_cannot_be_run(
    ran: Ran, tmp_path: Path, content: str, mode: int, says: str
) -> None:
    program = tmp_path / "program"
    program.write_text(content)
    program.chmod(mode)
    done = ran(str(program))
    assert done.returncode == 126
    assert says in one_line_of(done)


def test_an_environment_that_is_too_large_is_told(ran: Ran, words: Words) -> None:
    words.holds(KEY="x" * 3_000_000)
    done = ran("true")
    assert done.returncode == 126
    assert "Name fewer secrets" in one_line_of(done)


def test_values_that_cannot_be_masked_are_named_once(ran: Ran, words: Words) -> None:
    words.holds(PIN="123", NONE="", KEY=VALUE, BLANK="      ")
    done = ran("sh", "-c", 'echo "$PIN $KEY"')
    assert done.stdout == b"123 ********\n"
    assert one_line_of(done) == "simtui: too short to be masked (under 4 bytes): PIN, BLANK."


@pytest.mark.parametrize("secrets", [{"A=B": b"value"}, {"": b"value"}, {"A": b"va\0lue"}])
def test_what_no_environment_can_hold_is_refused(secrets: dict[str, bytes]) -> None:
    with pytest.raises(UsageError) as refused:
        run_masked(["true"], secrets)
    assert "va" not in refused.value.message.replace("variable", "")


def test_a_value_is_in_its_environment_and_nowhere_else(ran: Ran) -> None:
    script = """
        import os
        value = os.environb[b"KEY"]
        for pid in ("self", str(os.getppid())):
            assert value not in open(f"/proc/{pid}/cmdline", "rb").read(), pid
        assert value not in open(f"/proc/{os.getppid()}/environ", "rb").read()
    """
    done = ran(*python(script), after="assert 'KEY' not in os.environ")
    assert (done.returncode, done.stderr) == (0, b"")


def test_how_a_password_is_found_is_not_handed_on(
    ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMTUI_PASSWORD_FILE", "elsewhere")
    monkeypatch.setenv("SIMTUI_THEME", "dark")
    assert ran("sh", "-c", "echo $SIMTUI_PASSWORD_FILE$SIMTUI_THEME").stdout == b"dark\n"


OPEN_FILES = """
    import os, sys
    found = []
    for number in range(3, 256):
        try:
            os.fstat(number)
        except OSError:
            continue
        found.append(number)
    print("open:", found)
"""
INHERITABLE = "os.set_inheritable(os.open(os.devnull, os.O_RDONLY), True)"


def test_it_inherits_no_other_file(ran: Ran) -> None:
    assert ran(*python(OPEN_FILES), first=INHERITABLE).stdout == b"open: []\n"


# signals


ANSWERS = """
    import os, signal, sys
    def say(text):
        os.write(1, text.encode() + b"\\n")  # a signal may come in the middle of a print
    def answer(number, frame):
        say("heard " + signal.Signals(number).name)
        say("and " + sys.stdin.readline().strip())
        sys.exit(9)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
        signal.signal(number, answer)
    say("ready")
    while True:
        signal.pause()
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1"])
def test_a_signal_is_passed_on_and_its_answer_awaited(started: Started, name: str) -> None:
    process = started(*python(ANSWERS))
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.Signals[name])
    assert process.stdout.readline() == f"heard {name}\n".encode()
    out, _err = process.communicate(b"so on\n", timeout=60)
    assert (process.returncode, out) == (9, b"and so on\n")


def test_a_hang_up_that_is_ignored_stays_so(started: Started) -> None:
    process = started(
        *("sh", "-c", "echo ready; read line; echo alive"),
        first="import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)",
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGHUP)
    out, _err = process.communicate(b"\n", timeout=60)
    assert (process.returncode, out) == (0, b"alive\n")


def test_a_reader_that_goes_away_ends_it_as_it_would_without_us(started: Started) -> None:
    process = started("yes")
    assert process.stdout is not None
    assert process.stdout.readline() == b"y\n"
    process.stdout.close()
    assert process.wait(60) == 128 + signal.SIGPIPE


def test_a_full_disk_is_told(started: Started) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123  # a device
        process = started("sh", "-c", "printf 1; exit 0", stdout=full)
        _out, err = process.communicate(timeout=60)
    assert process.returncode == 8
    assert err.startswith(b"simtui: not all that it printed could be written: ")


def test_a_stream_that_does_not_block_gets_all(started: Started) -> None:
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    process = started("seq", "300000", stdout=theirs)
    os.close(theirs)
    with open(ours, "rb") as stream:  # noqa: PTH123  # a pipe
        assert len(stream.read().splitlines()) == 300_000
    assert process.wait(60) == 0


# what it leaves running


def test_what_it_leaves_running_in_silence_does_not_hold_us_up(ran: Ran) -> None:
    done = ran("sh", "-c", "sleep 600 & echo $!")
    os.kill(int(done.stdout), signal.SIGKILL)
    assert done.returncode == 0


def test_what_it_leaves_talking_does_not_hold_us_up(ran: Ran) -> None:
    done = ran("sh", "-c", "yes & echo first; exit 4", first="following.LAST_S = 0.2")
    assert done.returncode == 4
    assert b"first\n" in done.stdout


def test_what_it_leaves_running_is_heard_while_it_talks(ran: Ran) -> None:
    done = ran("sh", "-c", "(echo $KEY; sleep 0.1; echo last) & exit 4")
    assert (done.returncode, done.stdout) == (4, b"********\nlast\n")


# with a terminal


class Terminal(PtyScreen):
    """With the driver in it, or a shell that starts it."""

    @property
    def modes(self) -> list[object]:
        return termios.tcgetattr(self._fd)

    @property
    def local_modes(self) -> int:
        return int(termios.tcgetattr(self._fd)[3])

    @property
    def is_raw(self) -> bool:
        return not self.local_modes & (termios.ICANON | termios.ECHO)

    def becomes(self, rows: int, columns: int) -> None:
        termios.tcsetwinsize(self._fd, (rows, columns))

    def ended(self) -> tuple[int, bytes]:
        """Its exit code, and all that it showed."""
        return self.exit_code(), self.seen


Session = Callable[..., Terminal]


@pytest.fixture
def session(words: Words) -> Iterator[Session]:
    """Starts a program in a terminal."""
    with contextlib.ExitStack() as terminals:

        def start(*command: str, **options: object) -> Terminal:
            program = words(*command, **options)  # type: ignore[arg-type]  # handed on
            terminal = Terminal(program=program, columns=91, rows=33)
            terminals.callback(terminal.close)
            return terminal

        yield start


@pytest.fixture
def shell(words: Words) -> Iterator[Session]:
    """Starts a shell that keeps jobs, whose `run` starts a program; it prompts with `go> `."""
    with contextlib.ExitStack() as terminals:

        def start(*command: str, **options: object) -> Terminal:
            program = words(*command, **options)  # type: ignore[arg-type]  # handed on
            terminal = Terminal(
                program=["-c", "import os; os.execvp('sh', ['sh', '-i'])"],
                env={"PS1": "go> ", "ENV": ""},
            )
            terminals.callback(terminal.close)
            terminal.read_until(b"go> ")
            terminal.send(f"run() {{ {shlex.join([sys.executable, *program])}; }}\n")
            terminal.read_until(b"go> ")
            return terminal

        yield start


TERMINALS = "for n in 0 1 2; do test -t $n && echo yes || echo no; done; stty size </dev/tty"


def test_it_has_a_terminal_of_the_same_size(session: Session) -> None:
    assert session("sh", "-c", TERMINALS).ended() == (0, b"yes\r\n" * 3 + b"33 91\r\n")


def test_whatever_it_shows_is_masked(session: Session) -> None:
    terminal = session("sh", "-c", "echo $KEY; echo $KEY >&2; echo $KEY >/dev/tty")
    assert terminal.ended() == (0, b"********\r\n" * 3)


def test_it_follows_the_size(session: Session) -> None:
    script = """
        import os, signal
        def tell(*_):
            os.write(1, str(tuple(os.get_terminal_size())).encode())
        signal.signal(signal.SIGWINCH, tell)
        os.write(1, b"ready")
        while input() != "end":
            pass
    """
    terminal = session(*python(script))
    terminal.read_until(b"ready")
    terminal.becomes(20, 60)
    terminal.read_until(b"(60, 20)")
    terminal.send("end\r")
    assert terminal.exit_code() == 0


def test_a_prompt_that_begins_like_a_value_is_seen(session: Session, words: Words) -> None:
    words.holds(KEY="? no idea", OTHER="n? no idea at all")
    terminal = session("sh", "-c", 'printf "go on?"; read answer; echo "so $answer"')
    terminal.read_until(b"go on?")
    terminal.send("yes\r")
    terminal.read_until(b"so yes\r\n")
    assert terminal.exit_code() == 0


def test_a_value_that_comes_slowly_is_not_seen(session: Session) -> None:
    script = """
        import os
        os.system("stty -echo")
        value = os.environ["KEY"]
        print("<" + value[:5], end="", flush=True)
        input()
        print(value[5:] + ">")
    """
    terminal = session(*python(script))
    terminal.read_until(b"<")
    assert terminal.read_until_quiet() == b""
    terminal.send("\r")
    assert terminal.ended() == (0, b"<" + MASK + b">\r\n")


def test_a_value_that_is_typed_slowly_shows_its_first_three_bytes(session: Session) -> None:
    terminal = session("sh", "-c", "stty -icanon -echo; printf ready; exec cat")
    terminal.read_until(b"ready")
    for letter in VALUE:
        terminal.send(letter)
        terminal.read_until_quiet(0.1)
    terminal.send(".")
    assert terminal.read_until(b".") == b"."
    assert terminal.seen == b"readyqui" + MASK + b"."


def test_keys_reach_it_as_they_are(session: Session) -> None:
    script = """
        import sys, tty
        tty.setraw(0)
        print("ready", end="", flush=True)
        print(list(sys.stdin.buffer.raw.read(6)))
    """
    terminal = session(*python(script))
    terminal.read_until(b"ready")
    terminal.send("\x01\x03\x1a\x04\r\x7f")
    terminal.read_until(b"[1, 3, 26, 4, 13, 127]")
    assert terminal.exit_code() == 0


def test_the_end_of_input_reaches_it(session: Session) -> None:
    terminal = session("sh", "-c", "echo ready; exec cat")
    terminal.read_until(b"ready\r\n")
    terminal.send("a line\r\x04")
    assert terminal.ended() == (0, b"ready\r\na line\r\na line\r\n")


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x1c", 131)])
def test_a_key_that_interrupts_reaches_it_and_the_terminal_is_as_before(
    session: Session, key: str, code: int
) -> None:
    terminal = session("sh", "-c", "ulimit -c 0; echo ready; exec sleep 600")
    before = terminal.modes
    terminal.read_until(b"ready")
    assert terminal.is_raw
    terminal.send(key)
    assert terminal.exit_code() == code
    assert terminal.modes == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_to_us_ends_it_and_the_terminal_is_as_before(
    session: Session, number: signal.Signals
) -> None:
    terminal = session("sh", "-c", "echo ready; exec sleep 600")
    before = terminal.modes
    terminal.read_until(b"ready")
    terminal.signal(number)
    assert terminal.exit_code() == 128 + number
    assert terminal.modes == before


HOLDS = "exec 9> {}/held; echo ready; exec sleep 600"


def test_a_fault_of_ours_leaves_the_terminal_as_before_and_nothing_running(
    session: Session, tmp_path: Path
) -> None:
    fault = "import signal; signal.signal(signal.SIGALRM, lambda *_: 1 / 0)"
    os.mkfifo(tmp_path / "held")
    terminal = session("sh", "-c", HOLDS.format(tmp_path), first=fault)
    before = terminal.modes
    held = (tmp_path / "held").open()
    terminal.read_until(b"ready")
    terminal.signal(signal.SIGALRM)
    assert terminal.exit_code() == 1
    assert b"ZeroDivisionError" in terminal.seen
    assert terminal.modes == before
    with held:
        assert held.read() == ""  # the program ended, and nothing holds it open


def test_a_terminal_that_goes_away_hangs_it_up(session: Session, tmp_path: Path) -> None:
    script = (
        f"trap 'echo hung up > {tmp_path}/told; exit 3' HUP; echo ready; while :; do read x; done"
    )
    terminal = session("sh", "-c", script)
    terminal.read_until(b"ready")
    terminal.hang_up()
    assert terminal.exit_code() == 3
    assert (tmp_path / "told").read_text() == "hung up\n"


def test_so_does_one_that_does_not_control_us(words: Words) -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, *words("sh", "-c", "echo ready; exec sleep 600")],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    assert os.read(ours, 100) == b"ready\r\n"
    os.close(ours)
    assert process.wait(60) == 129


def test_it_cannot_outlive_us_unnoticed(session: Session, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "held")
    terminal = session("sh", "-c", HOLDS.format(tmp_path))
    with (tmp_path / "held").open() as held:
        terminal.read_until(b"ready")
        terminal.signal(signal.SIGKILL)
        assert terminal.exit_code() == -signal.SIGKILL
        assert held.read() == ""


def test_a_program_that_is_not_there_leaves_the_terminal_as_before(session: Session) -> None:
    terminal = session("no-such-program-here")
    assert terminal.exit_code() == 127
    assert b"was not found" in terminal.seen
    assert not terminal.is_raw


def test_in_a_terminal_it_inherits_no_other_file(session: Session) -> None:
    terminal = session(*python(OPEN_FILES), first=INHERITABLE)
    assert terminal.ended() == (0, b"open: []\r\n")


def test_much_output_comes_whole(session: Session) -> None:
    terminal = session("sh", "-c", "seq 100000; echo $KEY")
    assert terminal.exit_code() == 0
    assert terminal.seen.split() == [b"%d" % n for n in range(1, 100_001)] + [MASK]


def test_what_waits_to_be_shown_at_its_end_is_shown(session: Session, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "held")
    terminal = session("sh", "-c", f"exec 9> {tmp_path}/held; seq 5000")
    with (tmp_path / "held").open() as held:
        assert held.read() == ""  # it has ended, and our terminal does not hold so much unread
    assert terminal.exit_code() == 0
    assert terminal.seen.split() == [b"%d" % n for n in range(1, 5_001)]


def test_keys_that_it_does_not_read_do_not_hold_up_what_it_prints(
    session: Session, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "fifo")
    script = f"stty raw -echo; echo ready; cat {tmp_path}/fifo; seq 100000; head -c 4000 | wc -c"
    terminal = session("sh", "-c", script)
    terminal.read_until(b"ready")
    assert terminal.send_what_fits("x" * 30_000) >= 4000
    (tmp_path / "fifo").write_text("go\n")
    terminal.read_until(b"100000\n4000")
    assert terminal.exit_code() == 0


def test_what_it_leaves_in_its_terminal_does_not_hold_us_up(
    session: Session, tmp_path: Path
) -> None:
    script = f"trap '' HUP; sleep 600 & echo $! > {tmp_path}/pid; exit 4"
    assert session("sh", "-c", script).exit_code() == 4
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


# with a terminal for some of its streams


def test_from_a_terminal_to_a_file(session: Session, tmp_path: Path) -> None:
    script = f"{TERMINALS}; read line; echo $line $KEY; echo $KEY >&2"
    terminal = session("sh", "-c", script, streams={1: tmp_path / "out"})
    terminal.send("typed\r")
    assert terminal.ended() == (0, b"typed\r\n********\r\n")
    assert (tmp_path / "out").read_text() == "yes\nno\nyes\n33 91\ntyped ********\n"


def test_from_a_file_to_a_terminal(session: Session, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("line one\n\x03\x04line two\n")
    script = f"{TERMINALS}; stty size <&1; cat; echo $KEY; echo $KEY >&2"
    terminal = session("sh", "-c", script, streams={0: tmp_path / "in"})
    assert terminal.ended() == (
        0,
        b"no\r\nyes\r\nyes\r\n33 91\r\n33 91\r\n"
        b"line one\r\n\x03\x04line two\r\n********\r\n********\r\n",
    )


def test_in_a_terminal_with_errors_to_a_file(session: Session, tmp_path: Path) -> None:
    terminal = session("sh", "-c", f"{TERMINALS}; echo $KEY >&2", streams={2: tmp_path / "err"})
    assert terminal.ended() == (0, b"yes\r\nyes\r\nno\r\n33 91\r\n")
    assert (tmp_path / "err").read_bytes() == MASK + b"\n"


COUNTS = """
    import os, signal, sys
    told = os.open(sys.argv[1], os.O_WRONLY)
    heard = []
    signal.signal(signal.SIGINT, lambda *_: (heard.append(1), os.write(told, b"heard\\n")))
    os.write(told, b"ready\\n")
    while input() != "end":
        pass
    os.write(told, b"%d\\n" % len(heard))
"""


def test_an_interrupt_by_key_reaches_it_once(session: Session, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    terminal = session(*python(COUNTS), str(tmp_path / "fifo"), streams={1: tmp_path / "out"})
    with (tmp_path / "fifo").open() as told:
        assert told.readline() == "ready\n"
        terminal.signal(signal.SIGSTOP)  # so that it has heard it before we do
        terminal.send("\x03")
        assert told.readline() == "heard\n"
        terminal.signal(signal.SIGCONT)
        terminal.send("end\r")
        assert terminal.exit_code() == 0
        assert told.read() == "1\n"


def test_a_prompt_on_a_terminal_is_seen_whatever_its_input(
    session: Session, words: Words, tmp_path: Path
) -> None:
    words.holds(KEY="? no idea")
    os.mkfifo(tmp_path / "fifo")
    terminal = session("sh", "-c", 'printf "go on?"; read x', streams={0: tmp_path / "fifo"})
    terminal.read_until(b"go on?")
    (tmp_path / "fifo").write_text("yes\n")
    assert terminal.exit_code() == 0


# jobs


def test_ctrl_z_suspends_both_and_fg_resumes_both(shell: Session) -> None:
    terminal = shell("sh", "-c", 'echo ready $KEY; read line; echo "got $line, $KEY"; exit 5')
    terminal.send("run; echo code $?\n")
    terminal.read_until(b"ready ********")
    terminal.send("\x1a")
    terminal.read_until(b"go> ")
    assert not terminal.is_raw
    terminal.send("echo the shell is here\n")
    terminal.read_until(b"\nthe shell is here\r\ngo> ")
    terminal.send("fg; echo code $?\n")
    terminal.send("words\n")
    terminal.read_until(b"got words, ********")
    terminal.read_until(b"code 5\r\ngo> ")
    assert not terminal.is_raw


def test_in_the_background_it_prints_and_leaves_the_keys_to_the_shell(shell: Session) -> None:
    terminal = shell("sh", "-c", 'echo ready; read line; echo "got $line"')
    terminal.send("run &\n")
    terminal.read_until(b"ready")
    assert not terminal.is_raw
    terminal.send("echo the shell is here\n")
    terminal.read_until(b"\nthe shell is here\r\n")
    terminal.send("fg\n")
    terminal.read_until(b"fg")
    terminal.send("words\n")
    terminal.read_until(b"got words")
    terminal.read_until(b"go> ")


FRONT = """
    import os, signal, subprocess, sys
    program = subprocess.Popen(sys.argv[1:], process_group=0)
    input()
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, program.pid)
    sys.exit(program.wait())
"""


def test_brought_to_the_front_it_gets_the_keys_though_no_signal_says_so(words: Words) -> None:
    """As bash does it with a job that runs."""
    command = words("sh", "-c", 'echo ready; read line; echo "got $line"')
    terminal = Terminal(program=["-c", textwrap.dedent(FRONT), sys.executable, *command])
    with contextlib.closing(terminal):
        terminal.read_until(b"ready")
        assert termios.ICANON & terminal.local_modes
        terminal.send("\n")
        while termios.ICANON & terminal.local_modes:
            terminal.read_until_quiet(0.05)
        terminal.send("words\r")
        terminal.read_until(b"got words")
        assert terminal.exit_code() == 0


def test_asking_for_the_keys_is_not_stopping(shell: Session) -> None:
    terminal = shell("sh", "-c", 'echo ready; read x; read line </dev/tty; echo "got $line"')
    terminal.send("echo x | run\n")
    terminal.read_until(b"ready")
    terminal.send("words\n")
    terminal.read_until(b"got words")
    assert b"Stopped" not in terminal.read_until(b"go> ")


def test_ctrl_z_suspends_both_also_with_output_to_a_file(shell: Session, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    script = f'echo ready >&2; read x < {tmp_path}/fifo; read line; echo "got $line, $KEY"'
    terminal = shell("sh", "-c", script, streams={1: tmp_path / "out"})
    terminal.send("run\n")
    terminal.read_until(b"ready")
    terminal.send("\x1a")
    terminal.read_until(b"go> ")
    terminal.send("fg\n")
    terminal.read_until(b"fg")
    (tmp_path / "fifo").write_text("\n")
    terminal.send("words\n")
    terminal.read_until(b"go> ")
    assert (tmp_path / "out").read_text() == "got words, ********\n"


def test_where_no_shell_keeps_jobs_ctrl_z_stops_nothing(session: Session) -> None:
    terminal = session("sh", "-c", 'echo ready; read line; echo "got $line"')
    terminal.read_until(b"ready")
    terminal.send("\x1awords\r")
    terminal.read_until(b"got words")
    assert terminal.exit_code() == 0
