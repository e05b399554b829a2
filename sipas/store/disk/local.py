"""Is a folder on a disk of this computer? A ledger in WAL mode loses data on a network share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from errors import StoreError

_NETWORK: Final = frozenset({"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "ncpfs", "afs", "fuse.sshfs"})
_DRIVE_REMOTE: Final = 4


def refuse_network(folder: Path) -> None:
    """StoreError `store.network_share` when `folder` lies on a network share, as far as that can be known."""
    if is_network(folder.resolve()):
        raise StoreError("store.network_share", where=str(folder))


def network_mount(folder: Path, mounts: str) -> bool:
    """True when the longest mount point above `folder`, in the text of /proc/mounts, is a network file system."""
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        if len(point) >= len(best) and folder.is_relative_to(point):
            best, kind = point, fields[2]
    return kind in _NETWORK


if sys.platform == "win32":

    def is_network(folder: Path) -> bool:
        """UNC paths and drives that Windows calls remote."""
        import ctypes

        anchor = folder.anchor
        return anchor.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(anchor) == _DRIVE_REMOTE

else:

    def is_network(folder: Path) -> bool:
        """Mounts of a network file system; False where the system does not tell (no /proc/mounts)."""
        table = Path("/proc/mounts")
        return table.is_file() and network_mount(folder, table.read_text(encoding="utf-8", errors="replace"))
