"""Arguments of another kind than a function takes: what was given and what to give instead, before anything is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, TypeGuard

import numpy as np
import pandas as pd

from errors import DesignError


def kind_of(value: object) -> str:
    """What Python calls the type of a value, for people who program: it says which argument stands in whose place."""
    return name_of(type(value))


def name_of(kind: type) -> str:
    """The name of a type."""
    return kind.__name__


def check_kind(argument: str, value: object, kind: type) -> None:
    """DesignError `arguments.kind` unless the value is of that type."""
    if not isinstance(value, kind):
        raise DesignError("arguments.kind", where=argument, got=kind_of(value), expected=name_of(kind))


def check_table(argument: str, value: object, columns: Sequence[str] = ()) -> None:
    """A table with these columns: DesignError `arguments.table`, `arguments.columns`."""
    if not isinstance(value, pd.DataFrame):
        raise DesignError("arguments.table", where=argument, got=kind_of(value))
    absent = [name for name in columns if name not in value.columns]
    if absent:
        raise DesignError(
            "arguments.columns", where=argument, got=", ".join(absent), expected=", ".join(map(str, value.columns))
        )


def check_choice(argument: str, value: object, choices: Sequence[str]) -> None:
    """DesignError `arguments.choice` unless the value is one of the choices."""
    if value not in choices:
        raise DesignError("arguments.choice", where=argument, got=str(value), expected=" | ".join(choices))


def check_column(argument: str, value: object) -> None:
    """The name of one column: DesignError `arguments.column`."""
    if not isinstance(value, str):
        raise DesignError("arguments.column", where=argument, got=kind_of(value), expected='"x"')


def column_names(argument: str, value: object) -> list[str]:
    """Names of columns, one or several. Raises DesignError `arguments.names`."""
    names = [value] if isinstance(value, str) else list(value) if is_list(value) else []
    strangers = [name for name in names if not isinstance(name, str)]
    if strangers or not (names or is_list(value)):
        got = kind_of(strangers[0] if strangers else value)
        raise DesignError("arguments.names", where=argument, got=got, expected='"x" | ["x", "y"]')
    return names


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether the value holds several: a list, tuple, array or column, not a text or a dictionary."""
    return isinstance(value, Sequence | np.ndarray | pd.Index | pd.Series) and not isinstance(value, str | bytes)


def check_list(argument: str, value: object, example: str) -> list[Any]:
    """The value as a list: DesignError `arguments.list`, which shows the example, for a single thing."""
    if not is_list(value):
        raise DesignError("arguments.list", where=argument, got=kind_of(value), expected=example)
    return list(value)


def check_terms(argument: str, value: object) -> None:
    """A dictionary of dictionaries of numbers: DesignError `arguments.terms`."""
    inner = list(value.values()) if isinstance(value, Mapping) else [value]
    wrong = [terms for terms in inner if not isinstance(terms, Mapping)]
    if wrong or not inner:
        got = kind_of(wrong[0] if wrong else value)
        raise DesignError("arguments.terms", where=argument, got=got, expected='{"index": {"x": 0.6, "y": 0.4}}')


def check_number(argument: str, value: object) -> None:
    """DesignError `arguments.number` for what is no number: a text, a column."""
    if not isinstance(value, Real | Decimal) or isinstance(value, bool | np.bool_):
        raise DesignError("arguments.number", where=argument, got=kind_of(value))


def by_text(argument: str, given: Mapping[Any, Any] | pd.Series) -> dict[str, Any]:
    """A dictionary, or a Series, by the text of its keys: 1 is "1".

    Raises DesignError `arguments.kind`, `arguments.same_key` when two keys are one text.
    """
    if not isinstance(given, Mapping | pd.Series):
        check_kind(argument, given, dict)
    pairs = [(str(key), value) for key, value in given.items()]
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DesignError("arguments.same_key", where=argument, got=twice)
    return found


def whole_number(argument: str, value: Any) -> int:
    """The number as an integer: 60.0 is 60. Raises DesignError `arguments.number`, `arguments.whole` (60.5)."""
    check_number(argument, value)
    if not isinstance(value, Integral) and not float(value).is_integer():
        raise DesignError("arguments.whole", where=argument, got=value)
    return int(value)
