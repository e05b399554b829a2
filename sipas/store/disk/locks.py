"""Locks between processes and threads, held by the operating system: a killed process holds nothing.

The lock file stays; only the lock on it counts.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

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
        lock = FileLock(self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.lock", fallback_to_soft=False)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=timeout, poll_interval=_PAUSE)
        except Timeout as error:
            raise StoreError("store.locked", where=name, expected=round(timeout)) from error
        except PermissionError as error:
            raise StoreError("store.read_only", where=str(self._folder)) from error
        held.add(name)
        try:
            yield
        finally:
            held.discard(name)
            lock.release()
