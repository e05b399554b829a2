"""Today's unit of every row of the list."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from sipas.cells.text import folded
from sipas.framekinds import UNIT_SEPARATOR
from sipas.rounds import InstrumentRules
from sipas.units import Unit, UnitRegister


def unit_label(unit: Unit) -> str:
    """A unit as the drop-downs of the template offer it: "X05 - Xã Bến Nghé"."""
    return f"{unit.unit_id} - {unit.name_vi}"


def unit_codes(cells: pd.Series, register: UnitRegister) -> pd.Series:
    """Cells with the labels of the template replaced by the unit's code; anything else stays as it is."""
    labels = {folded(unit_label(unit)): unit.unit_id for unit in register.units}
    codes, distinct = pd.factorize(cells)
    plain = pd.Series([labels.get(folded(str(cell)), str(cell)) for cell in distinct], dtype="str")
    return pd.Series(plain.to_numpy(dtype=object)[codes], index=cells.index, dtype="str")


def placed_units(
    cells: pd.DataFrame, row_key: pd.Series, rules: InstrumentRules, register: UnitRegister
) -> pd.DataFrame:
    """Today's unit of every row: as the file says where it says one, else through the crosswalk.

    Columns unit_id, unit_id_at_event (code), how, bad_unit_id, bad_unit_id_at_event.
    """
    on = rules.units.on
    at_event, given = unit_codes(cells["unit_id_at_event"], register), unit_codes(cells["unit_id"], register)
    resolved = register.resolve(at_event, row_key, on)
    has_unit = given != ""
    today = register.resolve(given.where(has_unit, at_event), row_key, on)
    is_listed = has_unit & (today["how"] == "same")
    how = resolved["how"].mask(is_listed & resolved["how"].isin(("split", "closed", "unknown")), "same")
    return pd.DataFrame(
        {
            "unit_id": today["unit_id"].where(is_listed, resolved["unit_id"]),
            "unit_id_at_event": at_event,
            "how": how,
            "bad_unit_id": has_unit & ~is_listed,
            "bad_unit_id_at_event": resolved["how"] == "unknown",
        }
    )


def placed_firms(
    cells: pd.DataFrame, row_key: pd.Series, rules: InstrumentRules, register: UnitRegister
) -> pd.DataFrame:
    """As `placed_units` for firms, whose cell may name several units: `rated_units` holds today's rated ones of all
    rows of the firm in the order of the register, joined by `;`, and `unit_id` the first of them (else of any);
    `unit_id_at_event` all codes of the firm."""
    pieces = cells["unit_id_at_event"].str.split(UNIT_SEPARATOR).explode().str.strip()
    pieces = pieces[(pieces != "") | ~pieces.index.duplicated()]
    firm = row_key.reindex(pieces.index)
    at = pieces.index
    at_event = unit_codes(pieces.reset_index(drop=True), register)
    resolved = register.resolve(at_event, firm.reset_index(drop=True), rules.units.on)
    long = resolved.assign(row=at, firm=firm.to_numpy(), at_event=at_event)
    order = {unit.unit_id: place for place, unit in enumerate(register.valid_on(rules.units.on))}
    rated = rated_ids(rules, register)
    long = long.assign(place=long["unit_id"].map(order), is_rated=long["unit_id"].isin(rated))
    ordered = long.sort_values(["firm", "place"], kind="stable").drop_duplicates(["firm", "unit_id"])
    joined = ordered[ordered["is_rated"]].groupby("firm")["unit_id"].agg(UNIT_SEPARATOR.join)
    by_row = long.groupby("row", sort=False)
    rated_units = row_key.map(joined).fillna("").astype("str")
    at_events = long.drop_duplicates(["firm", "at_event"]).groupby("firm")["at_event"].agg(_joined)
    first = rated_units.str.split(UNIT_SEPARATOR, n=1).str[0]
    any_unit = by_row["unit_id"].first().reindex(cells.index)
    return pd.DataFrame(
        {
            "unit_id": first.where(first != "", any_unit).astype("str"),
            "unit_id_at_event": row_key.map(at_events).astype("str"),
            "how": by_row["how"].first().reindex(cells.index).astype("str"),
            "bad_unit_id": False,
            "bad_unit_id_at_event": (long["how"] == "unknown").groupby(long["row"]).any().reindex(cells.index),
            "rated_units": rated_units,
        }
    )


def rated_ids(rules: InstrumentRules, register: UnitRegister) -> Collection[str]:
    """Rated units of the round."""
    part = rules.units
    return {unit.unit_id for group in part.unit_groups for unit in register.rated_on(part.on, group)}


def _joined(units: pd.Series) -> str:
    return UNIT_SEPARATOR.join(sorted(units))
