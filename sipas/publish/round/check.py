"""The pack proved before anything is drawn: known ids, complete sheets, counts that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from errors import Fault, FaultsFound
from sampling.tables import Table
from sipas.publish.round.pack import RoundPack, RulebookFacts, SurveyFacts
from sipas.publish.round.tables import (
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

_UNIT_FRAMES = ("results", "sheets", "index_scores")
_SURVEY_UNIT_FRAMES = ("responses", "rejections", "weights")
_ROW_COUNTS = [
    "n_accepted",
    "n_late",
    "n_duplicate",
    "n_set_aside",
    "n_superseded",
    "n_withdrawn",
    "n_waiting",
]


def checked(pack: RoundPack) -> RoundPack:
    """`pack` with its frames in canonical order and types, so that row order changes no byte.

    Raises DataError of `sampling.tables` for a frame that is not as declared, FaultsFound `publish.pack` naming
    every unknown id, every missing row of a unit's sheet, every survey or index without its counterpart and every
    count that does not add up; the place of a fault in a survey is `<instrument_id>/<frame>`.
    """
    sheets = pack.sheets if "evidence" in pack.sheets.columns else pack.sheets.assign(evidence=None)
    proved = replace(
        pack,
        units=_declared(UNITS, pack.units).sort_values(["sort_order", "unit_id"], ignore_index=True),
        results=_declared(RESULTS, pack.results),
        sheets=_declared(SHEETS, sheets),
        index_scores=_declared(INDEX_SCORES, pack.index_scores),
        surveys=tuple(_proved(survey) for survey in pack.surveys),
    )
    faults = [*_unknown_ids(proved), *_sheet_rows(proved), *_surveys(proved)]
    for survey in proved.surveys:
        faults += [*_survey_units(proved, survey), *_responses(survey), *_batches(survey)]
    if faults:
        raise FaultsFound("publish.pack", faults, where=pack.facts.round_id)
    return proved


def _declared(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    return table.check(frame[[name for name in table.names() if name in frame.columns]])


def _proved(survey: SurveyFacts) -> SurveyFacts:
    def proved(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
        return _declared(replace(table, name=f"{table.name} {survey.instrument_id}"), frame)

    return replace(
        survey,
        responses=proved(RESPONSES, survey.responses),
        rejections=proved(REJECTIONS, survey.rejections),
        batches=proved(BATCHES, survey.batches),
        weights=proved(WEIGHTS, survey.weights),
        margins=proved(MARGINS, survey.margins),
    )


def _surveys(pack: RoundPack) -> Iterable[Fault]:
    """One survey for every index, one index for every survey, no survey twice."""
    indices = [index.index_id for index in pack.indices]
    surveys = Counter(survey.instrument_id for survey in pack.surveys)
    counted = Counter(survey.index_id for survey in pack.surveys)
    for instrument_id in sorted(one for one, times in surveys.items() if times > 1):
        yield Fault("publish.survey_twice", "surveys", column="instrument_id", got=instrument_id)
    for survey in pack.surveys:
        if survey.index_id not in indices:
            yield Fault(
                "publish.survey_index", survey.instrument_id, got=survey.index_id, expected=", ".join(sorted(indices))
            )
    for index_id in indices:
        if counted[index_id] != 1:
            yield Fault("publish.index_surveys", index_id, got=str(counted[index_id]), expected="1")


def _survey_units(pack: RoundPack, survey: SurveyFacts) -> Iterable[Fault]:
    for name in _SURVEY_UNIT_FRAMES:
        yield from _unknown_units(pack, getattr(survey, name), f"{survey.instrument_id}/{name}")


def _unknown_units(pack: RoundPack, frame: pd.DataFrame, where: str) -> Iterable[Fault]:
    known = {*pack.units["unit_id"], pack.facts.province_unit_id, ""}
    for unit_id in sorted(set(frame["unit_id"]) - known):
        yield Fault("publish.unknown_unit", where, column="unit_id", got=unit_id)


def _unknown_ids(pack: RoundPack) -> Iterable[Fault]:
    for name in _UNIT_FRAMES:
        yield from _unknown_units(pack, getattr(pack, name), name)
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


def _responses(survey: SurveyFacts) -> Iterable[Fault]:
    frame, place = survey.responses, f"{survey.instrument_id}/responses"
    by_unit = survey.rejections.groupby("unit_id")["n"].sum()
    rejected = frame["unit_id"].map(by_unit).fillna(0).astype("int64")
    issued = frame["n_returned"] + frame["n_outstanding"]
    for unit_id, got, expected in _unequal(frame["unit_id"], issued, frame["n_issued"]):
        yield Fault("publish.issued_sum", place, column=unit_id, got=got, expected=expected)
    returned = frame["n_valid"] + rejected
    for unit_id, got, expected in _unequal(frame["unit_id"], returned, frame["n_returned"]):
        yield Fault("publish.returned_sum", place, column=unit_id, got=got, expected=expected)
    for unit_id in sorted(set(survey.rejections["unit_id"]) - set(frame["unit_id"])):
        yield Fault("publish.rejection_unit", f"{survey.instrument_id}/rejections", column=unit_id)


def _batches(survey: SurveyFacts) -> Iterable[Fault]:
    frame, place = survey.batches, f"{survey.instrument_id}/batches"
    total = frame[_ROW_COUNTS].sum(axis=1)
    for batch_id, got, expected in _unequal(frame["batch_id"], total, frame["n_rows"]):
        yield Fault("publish.batch_sum", place, column=batch_id, got=got, expected=expected)


def _unequal(ids: pd.Series, sums: pd.Series, wholes: pd.Series) -> list[tuple[str, str, str]]:
    """(id, sum, whole) as text where a sum is not its whole."""
    wrong = sums != wholes
    triples = zip(ids[wrong], sums[wrong], wholes[wrong], strict=True)
    return [(str(one), str(got), str(expected)) for one, got, expected in triples]
