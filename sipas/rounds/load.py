"""Reading a round folder: the new form with `[[instruments]]`, and for ever the old one with a single survey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, get_args

from errors import Fault, FaultsFound
from sipas.datafiles import build, read_models, read_toml
from sipas.quotas import read_quotas
from sipas.rounds.faults import (
    FILE,
    group_faults,
    instrument_faults,
    list_faults,
    repeated_counts,
    round_faults,
    section_faults,
    spare_faults,
)
from sipas.rounds.model import (
    NO_RESPONDENTS,
    ONLY_INSTRUMENT,
    InstrumentFacts,
    InstrumentHead,
    InstrumentRules,
    Respondents,
    RoundHead,
    SurveyRound,
    ValuesFacts,
    ValuesRules,
)
from sipas.rounds.sections import DossierCount, FrameCode, FrameHeading

# What the old form says of its one survey at the top of the file; the new form says it in `[[instruments]]`.
_OF_INSTRUMENT: Final = (
    "code",
    "questionnaire",
    "index",
    "fieldwork",
    "frame",
    "plan",
    "draw",
    "weights",
    "conductors",
)


def load_round(folder: Path) -> SurveyRound:
    """Round of a folder: round.toml; of every survey frame_columns.csv and frame_codes.csv, dossier_counts.csv and
    rater_quotas.csv where they are there, in a folder named after the instrument (in the old form beside round.toml).

    Raises FaultsFound `rounds.folder` with every fault.
    """
    faults: list[Fault] = []
    header = read_toml(folder / FILE, faults)
    if faults:
        raise FaultsFound("rounds.folder", faults, where=folder.name)
    is_old = "instruments" not in header
    if not is_old:
        faults += [Fault("rounds.both_forms", FILE, column=name, got=name) for name in _OF_INSTRUMENT if name in header]
        header = {name: value for name, value in header.items() if name not in _OF_INSTRUMENT}
    round_values = {name: value for name, value in header.items() if name not in (*_OF_INSTRUMENT, "instruments")}
    head = build(RoundHead, round_values, FILE, 0, faults)
    loaded = [
        _instrument(values, head, (place, folder if is_old else None), folder, faults)
        for place, values in enumerate(_sections(header, faults) if not is_old else [_only(header)], start=1)
    ]
    faults += round_faults([instrument for instrument in loaded if instrument is not None])
    rules = tuple(instrument for instrument in loaded if isinstance(instrument, InstrumentRules))
    if not faults:  # whom an instrument spares is only known once all of them are read
        placed_faults = [(survey.id, fault) for survey in rules for fault in spare_faults(survey, rules)]
        faults += [fault if is_old else _placed(fault, instrument_id) for instrument_id, fault in placed_faults]
    if faults or head is None:
        raise FaultsFound("rounds.folder", faults, where=folder.name)
    placed = tuple(instrument for instrument in loaded if isinstance(instrument, InstrumentRules | ValuesRules))
    return SurveyRound(head=head, instruments=placed)


def _sections(header: Mapping[str, Any], faults: list[Fault]) -> list[Mapping[str, Any]]:
    """The `[[instruments]]` tables of the file."""
    sections = header["instruments"]
    if not isinstance(sections, list) or not sections or not all(isinstance(section, dict) for section in sections):
        faults.append(Fault("rounds.no_instruments", FILE, column="instruments"))
        return []
    return sections


def _only(header: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one survey of the old form, told as an instrument."""
    plan = header.get("plan")
    has_lists = isinstance(plan, dict) and plan.get("frame_kind") == "official"
    section = {name: header[name] for name in _OF_INSTRUMENT if name in header}
    return {"id": ONLY_INSTRUMENT, "respondents": "lists" if has_lists else "frame", **section}


def _instrument(
    values: Mapping[str, Any],
    head: RoundHead | None,
    place: tuple[int, Path | None],
    folder: Path,
    faults: list[Fault],
) -> InstrumentHead | None:
    """One instrument; place: its position, and where its files lie in the old form. The facts alone where anything of
    it is at fault."""
    kind, kinds = values.get("respondents"), (*get_args(Respondents), NO_RESPONDENTS)
    if isinstance(kind, str) and kind not in kinds:
        fault = Fault("data.field", FILE, column="respondents", got=kind, expected=" | ".join(kinds))
        faults.append(_placed(fault, str(values.get("id", place[0]))))
        return None
    if kind == NO_RESPONDENTS:
        return _taken_over(values, head, place[0], faults)
    return _survey(values, head, place, folder, faults)


def _taken_over(
    values: Mapping[str, Any], head: RoundHead | None, position: int, faults: list[Fault]
) -> InstrumentHead | None:
    """An instrument without respondents, which has no files."""
    read_faults = list(section_faults(values))
    extra = {name: value for name, value in values.items() if name not in InstrumentFacts.model_fields}
    shared = {name: values[name] for name in ValuesFacts.model_fields if name in values}
    facts = build(ValuesFacts, {**extra, **shared}, FILE, 0, read_faults)
    if facts is not None:
        read_faults += group_faults(facts, head)
    faults += [_placed(fault, str(values.get("id", position))) for fault in read_faults]
    if read_faults or head is None or facts is None:
        return facts
    return ValuesRules(**facts.model_dump(), round=head, position=position)


def _survey(
    values: Mapping[str, Any],
    head: RoundHead | None,
    place: tuple[int, Path | None],
    folder: Path,
    faults: list[Fault],
) -> InstrumentHead | None:
    """A survey with its files."""
    position, beside = place
    own_id = str(values.get("id", position))
    read_faults: list[Fault] = []
    facts = build(InstrumentFacts, values, FILE, 0, read_faults)
    files = beside if beside is not None else folder / own_id
    headings = [heading for _, heading in read_models(files / "frame_columns.csv", FrameHeading, read_faults)]
    codes = [code for _, code in read_models(files / "frame_codes.csv", FrameCode, read_faults)]
    counts_path, matrix = files / "dossier_counts.csv", files / "rater_quotas.csv"
    counts = (
        [count for _, count in read_models(counts_path, DossierCount, read_faults)] if counts_path.is_file() else []
    )
    quotas = read_quotas(matrix, head.units.unit_groups if head is not None else (), read_faults)
    read_faults += repeated_counts(counts)
    if facts is not None:
        read_faults += list_faults(facts, has_matrix=matrix.is_file(), headings=headings)
        read_faults += instrument_faults(facts, head, headings, codes)
    faults += read_faults if beside is not None else [_placed(fault, own_id) for fault in read_faults]
    if read_faults or head is None or facts is None:
        return facts
    layout = {"headings": tuple(headings), "codes": tuple(codes), "dossier_counts": tuple(counts), "quotas": quotas}
    return InstrumentRules(**facts.model_dump(), round=head, position=position, **layout)


def _placed(fault: Fault, instrument_id: str) -> Fault:
    """A fault with the instrument it belongs to: in its file's folder, or in the key of round.toml."""
    if fault.file == FILE:
        return replace(fault, column=f"instruments.{instrument_id}.{fault.column}")
    return replace(fault, file=f"{instrument_id}/{fault.file}")
