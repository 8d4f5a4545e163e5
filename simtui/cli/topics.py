"""What `simtui help TOPIC` says: one text a topic, in plain columns of at most 80 characters.

What a program can tell is put in from where it is known (fields, formats), so that it stays true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simtui.model import wording
from simtui.model.filters import WORKFLOW_FIELDS

_FILTER = """\
THE FILTER, behind / on the screen and --filter on the command line

  status:failed folder:"Ops / Intake" blocks:>5 updated:7d -source:F1 lead enr

A term is field:value, and all terms must hold. The rest is free text: a part
of a name, or the beginning of a word in prompts, code and notes.

  -term            not this
  field:a,b        one of these
  field:>5         more; also < >= <= where the field has an order
  "two words"      quotes hold a value together, commas too; \\" is a quote in it

FIELDS
{fields}

status is the last run's, or "never"; size is in bytes; updated and created take
today, yesterday, a date (2026-11-03), or a time that has passed since: 24h, 7d,
2w. updated:<30d is what nobody touched for thirty days.

In a shell, put the whole filter in single quotes: --filter 'blocks:>5'
"""

_KINDS = {
    "text": "a part of it, without regard to case",
    "word": "the whole of it, without regard to case",
    "number": "a number",
    "duration": "500ms, 5s, 2m, 1h",
    "time": "a day, or since when",
}

_FORMATS = """\
FILE FORMATS

simtui import tells a file by what it holds, never by its name. A workflow keeps
its id where the file has one, and its JSON byte for byte where it is Sim's own
export. It reads:

{codes}

and what simtui export wrote. It does not read YAML, Sim's copilot view (it has
no positions), run logs, or a backup: each is refused by its name.

simtui export writes:

  --as sim      one workflow as Sim's JSON, which Sim imports again
  --as zip      a workspace zip in Sim's layout, folders with their real names
  --as files    a folder of JSON files with every version, the trash and the
                settings, which imports back to the same library

A file that is there is never written over. Values that look like keys stop an
export before it starts; --allow-secrets insists.
"""

_EXIT_CODES = """\
EXIT CODES

  0    done
  1    a fault of ours; a report is in the log folder that simtui doctor names
  2    the words of the command cannot be meant
  3    some items were refused, others taken
  4    not found, or a name that fits more than one
  5    locked, or a wrong password
  6    the input was refused and nothing was taken; doctor found something wrong
  7    another process holds the library
  8    no space, or not writable
  129  ended by a hang-up
  130  ended by an interrupt, or by your no
  143  ended by a termination

Whatever the code: what was saved before is whole.
"""

_HOME = """\
THE HOME

Everything lies in one folder that you can see: ~/SimAI, unless --home or
$SIMTUI_HOME names another.

  simai.db     the library: workflows, versions, settings, the search index
  exports/     where an export goes that names no place

Beside simai.db, simai.db-wal and simai.db-shm exist while it is open: copy the
folder when nothing has it open, or all of these together. Only you can read it.
Reports of faults go to the log folder of your system; nothing else is written
anywhere.

Several programs may use a home at once. On a network file system it is one at a
time, and slower: a local folder is safer.
"""

_PASSWORDS = """\
SECRETS, AND THE VAULT that they are sealed in

  simtui vault init                    once: a password, and a recovery code
  simtui secrets set OPENAI_API_KEY    asked for unseen, or from a pipe
  simtui secrets import keys.env       many at once
  simtui exec --with OPENAI_API_KEY -- ./my-program

Workflows refer to a secret as {{NAME}}, and their files never hold the value.
`simtui secrets scan` finds keys that they hold in clear, and `secrets adopt`
moves them into the vault.

WAYS IN
A command tries them in this order, and ends with exit code 5 where none opens:

  keyring          of this machine, where `vault init` was told to use it
  --password-file  a file that only you can read; a pipe will do
  --password-fd    an open file descriptor, by its number
  a prompt         on the terminal, three times

The recovery code is taken wherever the password is. A password is never an
argument and never read from the environment: other programs could see it there.

IF THE PASSWORD IS LOST
The recovery code opens the vault, and `simtui vault passwd` makes a new
password. So does the keyring, where it is a way in. Without any of them nothing
opens it, and nobody can help: that is what it is for. Workflows and their
history are not touched by that; only values are, which their providers can
issue anew.

IF SOMETHING LEAKED
`vault passwd` and `vault recovery` change the ways in, not the key behind them:
who has an old copy of the home and the old password still opens that copy. Run
`simtui vault rotate`, then change the keys themselves at their providers.

WHAT CANNOT BE PROMISED
Values are wiped from memory where Python lets a program do that; copies that it
or the terminal made are out of reach, and so is a clipboard. Who can write to
the home can put back an older state of it. Backups and exports from before hold
what was there then.
"""


def _fields() -> str:
    return "\n".join(f"  {name:<9}{_KINDS[kind.value]}" for name, kind in WORKFLOW_FIELDS.items())


def _codes() -> str:
    return "\n".join(f"  {code}  {name}" for code, name in wording.SOURCES.items())


TOPICS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "filter": ("How lists are filtered.", lambda: _FILTER.format(fields=_fields())),
    "formats": ("What can be read and written.", lambda: _FORMATS.format(codes=_codes())),
    "exit-codes": ("What a command ends with.", lambda: _EXIT_CODES),
    "home": ("What lies where.", lambda: _HOME),
    "passwords": ("Secrets, and the ways into the vault.", lambda: _PASSWORDS),
}
"""Each topic with a line about it, and its text."""
