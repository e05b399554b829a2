"""What this call asks of the screen: its language, and whether a person or a machine reads it.

Both are read before the call is parsed, so that one that cannot be parsed is answered in the same way. What runs
without a call, a flow of Prefect's, goes by SIPAS_LANG.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from errors.templates import Language
from sipas import words

LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")


@dataclass
class _Asked:
    """A process answers one call; its threads speak alike."""

    language: Language = "en" if os.environ.get("SIPAS_LANG") == "en" else "vi"
    for_machine: bool = False


_ASKED: Final = _Asked()


def listen(arguments: Sequence[str], env: Mapping[str, str] = os.environ) -> None:
    """Take in the words of a call: `--lang`, else SIPAS_LANG, and `--json`."""
    named = [after for before, after in pairwise(arguments) if before == "--lang"]
    named += [argument.partition("=")[2] for argument in arguments if argument.startswith("--lang=")]
    wanted = [*named, env.get("SIPAS_LANG", "")][0]
    _ASKED.language = "en" if wanted == "en" else "vi"
    _ASKED.for_machine = "--json" in arguments


def language() -> Language:
    """The reader's language."""
    return _ASKED.language


def for_machine() -> bool:
    """True when the call asks for JSON."""
    return _ASKED.for_machine


def text(key: str, **facts: object) -> str:
    """A text of data/texts in the reader's language."""
    return words.text(key, language(), **{name: str(fact) for name, fact in facts.items()})


def word(kind: str, code: str) -> str:
    """A code in the reader's language."""
    return words.word(kind, code, language())
