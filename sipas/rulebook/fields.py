"""Field types of rulebook models: exact decimals from text, code lists, texts; what is expected, as phrases."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

_DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,10})?")
_CODE = re.compile(r"[^\s/;=,|]+")


def one_of(codes: Any) -> BeforeValidator:
    """Validator of a `Literal` type that names the allowed codes instead of pydantic's English sentence."""
    allowed = get_args(codes)

    def check(value: object) -> object:
        if value not in allowed:
            shown = " | ".join(code or "(blank)" for code in allowed)
            raise PydanticCustomError("one_of", "{shown}", {"shown": shown})
        return value

    return BeforeValidator(check)


def _decimal_or_none(value: object) -> Decimal | None:
    if value is None or value == "":
        return None
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    # A TOML float is refused: 0.1 in binary is not a tenth, so points are written as text.
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise PydanticCustomError(
            "decimal_text",
            "a number in digits with a decimal point, at most 10 decimals (in TOML: in quotes)",
        )
    return Decimal(value)


def _decimal(value: object) -> Decimal:
    number = _decimal_or_none(value)
    if number is None:
        raise PydanticCustomError("decimal_blank", "a number, not blank")
    return number


def _not_negative(value: Decimal | None) -> Decimal | None:
    if value is not None and value < 0:
        raise PydanticCustomError("decimal_negative", "a number from 0 up")
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("text_blank", "must not be blank")
    return value


def _code(value: str) -> str:
    if not _CODE.fullmatch(value):
        raise PydanticCustomError("code_text", "a code without blanks and without / ; = , |")
    return value


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value not in ("", "0", "1"):
        raise PydanticCustomError("flag_text", "1 (end included) | 0 (end left out)")
    return value == "1"


Number = Annotated[Decimal, BeforeValidator(_decimal)]
MaybeNumber = Annotated[Decimal | None, BeforeValidator(_decimal_or_none)]
Points = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_not_negative)]
MaybePoints = Annotated[Decimal | None, BeforeValidator(_decimal_or_none), AfterValidator(_not_negative)]
Name = Annotated[str, AfterValidator(_not_blank)]
Code = Annotated[str, AfterValidator(_code)]
Flag = Annotated[bool, BeforeValidator(_flag)]
