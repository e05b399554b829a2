"""What every part of the store shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sipas.store.audit import Audit
from sipas.store.ledger import Ledger
from sipas.store.locks import Locks


@dataclass(frozen=True)
class Base:
    """Folder, ledger, log, locks and keys (`key(purpose)`) of one workspace."""

    root: Path
    ledger: Ledger
    audit: Audit
    locks: Locks
    key: Callable[[str], bytes]
