"""One printed number explained: its sections from the number down to the draw, its forms, whether it agrees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from errors import DataError
from sipas.trace.address import Address, check_variant
from sipas.trace.inputs import TraceInputs
from sipas.trace.instrument import Instrument, InstrumentPage
from sipas.trace.points import Points
from sipas.trace.sections import Section, Words


@dataclass(frozen=True)
class TraceReport:
    """Sections from the number down to the draw, the ids of the unit's counted forms, and whether the number agrees:
    counted again from the forms and worked out again from the entries it is the one that was stored."""

    address: Address
    sections: tuple[Section, ...]
    case_ids: tuple[str, ...]
    agrees: bool

    def in_words(self, words: Words) -> TraceReport:
        """The same in the words of a reader."""
        return replace(self, sections=tuple(section.in_words(words) for section in self.sections))

    def as_json(self) -> dict[str, Any]:
        """Plain data for machines."""
        return {
            "address": vars(self.address),
            "agrees": self.agrees,
            "sections": [section.as_json() for section in self.sections],
            "case_ids": list(self.case_ids),
        }


class RoundTrace:
    """A round made ready for explanations: everything is counted again once, then read page by page, a unit each."""

    def __init__(self, inputs: TraceInputs) -> None:
        self._inputs = inputs
        self.instruments = {instrument.index.id: Instrument(instrument, inputs) for instrument in inputs.instruments}

    @cached_property
    def points(self) -> Points:
        """Points of all rulebooks, worked out again."""
        return Points(self._inputs, self.instruments)

    def units(self) -> list[str]:
        """Everything that has a printed number: units and the province, sorted."""
        return sorted(self.points.units().union(*(instrument.units() for instrument in self.instruments.values())))

    def surveys(self, unit_id: str) -> dict[str, InstrumentPage]:
        """A unit's pages of all instruments, by index id."""
        return {name: instrument.page(unit_id) for name, instrument in self.instruments.items()}


def explain(inputs: TraceInputs, address: Address) -> TraceReport:
    """Explain the number at an address.

    Raises DataError `trace.unknown_unit`, `trace.unknown_book`, `trace.unknown_code` (the unit has no such number),
    and what `check_variant` raises.
    """
    if address.unit_id not in {inputs.province_id, *(unit.unit_id for unit in inputs.units)}:
        raise DataError("trace.unknown_unit", got=address.unit_id)
    if address.book_id not in inputs.book_ids():
        raise DataError("trace.unknown_book", got=address.book_id, expected=", ".join(inputs.book_ids()))
    whole = RoundTrace(inputs)
    own = whole.instruments.get(address.book_id)
    check_variant(address, set(own.scores["variant"]) if own else ())
    surveys = whole.surveys(address.unit_id)
    if address.book_id in surveys:
        root = whole.instruments[address.book_id].index.tree.roots[0].code
        address = replace(address, code=address.code or root)
        found = surveys[address.book_id].outline(address.code, address.variant)
    else:
        found = whole.points.page(address.unit_id, surveys).outline(address.book_id, address.code)
    if found is None:
        raise unknown_code(address)
    sections = tuple(piece.make() for piece in found.pieces)
    return TraceReport(address, sections, found.cases.case_ids, found.agrees)


def unknown_code(address: Address) -> DataError:
    """`trace.unknown_code`: what the unit does not have, under which rulebook or index."""
    got = f"{address.unit_id} {address.code}".strip()
    return DataError("trace.unknown_code", got=got, expected=address.book_id)
