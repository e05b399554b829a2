"""Folders that the program makes under outputs/, and the names that rounds and instruments cannot bear beside them.

outputs/<round> holds the files of the round and of its first instrument, and a folder for each other instrument.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

DRAW_FOLDER: Final = "chon-mau"
LISTS_FOLDER: Final = "danh-sach"
FAULTS_FOLDER: Final = "loi"
TEMPLATES_FOLDER: Final = "mau"
TABLES_FOLDER: Final = "csv"
# Beside the folders of instruments.
IN_ROUND: Final = (DRAW_FOLDER, LISTS_FOLDER, FAULTS_FOLDER, TEMPLATES_FOLDER, TABLES_FOLDER)
RULEBOOKS_FOLDER: Final = "rulebooks"
EXAMPLE_FOLDER: Final = "vi-du"
AUDITS_FOLDER: Final = "ra-soat"
# Beside the folders of rounds.
IN_WORKSPACE: Final = (RULEBOOKS_FOLDER, EXAMPLE_FOLDER, AUDITS_FOLDER, FAULTS_FOLDER)
DEVICES: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)  # no file names on Windows
MAX_ID: Final = 32  # letters of an instrument's id: paths on Windows end at 260


def is_free(name: str, taken: Collection[str]) -> bool:
    """Whether a folder of this name can stand beside `taken`, on any system."""
    return name.casefold() not in taken and DEVICES.fullmatch(name) is None
