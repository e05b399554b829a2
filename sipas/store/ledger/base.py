"""What every part of the store shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sipas.store.disk.locks import Locks
from sipas.store.ledger.engine import Ledger
from sipas.store.ledger.log import Log


@dataclass(frozen=True)
class Base:
    """Folder, ledger, log, locks and keys (`key(purpose)`) of one workspace."""

    root: Path
    ledger: Ledger
    log: Log
    locks: Locks
    key: Callable[[str], bytes]
