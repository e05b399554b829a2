"""The program's own log: a rotating file in the workspace, ids only."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path


class _LogFile(RotatingFileHandler):
    """The log of a workspace. Where it cannot be written (a full disk) no command stops and no trace is printed: what
    the command itself writes there says so."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing."""


def start_logging(folder: Path) -> None:
    """Send the logger `sipas` to <folder>/sipas.log, and no longer to that of a workspace opened before."""
    logger, path = logging.getLogger("sipas"), folder.resolve() / "sipas.log"
    before = [handler for handler in logger.handlers if isinstance(handler, RotatingFileHandler)]
    if any(Path(handler.baseFilename) == path for handler in before):
        return
    for old in before:
        logger.removeHandler(old)
        old.close()
    handler = _LogFile(path, maxBytes=1_000_000, backupCount=3, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
