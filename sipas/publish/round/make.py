"""Step workbook: results, unit sheets, sub-scores, returns, weights and method of a round, filled from its steps."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from sampling.numbers import canonical_json, sha256_hex
from sipas.appraisal import current_inputs
from sipas.publish.round.methodfacts import fieldwork_facts, round_facts, values_facts
from sipas.publish.round.roundresults import Original, RoundResults
from sipas.publish.round.surveyresults import Fieldwork, SurveyResults
from sipas.publish.round.workbook import round_workbook
from sipas.publish.wording import Wording
from sipas.steps.declare import Reads, Step, StepResult
from sipas.steps.given import Given
from sipas.steps.merge import entries_of
from sipas.steps.outcomes import Ledger, returns_report
from sipas.steps.values import FACTS as VALUES_FACTS
from sipas.units import Unit
from sipas.words import Language


def make_workbook(given: Given) -> StepResult:
    """The workbook of the round. Raises what `round_workbook` raises."""
    return StepResult({"workbook.xlsx": round_workbook(round_results(given))})


def round_results(given: Given, lang: Language = "vi", original: Original | None = None) -> RoundResults:
    """Everything the workbook shows, in the words of a language; original: what a translation translates."""
    say = Wording(lang)
    return RoundResults(
        head=given.head,
        units=_units(say, given),
        rulebooks=given.rulebooks,
        ranked=given.table("merge/results"),
        unit_sheets=_unit_sheets(given),
        surveys=tuple(
            _values_results(say, instrument) if instrument in given.taken_over else _survey_results(say, instrument)
            for instrument in given.instruments.values()
        ),
        result_hash=_result_hash(given),
        software_version=given.setting("software_version"),
        input_hashes=tuple(sorted(set(_input_hashes(say, given)))),
        facts=tuple(round_facts(say, given)),
        lang=lang,
        original=original,
    )


def ledger_of(given: Given) -> Ledger:
    """What the ledger says of the returns of one instrument."""
    pairs = given.table("draw/pairs") if given.has("draw/pairs") else None
    return Ledger(given.ledger("cases"), given.ledger("rows"), given.ledger("batches"), pairs)


def _values_results(say: Wording, given: Given) -> SurveyResults:
    """What is printed of an instrument without respondents."""
    rules = given.values_rules
    return SurveyResults(
        instrument_id=given.instrument_id,
        title_vi=rules.title,
        short_vi=rules.short_vi,
        index=given.index,
        index_scores=given.table("values/index_scores"),
        source_vi=rules.source_vi,
        facts=values_facts(say, given),
    )


def _survey_results(say: Wording, given: Given) -> SurveyResults:
    """What is printed of a survey."""
    rules, manifest = given.rules, given.facts("draw/manifest.json")
    return SurveyResults(
        instrument_id=given.instrument_id,
        title_vi=rules.title,
        short_vi=rules.short_vi,
        index=given.index,
        index_scores=given.table("score/index_scores"),
        fieldwork=Fieldwork(
            rules=rules,
            returns=returns_report(ledger_of(given), given.table("draw/sample"), given.units_of_today()),
            weight_report=given.table("weight/weight_report"),
            margins=given.table("weight/margins"),
            manifest=manifest,
        ),
        facts=fieldwork_facts(say, given, manifest),
    )


def _result_hash(given: Given) -> str:
    """SHA-256 over the hashes of everything the workbook is made from."""
    by_instrument = {name: dict(instrument.hashes) for name, instrument in given.instruments.items()}
    return sha256_hex(canonical_json({"": dict(given.hashes), **by_instrument}))


def _input_hashes(say: Wording, given: Given) -> Iterator[tuple[str, str]]:
    """Name and hash of every input, received files among them; with the instrument where there are several.

    What is pinned bears its own id, so it needs no other mark; what several share comes more than once.
    """
    yield from ((_name(say, key), sha) for key, sha in given.hashes.items())
    for instrument_id, instrument in given.instruments.items():
        mark = f" ({instrument_id})" if len(given.instruments) > 1 else ""
        for key, sha in instrument.hashes.items():
            yield _name(say, key) + ("" if key.split("/")[0] in _PIN_KINDS else mark), sha
        if instrument in given.taken_over:
            yield f"{say.word('input', 'values_file')}{mark}", instrument.facts(f"values/{VALUES_FACTS}")["file"]
            continue
        batches = instrument.ledger("batches")
        for batch_id, sha in batches[["batch_id", "sha256"]].itertuples(index=False, name=None):
            yield f"{say.word('input', 'file')} {batch_id}{mark}", sha


def _name(say: Wording, key: str) -> str:
    """Name of an input: a pin by its kind and id, an output or a ledger read by its own name."""
    head, _, rest = key.partition("/")
    if head in _PIN_KINDS:
        return f"{say.word('input', head)} {rest}".strip()
    return say.word("input", rest)


def _units(say: Wording, given: Given) -> tuple[Unit, ...]:
    """Rated units of today, and those closed in the field: not rated any more, but their forms stay in the counts."""
    today = given.units_of_today()
    closed = [
        unit.model_copy(update={"unit_group": "", "name_vi": say.text("workbook.closed_unit", unit=unit.name_vi)})
        for unit in given.units_at_draw()
        if not today[unit.unit_id]
    ]
    return tuple(sorted([*given.rated_units(), *closed], key=lambda unit: (unit.sort_order, unit.unit_id)))


def _unit_sheets(given: Given) -> pd.DataFrame:
    """Unit sheets with the evidence named in the entry that counts."""
    key = ["rulebook_id", "unit_id", "criterion_code"]
    entries = given.ledger("appraisals")
    counted = [
        current_inputs(entries_of(entries, rulebook.id)).assign(rulebook_id=rulebook.id) for rulebook in given.rulebooks
    ]
    evidence = pd.concat(counted, ignore_index=True)[[*key, "evidence_id"]]
    return given.table("merge/unit_sheets").merge(evidence, on=key, how="left", validate="one_to_one")


_PIN_KINDS = ("round", "units", "questionnaire", "index", "rulebook")
WORKBOOK = Step(
    "workbook",
    "round",
    make_workbook,
    Reads(
        outputs=("merge/results", "merge/unit_sheets"),
        pins=("round", "units", "rulebook"),
        ledger=("appraisals", "events", "reopenings", "cancelled"),
        head=("id", "title_vi", "province_id", "province_vi", "year", "made_up", "units"),
    ),
    survey_reads=Reads(
        outputs=(
            "frame/frame_facts.json",
            "draw/manifest.json",
            "draw/sample",
            "weight/weighted_cases",
            "weight/joined.json",
            "weight/weight_report",
            "weight/margins",
            "score/index_scores",
        ),
        maybe=("draw/pairs",),
        pins=("units", "questionnaire", "index"),
        ledger=("cases", "rows", "batches", "reserves", "events"),
        rules=("title_vi", "short_vi", "fieldwork.cutoff", "weights", "codes"),
        head=("title_vi", "units"),
    ),
    values_reads=Reads(
        outputs=("values/index_scores", f"values/{VALUES_FACTS}"),
        pins=("index",),
        rules=("title_vi", "short_vi", "source_vi"),
        head=("title_vi",),
    ),
    settings=("software_version",),
)
