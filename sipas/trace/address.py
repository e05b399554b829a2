"""Where a printed number stands: round / unit / rulebook or index / code / variant."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from errors import DataError


@dataclass(frozen=True)
class Address:
    """round / unit / rulebook-or-index / code [/ variant].

    Without a code: the unit's total under a rulebook, the root of an index. Without a variant: the official one.
    """

    round_id: str
    unit_id: str
    book_id: str
    code: str
    variant: str = ""

    def text(self) -> str:
        """The address as it is typed; blank parts at its end are left out."""
        return "/".join((self.round_id, self.unit_id, self.book_id, self.code, self.variant)).rstrip("/")


def check_variant(address: Address, known: Collection[str]) -> None:
    """known: variants with printed values of the index of the address; a rulebook has none.

    Raises DataError `trace.unknown_variant`, `trace.no_variants` (of a rulebook).
    """
    if not address.variant or address.variant in known:
        return
    if not known:
        raise DataError("trace.no_variants", got=address.variant, expected=address.book_id)
    raise DataError("trace.unknown_variant", got=address.variant, expected=", ".join(sorted(known)))


def parse_address(text: str, book_ids: Sequence[str]) -> Address:
    """Read an address; a rulebook id may itself hold a slash, so the known ids decide where it ends.

    Raises DataError `trace.address` with the form an address has, `trace.unknown_book` with the ids that exist.
    """
    parts = text.strip().strip("/").split("/", 2)
    if len(parts) < 3 or not all(parts):
        raise DataError("trace.address", got=text)
    rest = parts[2]
    for book_id in sorted(book_ids, key=len, reverse=True):
        if rest == book_id or rest.startswith(book_id + "/"):
            code, _, variant = rest[len(book_id) + 1 :].partition("/")
            return Address(parts[0], parts[1], book_id, code, variant)
    raise DataError("trace.unknown_book", got=rest, expected=", ".join(book_ids))
