"""Folders: whether one lies on a network file system, where SQLite's WAL is unsafe, and what it
takes for a name in one to stay."""

from __future__ import annotations

import os
import re
from pathlib import Path

_NETWORK = {
    "9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.sshfs", "glusterfs", "gpfs",
    "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs", "webdav",
}  # fmt: skip
_OCTAL = re.compile(rb"\\([0-7]{3})")
MOUNTS = Path("/proc/self/mountinfo")


def type_of(folder: Path, mounts: Path | None = None) -> str:
    """The file system's type as the kernel names it ("ext4"), or "" where it cannot be told."""
    try:
        table = (mounts or MOUNTS).read_bytes()
    except OSError:
        return ""
    path = folder.resolve()
    best: tuple[int, str] = (-1, "")
    for line in table.split(b"\n"):
        # proc_pid_mountinfo(5): fields, then " - ", then the type; octal escapes in the path
        left, dash, right = line.partition(b" - ")
        if not dash:
            continue
        point = Path(os.fsdecode(_OCTAL.sub(_byte, left.split(b" ")[4])))
        # later lines hide earlier ones at the same place
        if path.is_relative_to(point) and len(point.parts) >= best[0]:
            best = (len(point.parts), right.split(b" ")[0].decode("ascii", "replace"))
    return best[1]


def sync_folder(folder: Path) -> None:
    """What was named, renamed or taken away in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _byte(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 8) & 0xFF])


def is_network(kind: str) -> bool:
    """Whether a file system of this type may lie on another machine."""
    return kind in _NETWORK or kind.startswith(("fuse.sshfs", "fuse.rclone"))
