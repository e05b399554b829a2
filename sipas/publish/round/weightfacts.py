"""The recipe of the weights in words, for the method sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sampling.weighting import Calibration, InClasses, Propensity, Rescale, Trim, WeightStep
from sipas.publish.round.surveyresults import MethodFact
from sipas.publish.wording import Wording
from sipas.weighting.recipe import STRATUM, WeightsPart


def weight_facts(say: Wording, part: WeightsPart, joined: Sequence[Sequence[str]]) -> list[MethodFact]:
    """The recipe in words, step by step, and the classes that were joined."""
    lines = []
    for number, step in enumerate(part.steps, 1):
        what = say.word("weight_step", step.kind)
        lines.append(MethodFact("weights", say.text("workbook_method.step", order=number), what + _details(say, step)))
    classes = joined_words(say, [(source, into) for _, source, into in joined])
    lonely = say.word("lonely_psu", part.lonely_psu)
    return [
        *lines,
        MethodFact("weights", say.text("workbook_method.joined_classes"), classes),
        MethodFact("errors", say.text("workbook_method.lonely_psu"), lonely),
    ]


def joined_words(say: Wording, joined: Iterable[Sequence[str]]) -> str:
    """What was joined to what, or that nothing was."""
    pairs = [say.text("workbook_method.joined", one=one, into=into) for one, into in joined]
    return "; ".join(pairs) or say.text("workbook_method.none")


def _details(say: Wording, step: WeightStep) -> str:
    if isinstance(step, InClasses):
        facts = {"classes": _column(say, step.classes), "factor": _number(say, step.max_factor)}
        return say.text("workbook_method.classes", n=step.min_respondents, **facts)
    if isinstance(step, Propensity):
        return say.text("workbook_method.propensity", n=step.groups, columns=_columns(say, step.covariates))
    if isinstance(step, Trim):
        rule, most = say.word("cap_rule", step.rule), _number(say, step.value)
        return say.text("workbook_method.trim", rule=rule, most=most, column=_column(say, step.by))
    if isinstance(step, Calibration):
        low, high = (_number(say, bound) for bound in step.bounds) if step.bounds else ("", "")
        return say.text(
            "workbook_method.calibration",
            margins=_columns(say, step.margins),
            partition=_column(say, step.partition) if step.partition else "",
            method=say.word("calibration_method", step.method) if step.kind == "calibrate" else "",
            low=low,
            high=high,
            penalties=_columns(say, step.penalties),
        )
    if isinstance(step, Rescale):
        is_n = step.to == "respondents"
        return say.text("workbook_method.rescale", total="" if is_n else _number(say, float(step.to)))
    return ""


def _columns(say: Wording, names: Iterable[str]) -> str:
    return ", ".join(_column(say, name) for name in names)


def _column(say: Wording, name: str) -> str:
    if name in ("", STRATUM):
        return say.text("workbook_method.by_stratum" if name else "workbook_method.by_nothing")
    return say.word("margin", name).lower()


def _number(say: Wording, value: float) -> str:
    return say.number(value, 0 if value == round(value) else 2)
