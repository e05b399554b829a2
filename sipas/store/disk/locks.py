"""Locks between processes and threads, held by the operating system: a killed process holds nothing.

The lock file stays; only the lock on it counts. `fcntl.flock` on Unix, `msvcrt.locking` on Windows.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from errors import StoreError

_PAUSE: Final = 0.02


class Locks:
    """Named locks of one workspace."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held = threading.local()

    @contextmanager
    def hold(self, name: str, *, timeout: float = 600.0) -> Iterator[None]:
        """Hold the lock `name`; wait up to `timeout` seconds, then StoreError `store.locked`. A thread
        that holds it already gets RuntimeError instead of waiting for itself."""
        held: set[str] = self._held.__dict__.setdefault("names", set())
        if name in held:
            raise RuntimeError(f"lock {name!r} is held by this thread")
        path = self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.lock"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            number = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except PermissionError as error:
            raise StoreError("store.read_only", where=str(self._folder)) from error
        try:
            deadline = time.monotonic() + timeout
            while not _try_lock(number):
                if time.monotonic() >= deadline:
                    raise StoreError("store.locked", where=name, expected=round(timeout))
                time.sleep(_PAUSE)
            held.add(name)
            try:
                yield
            finally:
                held.discard(name)
                _unlock(number)
        finally:
            os.close(number)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(number: int) -> bool:
        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(number: int) -> None:
        os.lseek(number, 0, os.SEEK_SET)
        msvcrt.locking(number, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(number: int) -> bool:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(number: int) -> None:
        fcntl.flock(number, fcntl.LOCK_UN)
