"""Whether a folder lies on a network file system, where SQLite's WAL is unsafe."""

from __future__ import annotations

from pathlib import Path

_NETWORK = {
    "9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.sshfs", "glusterfs", "gpfs",
    "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs", "webdav",
}  # fmt: skip
MOUNTS = Path("/proc/self/mountinfo")


def type_of(folder: Path, mounts: Path = MOUNTS) -> str:
    """The file system's type as the kernel names it ("ext4"), or "" where it cannot be told."""
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    path = folder.resolve()
    best: tuple[int, str] = (-1, "")
    for line in table.splitlines():
        # proc_pid_mountinfo(5): fields, then " - ", then the type; octal escapes in the path
        left, dash, right = line.partition(" - ")
        if not dash:
            continue
        point = Path(left.split(" ")[4].encode().decode("unicode_escape"))
        # later lines hide earlier ones at the same place
        if path.is_relative_to(point) and len(point.parts) >= best[0]:
            best = (len(point.parts), right.split(" ")[0])
    return best[1]


def is_network(kind: str) -> bool:
    return kind in _NETWORK or kind.startswith(("fuse.sshfs", "fuse.rclone"))
