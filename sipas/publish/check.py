"""The pack proved before anything is drawn: known ids, complete sheets, counts that add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from sampling.errors import Fault, FaultsFound
from sampling.tables import Table
from sipas.publish.pack import RoundPack, RulebookFacts
from sipas.publish.tables import (
    BATCHES,
    INDEX_SCORES,
    MARGINS,
    REJECTIONS,
    RESPONSES,
    RESULTS,
    SHEETS,
    UNITS,
    WEIGHTS,
)

_UNIT_FRAMES = ("results", "sheets", "index_scores", "responses", "rejections", "weights")


def checked(pack: RoundPack) -> RoundPack:
    """`pack` with its frames in canonical order and types, so that row order changes no byte.

    Raises DataError of `sampling.tables` for a frame that is not as declared, FaultsFound `publish.pack` naming
    every unknown id, every missing row of a unit's sheet and every count that does not add up.
    """
    sheets = pack.sheets if "evidence" in pack.sheets.columns else pack.sheets.assign(evidence=None)
    proved = replace(
        pack,
        units=_declared(UNITS, pack.units).sort_values(["sort_order", "unit_id"], ignore_index=True),
        results=_declared(RESULTS, pack.results),
        sheets=_declared(SHEETS, sheets),
        index_scores=_declared(INDEX_SCORES, pack.index_scores),
        responses=_declared(RESPONSES, pack.responses),
        rejections=_declared(REJECTIONS, pack.rejections),
        batches=_declared(BATCHES, pack.batches),
        weights=_declared(WEIGHTS, pack.weights),
        margins=_declared(MARGINS, pack.margins),
    )
    faults = [*_unknown_ids(proved), *_sheet_rows(proved), *_responses(proved), *_batches(proved)]
    if faults:
        raise FaultsFound("publish.pack", faults, where=pack.facts.round_id)
    return proved


def _declared(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    return table.check(frame[[name for name in table.names() if name in frame.columns]])


def _unknown_ids(pack: RoundPack) -> Iterable[Fault]:
    known = {*pack.units["unit_id"], pack.facts.province_unit_id, ""}
    for name in _UNIT_FRAMES:
        frame: pd.DataFrame = getattr(pack, name)
        for unit_id in sorted(set(frame["unit_id"]) - known):
            yield Fault("publish.unknown_unit", name, column="unit_id", got=unit_id)
    for book in pack.rulebooks:
        if book.unit_group not in pack.groups:
            yield Fault("publish.unknown_group", book.rulebook_id, got=book.unit_group)
    books = {book.rulebook_id for book in pack.rulebooks}
    for name in ("results", "sheets"):
        for rulebook_id in sorted(set(getattr(pack, name)["rulebook_id"]) - books):
            yield Fault("publish.unknown_rulebook", name, column="rulebook_id", got=rulebook_id)
    nodes = {(index.index_id, node.node_code) for index in pack.indices for node in index.nodes}
    scored = pack.index_scores[["index_id", "node_code"]].drop_duplicates()
    for index_id, node_code in sorted(set(scored.itertuples(index=False, name=None)) - nodes):
        yield Fault("publish.unknown_node", "index_scores", column="node_code", got=f"{index_id}/{node_code}")


def _sheet_rows(pack: RoundPack) -> Iterable[Fault]:
    for book in pack.rulebooks:
        yield from _rows_of_book(pack, book)


def _rows_of_book(pack: RoundPack, book: RulebookFacts) -> Iterable[Fault]:
    codes = {one.code for one in book.criteria}
    units = set(pack.results.loc[pack.results["rulebook_id"] == book.rulebook_id, "unit_id"])
    rows = pack.sheets.loc[pack.sheets["rulebook_id"] == book.rulebook_id, ["unit_id", "criterion_code"]]
    found = set(rows.itertuples(index=False, name=None))
    wanted = {(unit_id, code) for unit_id in units for code in codes}
    for unit_id, code in sorted(wanted - found):
        yield Fault("publish.missing_row", "sheets", column=unit_id, expected=code)
    for unit_id, code in sorted(found - wanted):
        yield Fault("publish.stray_row", "sheets", column=unit_id, got=code)


def _responses(pack: RoundPack) -> Iterable[Fault]:
    frame = pack.responses
    by_unit = pack.rejections.groupby("unit_id")["n"].sum()
    rejected = frame["unit_id"].map(by_unit).fillna(0).astype("int64")
    issued = frame["n_returned"] + frame["n_outstanding"]
    for unit_id, got, expected in _unequal(frame["unit_id"], issued, frame["n_issued"]):
        yield Fault("publish.issued_sum", "responses", column=unit_id, got=got, expected=expected)
    returned = frame["n_valid"] + rejected
    for unit_id, got, expected in _unequal(frame["unit_id"], returned, frame["n_returned"]):
        yield Fault("publish.returned_sum", "responses", column=unit_id, got=got, expected=expected)
    for unit_id in sorted(set(pack.rejections["unit_id"]) - set(frame["unit_id"])):
        yield Fault("publish.rejection_unit", "rejections", column=unit_id)


def _batches(pack: RoundPack) -> Iterable[Fault]:
    frame = pack.batches
    total = frame[["n_accepted", "n_late", "n_duplicate", "n_set_aside"]].sum(axis=1)
    for batch_id, got, expected in _unequal(frame["batch_id"], total, frame["n_rows"]):
        yield Fault("publish.batch_sum", "batches", column=batch_id, got=got, expected=expected)


def _unequal(ids: pd.Series, sums: pd.Series, wholes: pd.Series) -> list[tuple[str, str, str]]:
    """(id, sum, whole) as text where a sum is not its whole."""
    wrong = sums != wholes
    triples = zip(ids[wrong], sums[wrong], wholes[wrong], strict=True)
    return [(str(one), str(got), str(expected)) for one, got, expected in triples]
