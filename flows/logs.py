"""The program's own log: a rotating file in the workspace, ids only."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path


def start_logging(folder: Path) -> None:
    """Send the logger `sipas` to <folder>/sipas.log, once."""
    logger = logging.getLogger("sipas")
    if logger.handlers:
        return
    handler = RotatingFileHandler(folder / "sipas.log", maxBytes=1_000_000, backupCount=3, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
