"""Documents on their way into the database and out of it: parsed, digested, packed, and checked
against their digest each time they are read."""

from __future__ import annotations

import orjson

from simtui.errors import Damaged
from simtui.model.redact import LikelyKey, examine
from simtui.model.workflow import JsonObject, blocks_of, digest_of, edges_of, needs_of, state_of
from simtui.store import payload
from simtui.store.workflows import Content

# how `{{` may be written in JSON; most documents name no secret, and need not be walked for them
_NEED_SIGNS = (b"{{", b"\\u007b", b"\\u007B")


def content_of(document: bytes, value: JsonObject | None = None) -> Content:
    """A document ready to be stored. `value`: the document as orjson reads it, where it is at hand.

    Raises `BadInput` where it is larger than a workflow may be.
    """
    return examined(document, orjson.loads(document) if value is None else value)[0]


def examined(document: bytes, value: JsonObject) -> tuple[Content, list[LikelyKey]]:
    """The same, with what in it looks like a key."""
    state = state_of(value)
    keys, text = examine(value)
    content = Content(
        digest=digest_of(value, document),
        frame=payload.encode(document),
        document_bytes=len(document),
        block_count=len(blocks_of(state)),
        edge_count=len(edges_of(state)),
        text=text,
        needs=needs_of(value) if any(sign in document for sign in _NEED_SIGNS) else (),
    )
    return content, keys


def earlier(document: bytes, value: JsonObject) -> Content:
    """A document that is not the current one, ready to be stored: nobody searches it."""
    state = state_of(value)
    return Content(
        digest=digest_of(value, document),
        frame=payload.encode(document),
        document_bytes=len(document),
        block_count=len(blocks_of(state)),
        edge_count=len(edges_of(state)),
        text="",
    )


def document_of(frame: bytes, digest: str, what: str) -> bytes:
    """The exact bytes of a stored document. Raises `Damaged` where they are not what was stored."""
    return checked(frame, digest, what)[0]


def checked(frame: bytes, digest: str, what: str) -> tuple[bytes, JsonObject]:
    """A stored document and what it holds. `what` names it in the error. Raises `Damaged`."""
    document = payload.decode(frame, what)
    try:
        value = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise Damaged(f"{what}: its document is not JSON any more ({error}).") from error
    if not isinstance(value, dict) or digest_of(value, document) != digest:
        raise Damaged(f"{what}: its document does not match its digest.")
    return document, value
