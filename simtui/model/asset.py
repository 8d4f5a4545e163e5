"""One file that belongs to a workflow. Its name is one part of a path and never leads anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from simtui.errors import shown

MAX_NAME_BYTES = (
    200  # as long as a part of a path may be in a zip, in which it must be able to leave
)
MAX_ASSET_BYTES = 1 << 40
"""What ends a stream without an end. More than the disk of a home holds, and well below the 17 TB
of a database with pages of 4 KB."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A workflow's file. `digest`: SHA-256 (hex) of its bytes; `added_at`: Unix milliseconds."""

    workflow_id: str
    name: str
    digest: str
    size_bytes: int
    added_at: int

    @property
    def media_type(self) -> str:
        """What it is, by the ending of its name."""
        return media_type_of(self.name)


# by the ending of a name alone, and from no table of the machine: the same name is the same type
# everywhere
_TYPES = {
    "application": "json pdf xml zip gzip=gz rtf sql wasm x-tar=tar x-7z-compressed=7z"
    " epub+zip=epub"
    " x-ndjson=ndjson,jsonl yaml=yaml,yml toml msword=doc vnd.ms-excel=xls vnd.ms-powerpoint=ppt"
    " vnd.openxmlformats-officedocument.wordprocessingml.document=docx"
    " vnd.openxmlformats-officedocument.spreadsheetml.sheet=xlsx"
    " vnd.openxmlformats-officedocument.presentationml.presentation=pptx"
    " vnd.sqlite3=sqlite,db",
    "audio": "mpeg=mp3 ogg=ogg,oga wav flac aac mp4=m4a",
    "font": "woff woff2 ttf otf",
    "image": "png jpeg=jpg,jpeg gif webp svg+xml=svg avif bmp tiff=tif,tiff heic x-icon=ico",
    "text": "plain=txt,log csv tab-separated-values=tsv html=html,htm css markdown=md calendar=ics"
    " javascript=js,mjs x-python=py",
    "video": "mp4 webm quicktime=mov mpeg=mpg,mpeg x-matroska=mkv",
}
_TYPE_OF = {
    ending: f"{top}/{kind}"
    for top, kinds in _TYPES.items()
    for kind, _, endings in (word.partition("=") for word in kinds.split())
    for ending in (endings or kind).split(",")
}


def media_type_of(name: str) -> str:
    """The media type that the ending of a name stands for."""
    return _TYPE_OF.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def is_asset_name(name: str) -> bool:
    """Whether a file can be called so here: one part of a path, of at most `MAX_NAME_BYTES`, in
    which nothing is invisible and nothing leads elsewhere."""
    if not name.strip() or name in (".", "..") or "/" in name or "\\" in name:
        return False
    return shown(name, len(name) + 1) == name and len(name.encode()) <= MAX_NAME_BYTES


def other_name(name: str, taken: set[str]) -> str:
    """The first of `name-2.ending`, `name-3.ending`… that is not taken."""
    stem, dot, ending = name.rpartition(".")
    if not stem:
        stem, dot, ending = name, "", ""
    number = 2
    while True:
        tail = f"-{number}{dot}{ending}"
        kept = stem.encode()[: MAX_NAME_BYTES - len(tail.encode())].decode(errors="ignore")
        wanted = kept + tail
        if wanted not in taken:
            return wanted
        number += 1
