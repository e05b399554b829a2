"""The whole chain of a survey on a made-up population whose answers are known: draw, fieldwork, weights, estimates."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Literal

import numpy as np
import pandas as pd

from sampling.design import Design
from sampling.estimation import index_interval, linear_combinations, share_table
from sampling.selection import after_release, draw
from sampling.sums import totals
from sampling.weighting import Calibration, DesignStep, Nonresponse, apply_recipe

Fault = Literal["", "planned_probability", "issued_fpc", "plain_residuals"]

ITEMS = [f"c{number}" for number in range(1, 7)]
STATISTICS = [*ITEMS, "factor", "index"]
COMBINED = np.array([[1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 1]]) / [[3], [6]]  # C: a factor, and the mean of all items

# Persons, planned cases, reserves, share of answers, and satisfaction on the logit scale by commune. The two last ones
# are too small for an estimate of their own. Half the communes have reserves; those answer less, are less satisfied.
COMMUNES = pd.DataFrame(
    [
        ("x01", 420, 130, 60, 0.55, -0.9), ("x02", 260, 100, 0, 0.70, 0.7), ("x03", 300, 110, 50, 0.60, -0.7),
        ("x04", 380, 95, 0, 0.75, 0.9), ("x05", 240, 105, 50, 0.55, -1.0), ("x06", 340, 90, 0, 0.70, 0.5),
        ("x07", 450, 120, 55, 0.60, -0.5), ("x08", 220, 90, 0, 0.80, 1.0), ("x09", 310, 115, 50, 0.55, -0.8),
        ("x10", 280, 95, 0, 0.70, 0.4), ("x11", 360, 110, 50, 0.60, -0.4), ("x12", 200, 85, 0, 0.75, 1.1),
        ("x13", 90, 26, 8, 0.60, 0.0), ("x14", 60, 22, 0, 0.70, 0.4),
    ],
    columns=["stratum_id", "pop_size", "sample_size", "reserve_size", "answering", "level"],
)  # fmt: skip
EXPECTED_ANSWERS = 0.7  # what the office planned with: reserves go out where fewer came
BLANK_SHARE = 0.02
MARGINS = ("age", "field")
_ONE_EACH = {"min_respondents": 5, "max_factor": 5.0}


@dataclass(frozen=True, eq=False)
class Population:
    """frame: a row per person with stratum_id, age, field, response_class; answering: probability, (N,); answers: 0/1,
    NaN for "don't know", (N, items); truth: shares, factor and index of the whole and of every commune, (1 + H, 8)."""

    frame: pd.DataFrame
    answering: np.ndarray
    answers: np.ndarray
    truth: np.ndarray
    control_totals: pd.DataFrame

    @property
    def classes(self) -> tuple[str, ...]:
        """Response classes in the order in which small ones join."""
        return tuple(sorted(self.frame["response_class"].unique()))


@cache
def population(*, across: bool = False) -> Population:
    """3,910 persons of 14 communes. Satisfaction depends on commune, age, field and the person; answering on commune
    and age; "don't know" on age and item.

    across: communes lie farther apart, and answering depends on whether a commune has reserves, not on the commune: so
    response classes cross the strata.
    """
    communes = _far_communes() if across else COMMUNES
    rng = np.random.default_rng(20260715)
    code = np.repeat(np.arange(len(COMMUNES)), COMMUNES["pop_size"])
    count = len(code)
    is_young = rng.random(count) < 0.45
    field = rng.choice(4, count, p=[0.4, 0.25, 0.2, 0.15])
    age = np.where(is_young, "18-39", "40+")
    stratum = COMMUNES["stratum_id"].to_numpy()[code]
    frame = pd.DataFrame({"frame_unit_id": [f"p{one:05d}" for one in range(count)], "stratum_id": stratum})
    frame = frame.assign(psu_id=frame["frame_unit_id"], age=age, field=np.array(list("dhks"))[field])
    group = np.where(communes["reserve_size"] > 0, "few", "many")[code] if across else stratum
    frame = frame.assign(response_class=pd.Series(group) + " | " + frame["age"])
    person = communes["level"].to_numpy()[code] + np.where(is_young, -0.3, 0.3) + rng.normal(0, 0.7, count)
    person = person + np.array([1.1, 0.0, -0.9, -1.4])[field]
    logit = person[:, None] + np.array([1.2, 0.9, 0.6, 1.1, 0.8, 0.4])
    answers = (rng.random((count, len(ITEMS))) < 1 / (1 + np.exp(-logit))).astype(np.float64)
    unsure = np.where(is_young, 0.08, 0.03)[:, None] * np.array([0.3, 0.5, 0.8, 1, 1.5, 2])
    answers[rng.random(answers.shape) < unsure] = np.nan
    answering = communes["answering"].to_numpy()[code] + np.where(is_young, -0.12, 0.1)
    whole = [np.nanmean(answers, axis=0)]
    shares = np.array(whole + [np.nanmean(answers[code == one], axis=0) for one in range(len(COMMUNES))])
    return Population(frame, answering, answers, np.hstack([shares, shares @ COMBINED.T]), _margin_totals(frame))


def _far_communes() -> pd.DataFrame:
    """Every second pair of communes moved up, the others down; answering depends on reserves alone."""
    has_reserve = COMMUNES["reserve_size"] > 0
    shift = np.where(np.arange(len(COMMUNES)) // 2 % 2 == 0, 1.2, -1.2)
    return COMMUNES.assign(level=COMMUNES["level"] + shift, answering=np.where(has_reserve, 0.58, 0.72))


def _margin_totals(frame: pd.DataFrame) -> pd.DataFrame:
    """ControlTotals counted on the frame, also by stratum."""
    names = (*MARGINS, "stratum_id")
    tables = [frame.groupby(name).size().rename_axis("category").reset_index(name="total") for name in names]
    named = [table.assign(margin=name) for table, name in zip(tables, names, strict=True)]
    return pd.concat(named, ignore_index=True).assign(partition="", source="frame")


def allocation() -> pd.DataFrame:
    """The Allocation table of the communes."""
    return COMMUNES[["stratum_id", "pop_size", "sample_size", "reserve_size"]].assign(method="plan")


def fieldwork(people: Population, number: int) -> pd.DataFrame:
    """Issued cases of one chain: a new seed, who answered, reserves released in order, items left blank.

    A stratum with fewer answers than expected gets as many reserve cases as should fill the gap, if there are as many.
    Columns: those of Drawn, of the frame, case_status and the items.
    """
    rng = np.random.default_rng([number, 12])
    drawn = draw(people.frame, allocation(), sha256(f"chain {number}".encode()).hexdigest())
    row = people.frame.index[people.frame["frame_unit_id"].searchsorted(drawn["frame_unit_id"])].to_numpy()
    is_answer = rng.random(len(drawn)) < people.answering[row]
    came = drawn.loc[is_answer & ~drawn["is_reserve"]].groupby("stratum_id").size().reindex(COMMUNES["stratum_id"])
    short = np.ceil(EXPECTED_ANSWERS * COMMUNES["sample_size"].to_numpy()) - came.fillna(0).to_numpy()
    released = np.ceil(short / EXPECTED_ANSWERS).clip(0, COMMUNES["reserve_size"]).astype(int)
    issued = dict(zip(COMMUNES["stratum_id"], (COMMUNES["sample_size"] + released).tolist(), strict=True))
    final = after_release(drawn, allocation(), issued)
    known = people.frame.iloc[row][["age", "field", "response_class"]].reset_index(drop=True)
    answers = people.answers[row].copy()
    answers[rng.random(answers.shape) < BLANK_SHARE] = np.nan
    cases = final.assign(**known, case_status=np.where(is_answer, "respondent", "nonrespondent"))
    cases = cases.assign(**dict(zip(ITEMS, answers.T, strict=True)))
    return cases[cases["design_weight"].notna()].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class Estimated:
    """One chain: estimate, std_error, low, high of 95 % intervals, n; (1 + H, 8), the province first."""

    estimate: np.ndarray
    std_error: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: np.ndarray


def estimated(
    people: Population, issued: pd.DataFrame, fault: Fault = "", margins: tuple[str, ...] = MARGINS
) -> Estimated:
    """Weights and estimates of issued cases, right or with a planted fault: the probability of the planned sample kept
    after release, f from issued instead of responding cases, or residuals without the calibration."""
    cases = issued
    if fault == "planned_probability":
        cases = issued.assign(design_weight=1 / issued["planned_inclusion_prob"])
    recipe = (
        DesignStep(),
        Nonresponse("response_class", people.classes, **_ONE_EACH),
        Calibration("rake", margins),
    )
    done = apply_recipe(cases, recipe, people.control_totals)
    rows = cases.assign(final_weight=done.final, row_id=range(len(cases)))[done.respondents].reset_index(drop=True)
    pop_size = rows["stratum_id"].map(COMMUNES.set_index("stratum_id")["pop_size"]).astype(float)
    if fault == "issued_fpc":  # N n/m in place of N, so that n over it is m/N
        counts = [one.groupby("stratum_id").size() for one in (rows, cases)]
        pop_size = pop_size * rows["stratum_id"].map(counts[0] / counts[1])
    steps = () if fault == "plain_residuals" else done.calibration()
    rows = rows.assign(pop_size=pop_size)
    design = Design(rows, "final_weight", stratum="stratum_id", pop_size="pop_size", id="row_id", adjustments=steps)
    parts = [_table(design, by) for by in (None, "stratum_id")]
    return Estimated(*(np.vstack(pair) for pair in zip(*parts, strict=True)))


def _table(design: Design, by: str | None) -> tuple[np.ndarray, ...]:
    """estimate, std_error, low, high, n of every domain: item shares, then their combinations."""
    sums = totals(design, ITEMS, by)
    shares = share_table(sums)
    shape = (len(sums.domains), len(ITEMS))
    own = [shares[name].to_numpy().reshape(shape) for name in ("estimate", "std_error", "ci_low", "ci_high", "n")]
    both = linear_combinations(sums, COMBINED)
    more = (both.value, np.sqrt(both.variance), *index_interval(both), both.n)
    return tuple(np.hstack(pair) for pair in zip(own, more, strict=True))
