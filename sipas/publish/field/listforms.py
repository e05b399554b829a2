"""What the lists for fieldwork look like: title, columns and signers of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sipas.publish.xlsx.table import Field
from sipas.words import text

FIELD, SIGNATURE, PAYMENT, POSTAL = "field", "signature", "payment", "postal"
RATERS = "raters"  # the field list where a person rates many units


@dataclass(frozen=True)
class ListForm:
    """One kind of list. `columns`: of each field the column of the rows it shows, "" for one filled in by hand, "#"
    for the running number, "amount" for what is paid."""

    title: str
    about: str
    fields: tuple[Field, ...]
    columns: tuple[str, ...]
    signers: tuple[str, ...]
    row_points: float


def _signers(*names: str) -> tuple[str, ...]:
    return tuple(text(f"lists.{name}") for name in names)


_ORDER: Final = Field("STT", 5, "center", 0)
_CASE: Final = Field(text("lists.case_id"), 20, "text")
_NAME: Final = Field(text("lists.name"), 25, "text")
_PHONE: Final = Field(text("lists.phone"), 14, "text")
_ADDRESS: Final = Field(text("lists.address"), 38, "text")
_SIGN: Final = Field(text("lists.sign"), 17, "text")
_NOTE: Final = Field(text("lists.note"), 14, "text")

FORMS: Final[Mapping[str, ListForm]] = MappingProxyType(
    {
        FIELD: ListForm(
            text("lists.field_title"),
            text("lists.field_about"),
            (
                _ORDER,
                _CASE,
                _NAME,
                _PHONE,
                _ADDRESS,
                Field(text("lists.interviewer"), 22, "text"),
                Field(text("lists.result"), 13, "text"),
                Field(text("lists.day"), 9, "text"),
                Field(text("lists.note"), 11, "text"),
            ),
            ("#", "case_id", "name", "phone", "address", "interviewer", "", "", ""),
            _signers("interviewer", "focal_point", "conductor"),
            24.0,
        ),
        RATERS: ListForm(
            text("lists.field_title"),
            text("lists.raters_about"),
            (
                _ORDER,
                _CASE,
                _NAME,
                _PHONE,
                Field(text("lists.address"), 20, "text"),
                Field(text("lists.rated"), 36, "text"),
                Field(text("lists.interviewer"), 20, "text"),
                Field(text("lists.result"), 11, "text"),
                Field(text("lists.day"), 8, "text"),
            ),
            ("#", "case_id", "name", "phone", "address", "rated", "interviewer", "", ""),
            _signers("interviewer", "focal_point", "conductor"),
            24.0,
        ),
        SIGNATURE: ListForm(
            text("lists.signature_title"),
            text("lists.signature_about"),
            (
                _ORDER,
                _CASE,
                _NAME,
                _ADDRESS,
                Field(text("lists.interviewer"), 22, "text"),
                Field(text("lists.n_forms"), 8, "center", 0),
                Field(text("lists.received_on"), 12, "text"),
                _SIGN,
            ),
            ("#", "case_id", "name", "address", "interviewer", "one", "", ""),
            _signers("handed_out_by", "focal_point", "conductor"),
            30.0,
        ),
        PAYMENT: ListForm(
            text("lists.payment_title"),
            text("lists.payment_about"),
            (
                _ORDER,
                _CASE,
                _NAME,
                _ADDRESS,
                Field(text("lists.interviewer"), 22, "text"),
                Field(text("lists.amount"), 14, "right", 0),
                _SIGN,
                _NOTE,
            ),
            ("#", "case_id", "name", "address", "interviewer", "amount", "", ""),
            _signers("drawn_up_by", "accountant", "head"),
            30.0,
        ),
        POSTAL: ListForm(
            text("lists.postal_title"),
            text("lists.postal_about"),
            (
                _ORDER,
                _CASE,
                Field(text("lists.addressee"), 25, "text"),
                Field(text("lists.post_address"), 46, "text"),
                _PHONE,
                Field(text("lists.post_no"), 18, "text"),
                Field(text("lists.sent_on"), 11, "text"),
                _NOTE,
            ),
            ("#", "case_id", "name", "address", "phone", "", "", ""),
            _signers("handed_over_by", "taken_by_post", "conductor"),
            22.0,
        ),
    }
)
