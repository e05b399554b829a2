"""Step traces: the explanation of every printed number of a round, kept so that no later program has to find it."""

from __future__ import annotations

from dataclasses import replace

from sipas.steps.declare import Reads, Step, StepResult
from sipas.steps.given import Given
from sipas.steps.merge import entries_of
from sipas.steps.outcomes import Ledger, case_outcomes, under_today
from sipas.steps.survey import SURVEY_READS, survey_data
from sipas.steps.values import FACTS
from sipas.trace import (
    TRACE_CASES,
    TRACE_SECTIONS,
    TRACE_TERMS,
    TRACES,
    FormTables,
    InstrumentTables,
    Origin,
    TraceInputs,
    explain_all,
)

_PINS = ("round", "units", "questionnaire", "index", "rulebook")


def make_traces(given: Given) -> StepResult:
    """Explanations of all printed numbers: traces, their sections, the forms behind them, the codes that have words."""
    tables = explain_all(trace_inputs(given))
    return StepResult(
        {
            "traces": TRACES.arrow(tables.traces),
            "trace_sections": TRACE_SECTIONS.arrow(tables.sections),
            "trace_cases": TRACE_CASES.arrow(tables.cases),
            "trace_terms": TRACE_TERMS.arrow(tables.terms),
        }
    )


def trace_inputs(given: Given) -> TraceInputs:
    """What the explanations of a round need."""
    entries = given.ledger("appraisals")
    pins = {name: sha for source in (given, *given.instruments.values()) for name, sha in source.hashes.items()}
    return TraceInputs(
        round_id=given.head.id,
        year=given.head.year,
        province_id=given.head.province_id,
        units=given.rated_units(),
        rulebooks=given.rulebooks,
        unit_sheets=given.table("merge/unit_sheets"),
        results=given.table("merge/results"),
        entries={rulebook.id: entries_of(entries, rulebook.id) for rulebook in given.rulebooks},
        pins={name: sha for name, sha in sorted(pins.items()) if name.split("/")[0] in _PINS},
        instruments=tuple(
            _values(instrument) if instrument in given.taken_over else _survey(instrument)
            for instrument in given.instruments.values()
        ),
    )


def _values(given: Given) -> InstrumentTables:
    """One instrument whose values another agency measured, with the file they came in."""
    facts = given.facts(f"values/{FACTS}")
    scores = "values/index_scores"
    inputs = {"values_file": facts["file"], "index_scores": given.hashes[scores]}
    origin = Origin(given.values_rules.source_vi, facts["file_name"], facts["file"])
    return InstrumentTables(given.index, given.table(scores), inputs, None, origin)


def _survey(given: Given) -> InstrumentTables:
    """One survey with the forms behind its values."""
    ledger = Ledger(given.ledger("cases"), given.ledger("rows"), given.ledger("batches"))
    outcomes = case_outcomes(ledger)
    today = under_today(outcomes["unit_id"], given.units_of_today())
    forms = FormTables(
        data=survey_data(given),
        outcomes=outcomes.assign(unit_id=today)[["case_id", "unit_id", "outcome", "reason"]],
        batches=ledger.batches[["batch_id", "file_name", "sha256"]],
        case_batches=ledger.rows[["case_id", "batch_id"]],
        manifest=given.facts("draw/manifest.json"),
    )
    inputs = {
        "frame": given.hashes["frame/frame"],
        "sample": given.hashes["draw/sample"],
        "weighted_cases": given.hashes["weight/weighted_cases"],
        "index_scores": given.hashes["score/index_scores"],
    }
    return InstrumentTables(given.index, given.table("score/index_scores"), inputs, forms)


TRACES_STEP = Step(
    "traces",
    "round",
    make_traces,
    Reads(
        outputs=("merge/results", "merge/unit_sheets"),
        pins=("round", "units", "rulebook"),
        ledger=("appraisals", "events"),
        head=("id", "year", "province_id", "units"),
    ),
    survey_reads=replace(
        SURVEY_READS,
        outputs=(
            *SURVEY_READS.outputs,
            "frame/frame",
            "draw/sample",
            "draw/manifest.json",
            "score/index_scores",
        ),
        ledger=(*SURVEY_READS.ledger, "cases", "rows", "batches"),
    ),
    values_reads=Reads(
        outputs=("values/index_scores", f"values/{FACTS}"),
        pins=("index",),
        rules=("source_vi",),
    ),
)
