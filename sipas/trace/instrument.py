"""One instrument of a round, made ready once, and what of it concerns one unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sipas.indices import IndexDefinition, Variant
from sipas.trace.counts import Recount
from sipas.trace.forms import Forms
from sipas.trace.inputs import ByUnit, InstrumentTables, TraceInputs
from sipas.trace.pieces import NO_CASES, CaseSet, Outline, Piece
from sipas.trace.sections import Section
from sipas.trace.survey import explain_items, explain_origin, explain_sources, explain_value


class Instrument:
    """The values of one index, counted again where there are forms."""

    def __init__(self, tables: InstrumentTables, inputs: TraceInputs) -> None:
        self.index = tables.index
        pins = _own_pins(tables.index, inputs.pins)
        self.sources = Piece("", ("sources", tables.index.id), lambda: explain_sources(tables.hashes, pins))
        self.origin: tuple[Piece, ...] = ()
        if tables.origin is not None:
            told = partial(explain_origin, tables.origin)
            self.origin = (Piece("", ("origin", tables.index.id), told),)
        self.forms: Forms | None = None
        self.recount: Recount | None = None
        self.scores = tables.scores.assign(counted_pct=tables.scores["value_pct"], agrees=True)
        if tables.forms is not None:
            self.forms = Forms(tables.forms, inputs.province_id)
            self.recount = Recount(tables.forms.data, tables.index, inputs.year)
            self.scores = self.recount.beside(tables.scores)
        self._by_unit = ByUnit(self.scores)

    def units(self) -> set[str]:
        """Units with a printed value."""
        return self._by_unit.units()

    def page(self, unit_id: str) -> InstrumentPage:
        """What the instrument says of one unit."""
        return InstrumentPage(self, unit_id, self._by_unit.records(unit_id))


def _own_pins(index: IndexDefinition, pins: Mapping[str, str]) -> dict[str, str]:
    """Of the pinned methodology what is common to the round, and the index and questionnaire of this instrument."""
    own = {f"index/{index.id}", f"questionnaire/{index.questionnaire}"}
    return {
        name: sha for name, sha in pins.items() if name in own or name.split("/")[0] not in ("index", "questionnaire")
    }


class InstrumentPage:
    """All printed values of one index for one unit (or the province)."""

    def __init__(self, instrument: Instrument, unit_id: str, scores: list[dict[str, Any]]) -> None:
        self._instrument = instrument
        self._unit_id = unit_id
        self._scores = {(str(row["node_code"]), str(row["variant"])): row for row in scores}
        self._sets: dict[str, CaseSet] = {}
        self._below = (*self._form_pieces(), *instrument.origin, instrument.sources)

    def printed(self) -> list[tuple[str, str]]:
        """Node and variant of every value."""
        return list(self._scores)

    def outline(self, node: str, variant_name: str) -> Outline | None:
        """One value, variant "" being the official one; None where there is none.

        Raises RulebookError `indices.unknown_variant`.
        """
        index, recount = self._instrument.index, self._instrument.recount
        variant = index.variant(variant_name)
        score = self._scores.get((node, variant.name))
        if score is None:
            return None
        key = (index.id, node, variant.name)
        pieces = [self._piece(("value", *key), lambda: explain_value(score, index))]
        if recount is not None:
            pieces.append(self._piece(("items", *key), lambda: self._items(recount, score, variant)))
        return Outline((*pieces, *self._below), self._case_set(variant), bool(score["agrees"]))

    def _items(self, recount: Recount, score: dict[str, Any], variant: Variant) -> Section:
        counts = recount.items(self._unit_id, score["node_code"], variant.name)
        is_plain = recount.is_plain(self._unit_id, variant.name)
        return explain_items(self._instrument.index, counts, score["counted_pct"], is_plain=is_plain)

    def _form_pieces(self) -> tuple[Piece, ...]:
        """What all values of the unit rest on: weights, forms, draw."""
        forms, unit_id, index_id = self._instrument.forms, self._unit_id, self._instrument.index.id
        if forms is None:
            return ()
        pieces = (
            self._piece(("weights", index_id), lambda: forms.weights(unit_id)),
            self._piece(("forms", index_id), lambda: forms.received(unit_id)),
            self._piece(("draw", index_id), lambda: forms.draw(unit_id)),
        )
        return pieces if forms.has_cases(unit_id) else pieces[1:]

    def _piece(self, key: tuple[str, ...], make: Callable[[], Section]) -> Piece:
        return Piece(self._unit_id, key, make)

    def _case_set(self, variant: Variant) -> CaseSet:
        """The unit's forms that a variant counts, listed once for all variants of one filter."""
        forms = self._instrument.forms
        if forms is None:
            return NO_CASES
        if variant.filter not in self._sets:
            name = f"{self._instrument.index.id}/{self._unit_id}/{variant.filter}"
            own = forms.case_ids(self._unit_id, users_only=variant.filter == "users_only")
            self._sets[variant.filter] = CaseSet(name, own)
        return self._sets[variant.filter]
