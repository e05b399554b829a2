"""Further lines of the method sheet: what an instrument's fieldwork and weights were, what happened to the round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sipas.publish.round.surveyresults import MethodFact, rows
from sipas.publish.round.weightfacts import joined_words, weight_facts
from sipas.publish.wording import Wording
from sipas.steps.given import Given
from sipas.steps.survey import joined_strata
from sipas.steps.values import FACTS as VALUES_FACTS


def values_facts(say: Wording, given: Given) -> tuple[MethodFact, ...]:
    """An instrument without respondents: whose figures it has, and what they came in."""
    rules, facts = given.values_rules, given.facts(f"values/{VALUES_FACTS}")
    errors = say.text("workbook_method.errors_given", nodes=", ".join(facts["nodes_with_errors"]))
    lines = [
        ("taken_over", "workbook_method.source", rules.source_vi),
        ("taken_over", "workbook_method.file", facts["file_name"]),
        ("taken_over", "workbook_method.file_hash", facts["file"]),
        ("taken_over", "workbook_method.units_with_values", say.number(facts["n_units"], 0)),
        ("taken_over", "workbook_method.units_ended", ", ".join(facts["ended"])),
        ("errors", "workbook_method.group_taken_over", errors),
    ]
    return tuple(MethodFact(group, say.text(key), value) for group, key, value in lines if value)


def fieldwork_facts(say: Wording, given: Given, manifest: Mapping[str, Any]) -> tuple[MethodFact, ...]:
    """An instrument with respondents: frame, receipt, reserves, weights, errors."""
    rules, plan, frame = given.rules, manifest["plan"], given.facts("frame/frame_facts.json")
    first, last = (say.day(plan[edge]) for edge in ("window_start", "window_end"))
    window = say.text("workbook_method.window_words", first=first, last=last)
    bears_dates = plan["target"] == "transaction"
    lines = [
        ("frame", "workbook_method.sampled", say.word("frame_kind", plan["target"])),
        *([("frame", "workbook_method.window", window)] if bears_dates else []),
        ("frame", "workbook_method.on_frame", say.number(frame["counts"]["on_frame"], 0)),
        ("frame", "workbook_method.without_contact", say.number(frame["without_contact"], 0)),
        ("returns", "workbook_method.cutoff", say.day(rules.fieldwork.cutoff)),
    ]
    weights = weight_facts(say, rules.weights, given.facts("weight/joined.json")["joined"])
    joined = MethodFact("errors", say.text("workbook_method.joined_strata"), joined_words(say, joined_strata(given)))
    facts = (MethodFact(group, say.text(key), value) for group, key, value in lines)
    return (*facts, *_reserve_facts(say, given), *weights, joined)


def round_facts(say: Wording, given: Given) -> Iterator[MethodFact]:
    """The round itself: instruments that were cancelled, units that ended in the field, reopenings."""
    for survey in rows(given.ledger("cancelled")):
        words = say.text("workbook_method.cancelled", day=say.day(survey["day"]), reason=survey["reason"])
        yield MethodFact("cancelled", survey["title_vi"], words)
    for event in rows(given.ledger("events")):
        name = say.text("workbook_method.unit_from", unit=event["unit_id"], day=say.day(event["effective_on"]))
        facts = {"successor": event["successor_id"], "decision": event["decision"]}
        yield MethodFact("units", name, say.text("workbook_method.unit_ended", **facts))
    for reopening in rows(given.ledger("reopenings")):
        day, until = say.day(reopening["day"]), say.day(reopening["counts_until"])
        name = say.text("workbook_method.reopening", order=reopening["reopen_no"], day=day)
        words = say.text("workbook_method.reopening_words", reason=reopening["reason"], until=until)
        yield MethodFact("reopened", name, words)


def _reserve_facts(say: Wording, given: Given) -> Iterator[MethodFact]:
    for change in rows(given.ledger("reserves")):
        words = say.text(
            "workbook_method.reserves",
            kind=say.word("reserve_kind", change["kind"]),
            first=change["first_order"],
            last=change["last_order"],
            reason=change["reason"],
        )
        yield MethodFact("reserves", say.text("workbook_method.stratum", id=change["stratum_id"]), words)
