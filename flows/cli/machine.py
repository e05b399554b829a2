"""What a machine reads: plain JSON, of facts and of errors alike."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from errors import Fault, FaultsFound, SurveyError
from errors.messages import Messages
from flows.speech import language

_ABSENT: Final = ("NAType", "NaTType")  # pandas marks absent values so; it need not be loaded to tell


def show_json(value: Any) -> None:
    """Facts as JSON on stdout: what is absent is null, an exact decimal is a text, a table a list of its rows."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def plain(value: Any) -> Any:
    """The same in the types that JSON has."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in (value if isinstance(value, list | tuple) else sorted(value))]
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "to_dict"):
        return plain(value.to_dict("records"))
    if hasattr(value, "item"):
        return plain(value.item())
    return None if type(value).__name__ in _ABSENT else str(value)


def error_facts(error: SurveyError, messages: Messages) -> dict[str, Any]:
    """An error as data: its rule and words, where, what was found and expected, and every fault of a file."""
    words = messages.error_words(error, language())
    faults = error.faults if isinstance(error, FaultsFound) else ()
    return {
        "rule": error.rule,
        "text": words.text,
        "action": words.action,
        "where": error.where,
        "got": words.got,
        "expected": words.expected,
        "facts": dict(error.values),
        "faults": [fault_facts(fault, messages) for fault in faults],
    }


def fault_facts(fault: Fault, messages: Messages) -> dict[str, Any]:
    """A fault as data."""
    words = messages.fault_words(fault, language())
    place = {"file": fault.file, "sheet": fault.sheet, "row": fault.row, "column": fault.column}
    return {"rule": fault.rule, **place, **vars(words)}


def call_facts(rule: str, what: str, path: str) -> dict[str, Any]:
    """A call that is not right, or was stopped, in the shape of an error."""
    place = {"where": path, "got": "", "expected": "", "facts": {}, "faults": []}
    return {"rule": rule, "text": what, "action": f"{path} --help", **place}
