"""The child process that asks the OS keyring, for `simtui.vault.keyrings`.

It is run as a file, with `-P`, and loads nothing of ours: so it needs not be found, and no file in
this folder, or in the one where somebody stands, is taken for a module. It reads one request from
stdin (a line of JSON, then the bytes of the token), and writes one answer of that form to stdout.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "simtui"
LIFE_SECONDS = 5
"""The parent ends this process earlier; this is for a parent that was killed itself."""
LONGEST_WORDS = 300
"""Names and texts from outside stand in an answer, and the parent reads a bounded one."""

if sys.platform == "darwin":
    KNOWN = {"keyring.backends.macOS.Keyring": "macOS Keychain"}
elif sys.platform == "win32":
    KNOWN = {"keyring.backends.Windows.WinVaultKeyring": "Windows Credential Manager"}
else:
    KNOWN = {
        "keyring.backends.SecretService.Keyring": "Secret Service",
        "keyring.backends.libsecret.Keyring": "libsecret",
        "keyring.backends.kwallet.DBusKeyring": "KWallet",
    }
"""The only backends that are used here. A list of bad ones would never be complete."""


class Refused(Exception):
    """Says to a person why the keyring cannot be used, or did not do what was asked."""

    def __init__(self, words: str, backend: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.backend = backend


def main() -> None:
    """One request, one answer."""
    _keep_private()
    answers = os.dup(1)
    os.dup2(2, 1)  # what a backend prints is no answer
    request = json.loads(sys.stdin.buffer.readline())
    words, backend, token = _answer(request["act"], request["user"], sys.stdin.buffer.read())
    header = {"words": words[:LONGEST_WORDS], "backend": backend[:LONGEST_WORDS]}
    os.write(answers, json.dumps(header).encode() + b"\n" + token)


def _keep_private() -> None:
    """No core dump, and no look into the memory of this process for others of the same user."""
    if sys.platform == "linux":
        import ctypes

        pr_set_dumpable = 4
        ctypes.CDLL(None).prctl(pr_set_dumpable, 0, 0, 0, 0)
    if sys.platform != "win32":
        import resource
        import signal

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(LIFE_SECONDS)


def _answer(act: str, user: str, token: bytes) -> tuple[str, str, bytes]:
    backend = ""
    try:
        rings = _usable()
        backend = KNOWN[_full_name(rings[0])]
        if act == "probe":
            _round_trip(rings[0])
        elif act == "put":
            _put(rings[0], user, token)
        elif act == "remove":
            _remove(rings, user)
        else:
            return "", backend, _get(rings, user)
    except Refused as refused:
        return refused.words, refused.backend or backend, b""
    except Exception as error:
        return _words_for(error), backend, b""
    return "", backend, b""


# which keyring


def _usable() -> list[KeyringBackend]:
    """The known ones of those that are set up here, the preferred one first."""
    try:
        from keyring import core
        from keyring.backends.chainer import ChainerBackend
    except Exception as error:
        raise Refused(f"The Python package keyring does not load ({_kind(error)}).") from error
    try:
        chosen = core.load_env() or core.load_config()
        if chosen is None:
            # not what `keyring` would find: that runs every plugin that is installed, and a
            # compiler to look for macOS's libraries
            found = _found_here()
            if found:
                return found
            chosen = core.get_keyring()
        # a chain goes on to its next member, whatever that is
        rings = list(chosen.backends) if isinstance(chosen, ChainerBackend) else [chosen]
    except Exception as error:
        raise Refused(_words_for_settings(error)) from error
    known = [ring for ring in rings if _full_name(ring) in KNOWN]
    if not known:
        raise _refusal(rings)
    return known


def _found_here() -> list[KeyringBackend]:
    from keyring.core import load_keyring

    found = []
    for name in KNOWN:
        with contextlib.suppress(Exception):  # one that cannot work here says so in many ways
            found.append(load_keyring(name))
    return sorted(found, key=lambda ring: ring.priority, reverse=True)


def _refusal(rings: list[KeyringBackend]) -> Refused:
    from keyring.backends import fail, null

    if not rings or isinstance(rings[0], fail.Keyring):
        return Refused(f"No OS keyring on this machine ({_why_none()}).")
    name = type(rings[0]).__name__
    if isinstance(rings[0], null.Keyring):
        return Refused("The keyring that is set up keeps nothing (null); it is not used.", "null")
    if "plaintext" in name.lower():
        what = f"writes passwords in clear ({name})"
    else:
        what = f"is not one that simtui knows ({_full_name(rings[0])})"
    return Refused(f"The keyring that is set up {what}; it is not used.", name)


def _why_none() -> str:
    if sys.platform != "linux":
        return "none was found"
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return "no D-Bus"
    import secretstorage
    from keyring.core import load_keyring

    try:
        load_keyring("keyring.backends.SecretService.Keyring")
    except Exception as error:
        if isinstance(error.__cause__ or error, secretstorage.SecretStorageException | OSError):
            return "its D-Bus cannot be reached"
        return "no keyring service on its D-Bus"
    return "switched off by its settings"


def _words_for_settings(error: Exception) -> str:
    name = os.environ.get("PYTHON_KEYRING_BACKEND")
    if name is None:
        return f"The keyring that keyringrc.cfg sets up cannot be used ({_kind(error)})."
    return f"PYTHON_KEYRING_BACKEND names a keyring that cannot be used ({name!r})."


# what is done with it; a keyring takes text, not bytes, so a token lies there as hex


def _round_trip(ring: KeyringBackend) -> None:
    # a name of its own: two processes may probe at once
    user, value = f"probe:{os.urandom(8).hex()}", os.urandom(32).hex()
    ring.set_password(SERVICE, user, value)
    kept = ring.get_password(SERVICE, user)
    if kept is not None:
        ring.delete_password(SERVICE, user)
    if kept != value:
        raise Refused("The OS keyring does not give back what it was given; it is not used.")


def _put(ring: KeyringBackend, user: str, token: bytes) -> None:
    if ring.get_password(SERVICE, user) is not None:
        raise Refused("The OS keyring has an entry of this name already; it was left as it is.")
    ring.set_password(SERVICE, user, token.hex())
    if ring.get_password(SERVICE, user) != token.hex():
        raise Refused("The OS keyring does not give back what it was given.")


def _get(rings: list[KeyringBackend], user: str) -> bytes:
    """From all of them: which one is preferred may differ between a desktop and SSH."""
    failed: Exception | None = None
    for ring in rings:
        try:
            text = ring.get_password(SERVICE, user)
        except Exception as error:
            failed = failed or error
            continue
        if text is not None:
            try:
                return bytes.fromhex(text)
            except ValueError:
                raise Refused("The entry in the OS keyring is not one of simtui's.") from None
    raise failed or Refused("The OS keyring has no entry for this library.")


def _remove(rings: list[KeyringBackend], user: str) -> None:
    for ring in rings:
        if ring.get_password(SERVICE, user) is not None:
            ring.delete_password(SERVICE, user)
            if ring.get_password(SERVICE, user) is not None:
                raise Refused("The OS keyring did not remove the entry.")


# what is said when it fails


def _words_for(error: Exception) -> str:
    from keyring.errors import InitError, KeyringError

    if _kind(error) in ("KeyringLocked", "LockedException"):
        return "The OS keyring is locked."
    if isinstance(error, InitError):
        return f"The OS keyring is not set up ({str(error).rstrip('.')})."
    if isinstance(error, KeyringError):
        return f"The OS keyring refused ({str(error).rstrip('.')})."
    # no text of an error that we do not know: it might quote what was to be kept
    return f"The OS keyring failed ({_kind(error)})."


def _kind(error: Exception) -> str:
    return type(error).__name__


def _full_name(ring: KeyringBackend) -> str:
    return f"{type(ring).__module__}.{type(ring).__qualname__}"


if __name__ == "__main__":
    main()
