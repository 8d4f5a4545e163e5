"""What `simtui help TOPIC` says: one text a topic, in plain columns of at most 80 characters.

What a program can tell is put in from where it is known (fields, formats), so that it stays true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simtui.model import wording
from simtui.model.filters import RUN_FIELDS, WORKFLOW_FIELDS, Kind
from simtui.model.retention import BEFORE_DAYS, MAX_BEFORE
from simtui.model.settings import SETTINGS

_FILTER = """\
THE FILTER, behind / on the screen and --filter on the command line

  status:failed folder:"Ops / Intake" blocks:>5 updated:7d -source:F1 lead enr

A term is field:value, and all terms must hold. The rest is free text: a part
of a name, or the beginning of a word in prompts, code and notes.

  -term            not this
  field:a,b        one of these
  field:>5         more; also < >= <= where the field has an order
  "two words"      quotes hold a value together, commas too; \\" is a quote in it

FIELDS OF WORKFLOWS
{fields}

FIELDS OF RUNS
{run_fields}

Of a workflow, status is the last run's, or "never"; size is in bytes; updated
and created take today, yesterday, a date (2026-11-03), or a time that has
passed since: 24h, 7d, 2w. updated:<30d is what nobody touched for thirty days.

Of a run, workflow and folder are its workflow's, cost is in dollars, date is
when it started, pinned is yes or no. Free text is the beginning of a word in
its error or its output, or a part of its workflow's name. A run that did not
say its cost has none: cost:<1 leaves it out, -cost:>1 does not.

In a shell, put the whole filter in single quotes: --filter 'blocks:>5'
"""

_KINDS = {
    "text": "a part of it, without regard to case",
    "word": "the whole of it, without regard to case",
    "number": "a number",
    "duration": "500ms, 5s, 2m, 1h",
    "time": "a day, or since when",
}

_RUNS = """\
RUNS

  my-agent | simtui runs import -

keeps what a program says of its runs, as it says it: one JSON object a line.

  {"event":"run","id":"r1","workflow_name":"Lead enricher",
   "started_at":"2026-11-22T14:02:11.120Z"}
  {"event":"log","run_id":"r1","at":"…","level":"info","message":"asking"}
  {"event":"span","run_id":"r1","id":"s1","name":"Agent 1","started_at":"…",
   "duration_ms":812,"status":"success"}
  {"event":"end","run_id":"r1","status":"completed","duration_ms":930}

(each on one line). The same thing twice changes nothing; a line that cannot be
read is told with its number, and the rest goes on. A run whose stream ends
without its end is left interrupted; sent again in full, it is whole. A run of a
workflow that is not here gets a placeholder.

`runs import` also reads Sim's log answers (v1, v2, what the sim command prints)
and Sim's CSV. A cost in credits stays in credits, and an unknown one unknown.

Everything is kept until you say otherwise: keep.run_days, keep.runs and
keep.run_mb say what `simtui runs prune` may remove. Pinned runs stay.
`runs export` writes run events that `runs import` takes again without loss.
"""

_FORMATS = """\
FILE FORMATS

simtui import tells a file by what it holds, never by its name. A workflow keeps
its id where the file has one, and its JSON byte for byte where it is Sim's own
export. It reads:

{codes}

and what simtui export wrote. It does not read YAML, Sim's copilot view (it has
no positions), run logs (`runs import` does), or a backup: each is refused by
its name.

simtui export writes:

  --as sim      one workflow as Sim's JSON, which Sim imports again
  --as bundle   a .simworkflow file: a workflow with its files, and with its
                versions and runs where asked; a folder of them for several
  --as zip      a workspace zip in Sim's layout, folders with their real names
  --as files    a folder of JSON files with every version, the trash, the files
                of workflows and the settings, which imports back to the same
                library

A bundle is a zip: manifest.json with the SHA-256 and size of every entry and
the names of the secrets that whoever gets it must set, workflow.json as Sim
exports it, versions/, assets/ and runs.ndjson. It comes in whole or not at all.
No value of a secret is in any of them.

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
  backups/     the backups, each a zip
  exports/     where an export goes that names no place
  reserve      4 MB, given up when the disk is full so that cleaning up can work
  simai.keys   only beside an encrypted library: the ways into it

Beside simai.db, simai.db-wal and simai.db-shm exist while it is open: copy the
folder when nothing has it open, or all of these together. Only you can read it.
Reports of faults go to the log folder of your system; nothing else is written
anywhere.

Several programs may use a home at once. On a network file system it is one at a
time, and slower: a local folder is safer.
"""

_BACKUPS = """\
BACKUPS, and how something comes back

  simtui backup                        now, of the whole library
  simtui backups list                  what there is, and what keeps each
  simtui backups open latest --diff    how it differs from now
  simtui backups restore latest        all of it, after a backup of the present
  simtui backups restore latest --workflow "Lead enricher"     that one alone

A backup is a zip in backups/. Before it gets its name it is opened as a restore
would open it, and everything in it is looked at: that is what "proven" means.
Without its keys a secret can only be seen to be whole; --open-secrets unlocks
the vault first. `simtui backups prove all` looks again, and ends with 6 where
one is bad.

The daily ones go when no rule keeps them (backup.keep_daily and its like in
`simtui settings list`). Those made by hand stay until you remove them, and the
newest proven one always does.

WHAT A RESTORE LEAVES ALONE
The ways into the vault. Secrets that another vault sealed need that one's
password or recovery code; without it they stay as they are, and are told.

IF THE LIBRARY DOES NOT OPEN ANY MORE
The same command: what lies there is kept as simai.db.broken-TIME beside it.

WITHOUT SIMTUI
RECOVER.txt in each backup says how unzip, sqlite3 and zstd get everything out.
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

AN ENCRYPTED LIBRARY
`simtui vault encrypt-library` puts everything under a key: names, prompts, runs
and the search index too. The same ways in open it, and every command and the
screen then ask first: `simtui --password-file FILE COMMAND …` brings the
password to any of them. What opens it lies in simai.keys beside simai.db: copy
both. Backups made from then on are encrypted, and hold a copy of simai.keys.
`simtui vault decrypt-library` leads back.

IF THE PASSWORD IS LOST
The recovery code opens the vault, and `simtui vault passwd` makes a new
password. So does the keyring, where it is a way in. Without any of them nothing
opens it, and nobody can help: that is what it is for. Workflows and their
history are not touched by that; only values are, which their providers can
issue anew. Of an encrypted library nothing is left then.

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

_RETENTION = """\
BACKUPS: WHEN THEY ARE MADE, AND WHICH OF THEM STAY

WHEN
While simtui is open it makes one when the last proven one is {every} hours old
(setting backup.every), also after the machine was asleep. When it is closed, a
timer of the system does the same:

  simtui schedule install     shows what it would write, asks, and starts it
  simtui schedule show        what is there, and when it last ran
  simtui schedule remove      takes away what simtui wrote, and nothing else

That is a systemd timer of yours, a launchd agent, or a line in your crontab;
--with says which. Every hour it calls `simtui backup --if-due`. On a server,
`loginctl enable-linger` lets it run while you are logged out. Where a password
is needed, --password-file names a file that only you can read.

WHICH STAY
Of the daily ones, each that any of these rules keeps; a rule takes the newest
one of each period in which there is one, by your own calendar:

{rules}

While a rule has found fewer than that, it keeps the oldest one too. With every
rule at 0, all stay.

  manual           until you delete them
  before-import, before-migration, before-restore
                   {before_days} days, and at most {max_before} of each

Never removed: the newest proven one; what is not proven, not known, or dated in
the future. So a clock that was set wrong removes nothing. `simtui backups prune
--dry-run` says what would go.
"""

_SPACE = """\
SPACE

  simtui doctor --space              what takes it, by table and by workflow
  simtui workflows prune --dry-run   which versions and which trash may go
  simtui backups prune               backups that no rule keeps

Nothing goes by itself: every version stays, and the trash is never emptied,
unless `workflows prune` is told so, by --keep-versions and --trash-days or by
the settings keep.versions and keep.trash_days. It asks first. A workflow with a
pinned run stays, and what a backup holds stays in it. When an old export of a
pruned version is imported again, it counts as a new document.

What is freed is given back to the disk in small steps, so that nobody who
writes meanwhile waits: simai.db gets shorter.

A FULL DISK
Where no byte is left, not even deleting works: it is written down first. The
file reserve, 4 MB in the home, is given up then, and `workflows prune`,
`workflows delete` and the other commands that free space go on. It is made
again when there is room. Everything that was saved before stays whole.
"""


def _retention() -> str:
    defaults = {setting.key: setting.default for setting in SETTINGS}
    rules = ("last", "daily", "weekly", "monthly", "yearly")
    return _RETENTION.format(
        every=defaults["backup.every"],
        rules="\n".join(
            f"  backup.keep_{rule:<9}{defaults[f'backup.keep_{rule}']}" for rule in rules
        ),
        before_days=BEFORE_DAYS,
        max_before=MAX_BEFORE,
    )


def _fields(fields: Mapping[str, Kind]) -> str:
    return "\n".join(f"  {name:<9}{_KINDS[kind.value]}" for name, kind in fields.items())


def _filter() -> str:
    return _FILTER.format(fields=_fields(WORKFLOW_FIELDS), run_fields=_fields(RUN_FIELDS))


def _codes() -> str:
    return "\n".join(f"  {code}  {name}" for code, name in wording.SOURCES.items())


TOPICS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "filter": ("How lists are filtered.", _filter),
    "formats": ("What can be read and written.", lambda: _FORMATS.format(codes=_codes())),
    "run-events": ("How runs come in, and what is kept of them.", lambda: _RUNS),
    "exit-codes": ("What a command ends with.", lambda: _EXIT_CODES),
    "home": ("What lies where.", lambda: _HOME),
    "retention": ("When backups are made, and which of them stay.", _retention),
    "space": ("What takes space, and a full disk.", lambda: _SPACE),
    "restoring": ("Backups, and how something comes back.", lambda: _BACKUPS),
    "passwords": ("Secrets, and the ways into the vault.", lambda: _PASSWORDS),
}
"""Each topic with a line about it, and its text."""
