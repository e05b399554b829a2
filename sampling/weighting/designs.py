"""Adjustments of the weights of a design: each takes a design and gives the next one (docs/methods.md, section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from numbers import Real
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from errors import DesignError, WeightError
from sampling.arguments import check_choice, check_column, check_kind, check_number, check_table, kind_of
from sampling.design import Adjustment, Design, row_ids
from sampling.disposition import check_status
from sampling.numbers import FloatArray
from sampling.weighting.adjust import calibrated
from sampling.weighting.auxiliary import auxiliary
from sampling.weighting.classes import JoinRule, class_codes
from sampling.weighting.distances import CalibrationMethod
from sampling.weighting.nonresponse import eligibility_factor, response_factor
from sampling.weighting.steps import Calibration
from sampling.weighting.trim import CapRule, caps

Margins = pd.DataFrame | Mapping[str, "Mapping[object, float] | pd.Series | float"]
"""Known totals: by margin the total of every category, or one number; or the ControlTotals table."""


def rake(design: Design, margins: Margins, *, partition: str = "", missing_category: str = "") -> Design:
    """Weights w_k = d_k prod_m r_m(k) whose sums in every category of every margin are the known totals.

    Iterative proportional fitting (Deming, Stephan 1940); margins are met to 1e-9 or there is an error.
    margins: {column: {category: total}}, dict or Series, numbers of population units; or the ControlTotals table
    (margin, category, total; partition). Categories are matched by their text, numbers by their value: 1 is 1.0.
    partition: column whose values have their own totals (table only);
    missing_category: the category of missing values, otherwise an error. Returns a design whose last adjustment `rake`
    holds the margins before and after. Same weights as `calibrate(method="raking")`; one margin: `poststratify`.
    Raises WeightError `weights.category` for a margin of numbers, and what `calibrate` raises.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"sex": list("ffmm"), "area": list("xyxy"), "w": 10.0})
    >>> design = rake(Design(data, weight="w"), {"sex": {"f": 30, "m": 20}, "area": {"x": 25, "y": 25}})
    >>> design.weights.tolist()
    [15.0, 15.0, 10.0, 10.0]
    >>> design.adjustments[-1].margins[["margin", "category", "before", "after"]].values.tolist()[0]
    ['area', 'x', 20.0, 25.0]
    """
    return _calibrated(design, margins, _step("rake", partition, missing_category))


def poststratify(design: Design, margins: Margins, *, partition: str = "", missing_category: str = "") -> Design:
    """Weights to the totals of one margin, w_k = d_k N_c / sum_{c} d. Arguments as `rake`.

    After a `trim`, what the cap takes from a row goes to the others of its category in proportion.
    Raises WeightError `weights.one_margin` for more than one margin, and what `rake` raises.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"sex": list("ffm"), "w": 10.0})
    >>> poststratify(Design(data, weight="w"), {"sex": {"f": 30, "m": 12}}).weights.tolist()
    [15.0, 15.0, 12.0]
    """
    return _calibrated(design, margins, _step("poststratify", partition, missing_category))


def calibrate(
    design: Design,
    margins: Margins,
    *,
    method: CalibrationMethod = "linear",
    bounds: tuple[float, float] | None = None,
    partition: str = "",
    missing_category: str = "",
    negative: bool = False,
    penalties: Mapping[str, float] | None = None,
) -> Design:
    """Weights w_k = d_k F(x_k'lambda) nearest to d_k with sum w x = T (Deville, Sarndal 1992).

    margins: as `rake`; a margin of numbers has one total: {"income": 5.1e6}; the margin "*" is the number of units.
    method: linear F = 1 + u; raking exp(u); truncated and logit stay within bounds (L, U) of w/d, 0 <= L < 1 < U.
    negative: linear weights below 0 are accepted. penalties: margins that need not be met, with their cost c > 0: the
    distance sum d (F - 1)^2/2 and the penalty c N/2 ((sum w x - T)/T)^2, N = sum d, are lowered together, so a miss of
    1 % costs c times as much as moving all weights by 1 % (Beaumont, Bocci 2008). After a `trim` its cap stays.
    Met when |sum w x - T| <= 1e-9 max(|T|, sum w |x|) for every margin; columns that depend on others are left out when
    their totals agree. Errors of estimates take the calibration into account: residuals as R survey `calibrate`.
    Raises WeightError: `weights.margin_column`, `weights.margin_category`, `weights.missing`, `weights.partition`,
    `weights.unknown_partition`, `weights.same_category`, `weights.repeated_total`, `weights.bad_total`,
    `weights.method`, `weights.bounds`, `weights.penalty`, `weights.contradiction`, `weights.out_of_reach`,
    `weights.not_converged`, `weights.negative`, and of the cells `weights.empty_cell`, `weights.zero_total`,
    `weights.margins_disagree`; DesignError `arguments.*`.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"income": [1.0, 2.0, 3.0], "w": 10.0})
    >>> design = calibrate(Design(data, weight="w"), {"income": 66, "*": 30})
    >>> [round(float(weight), 6) for weight in design.weights]
    [7.0, 10.0, 13.0]
    """
    options: dict[str, Any] = {"method": method, "bounds": bounds, "negative": negative, "penalties": penalties or {}}
    return _calibrated(design, margins, replace(_step("calibrate", partition, missing_category), **options))


def trim(design: Design, rule: CapRule, value: float, *, by: str = "") -> Design:
    """Weights cut at a cap, w_k = min(d_k, cap_k); the calibrations that follow keep the cap.

    rule: absolute, cap = value; times_median, times_mean: value times that of the weights; quantile: the least weight
    with a share >= value (0..1) at or below it. by: column of groups that have their own cap. The cap is set once.
    A trim alone loses what it cuts off: calibrate after it.
    Raises WeightError `weights.cap`, `weights.column`, `weights.missing`, `weights.order` after a calibration;
    DesignError `arguments.choice`, `arguments.number`.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"sex": list("fffm"), "w": [10.0, 10.0, 40.0, 10.0]})
    >>> design = trim(Design(data, weight="w"), "times_median", 2)
    >>> design.weights.tolist()
    [10.0, 10.0, 20.0, 10.0]
    >>> poststratify(design, {"sex": {"f": 48, "m": 12}}).weights.tolist()
    [14.0, 14.0, 20.0, 12.0]
    """
    check_kind("design", design, Design)
    check_choice("rule", rule, get_args(CapRule))
    check_number("value", value)
    check_column("by", by)
    if design.calibration:
        raise WeightError("weights.order", where="trim", got=_names(design, "trim"))
    design = design.with_ids()
    _check_columns(design, "trim", [by] if by else [])
    cap = caps(design.weights, rule, value, design.data[by] if by else None)
    before, row_id = design.weights, row_ids(design.data, design.id_columns)
    return _adjusted(design, Adjustment("trim", row_id, before, np.minimum(before, cap), cap=cap))


def adjust_nonresponse(
    design: Design,
    classes: str,
    *,
    status: str = "case_status",
    order: Sequence[str] = (),
    min_respondents: int = 20,
    max_factor: float = 3.0,
) -> Design:
    """The design of the respondents, who carry the weight of those who did not answer in their class.

    design: of all issued cases; status: column of respondent, nonrespondent, ineligible, unknown. In class c
    a1_c = sum_{issued} d / sum_{known} d and a2_c = sum_{R+NR} d a1 / sum_{R} d a1; w = d a1 a2; ineligibles leave.
    classes: column of response classes; a class with fewer than `min_respondents` respondents or a2 > `max_factor`
    joins the next in `order` (none: sorted; the last joins the one before); `adjustments[-1].joined` names the joins.
    Raises WeightError `weights.column`, `disposition.status`, `weights.missing`, `weights.class`,
    `weights.no_respondents`, `weights.order` after another adjustment.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"class": list("aaab"), "w": 10.0, "case_status": "respondent"})
    >>> data.loc[1, "case_status"] = "nonrespondent"
    >>> issued = Design(data, weight="w")
    >>> adjust_nonresponse(issued, "class", min_respondents=1).weights.tolist()
    [15.0, 15.0, 10.0]
    """
    check_kind("design", design, Design)
    check_column("status", status)
    check_column("classes", classes)
    if design.adjustments:
        raise WeightError("weights.order", where="nonresponse", got=_names(design, "nonresponse"))
    design = design.with_ids()
    _check_columns(design, "nonresponse", [status, classes])
    answers = check_status(design.data[status]).to_numpy()
    labels = order or sorted(design.data[classes].dropna().unique())
    code = class_codes(design.data[classes], labels)
    rule = JoinRule(min_respondents=min_respondents, max_factor=max_factor)
    joined = response_factor(code, design.weights, answers, len(labels), rule)
    joined_code = joined.target[code]
    rule = JoinRule(min_respondents=1, max_factor=np.inf)
    eligibility = eligibility_factor(joined_code, design.weights, answers, len(labels), rule)
    kept = answers == "respondent"
    before = design.weights[kept]
    adjustment = Adjustment(
        "nonresponse",
        row_ids(design.data[kept], design.id_columns),
        before,
        before * eligibility.factor[joined_code][kept] * joined.factor[code][kept],
        joined=tuple((labels[a], labels[b]) for a, b in joined.joined),
    )
    return replace(design, data=design.data[kept], adjustments=(adjustment,))


def control_totals(margins: Margins) -> pd.DataFrame:
    """Margins as the long table margin, category, partition, total. Categories become their text.

    Raises DesignError `arguments.margins`, `arguments.columns`.
    """
    if isinstance(margins, pd.DataFrame):
        check_table("margins", margins, ("margin", "category", "total"))
        _refuse_other_totals(margins["total"].tolist())
        texts = [name for name in ("category", "partition") if name in margins.columns]
        return margins.assign(**{name: [_text(value) for value in margins[name]] for name in texts})
    _refuse_other_totals(_known(margins) if isinstance(margins, Mapping) else [margins])
    lines = [
        (margin, str(category), "", float(total))
        for margin, totals in margins.items()
        for category, total in (totals.items() if isinstance(totals, Mapping | pd.Series) else [("", totals)])
    ]
    return pd.DataFrame(lines, columns=["margin", "category", "partition", "total"])


def _known(margins: Mapping[str, Any]) -> list[object]:
    """All totals of margins given as a dictionary: by category, or one for the margin."""
    nested = [
        [total for _, total in totals.items()] if isinstance(totals, Mapping | pd.Series) else [totals]
        for totals in margins.values()
    ]
    return [total for totals in nested for total in totals]


def _refuse_other_totals(known: Sequence[object]) -> None:
    """DesignError `arguments.margins` for a total that is no number: a text, None, a list without categories."""
    wrong = [total for total in known if not isinstance(total, Real | Decimal)]
    if wrong:
        got, expected = kind_of(wrong[0]), '{"sex": {"f": 300, "m": 290}}'
        raise DesignError("arguments.margins", where="margins", got=got, expected=expected)


def _text(value: object) -> str:
    is_empty = value is None or value is pd.NA or value != value
    return "" if is_empty else str(value)


def _check_columns(design: Design, step: str, names: Sequence[str]) -> None:
    absent = [name for name in names if name not in design.data.columns]
    if absent:
        expected = ", ".join(map(str, design.data.columns))
        raise WeightError("weights.column", where=step, got=", ".join(absent), expected=expected)


def _step(kind: Literal["poststratify", "rake", "calibrate"], partition: str, missing_category: str) -> Calibration:
    return Calibration(kind, (), partition=partition, missing_category=missing_category)


def _calibrated(design: Design, margins: Margins, step: Calibration) -> Design:
    check_kind("design", design, Design)
    totals = control_totals(margins)
    names = totals["margin"].unique()
    if step.kind == "poststratify" and len(names) != 1:
        raise WeightError("weights.one_margin", got=len(names), expected=1)
    design = design.with_ids()
    x = auxiliary(design.data, totals, step.partition or None, step.missing_category or None)
    fitted = calibrated(x, step, design.weights, _cap(design))
    earlier = sum(adjustment.name.startswith(step.kind) for adjustment in design.adjustments)
    name = f"{step.kind}_{earlier + 1}" if earlier else step.kind
    return _adjusted(design, fitted.step(name, row_ids(design.data, design.id_columns)))


def _cap(design: Design) -> FloatArray | None:
    return next((adjustment.cap for adjustment in reversed(design.adjustments) if adjustment.cap is not None), None)


def _adjusted(design: Design, adjustment: Adjustment) -> Design:
    return replace(design, adjustments=(*design.adjustments, adjustment))


def _names(design: Design, last: str) -> str:
    return " > ".join([*(adjustment.name for adjustment in design.adjustments), last])
