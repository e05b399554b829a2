"""True answers: the province shares are known exactly; answers hang together as answers do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from example_truth import population_truth

from sipas.example.answers import ITEMS, Codes, Population, satisfied_counts, true_answers
from sipas.example.population import MadeUpFrame


def _alpha(codes: Codes) -> float:
    """Cronbach's alpha k/(k-1) (1 - sum of item variances / variance of the sum)."""
    scores = codes.astype(float)
    k = scores.shape[1]
    return k / (k - 1) * (1 - scores.var(axis=0, ddof=1).sum() / scores.sum(axis=1).var(ddof=1))


def _eligible(frame: MadeUpFrame) -> np.ndarray:
    days, numbers = frame.rows["Ngày trả kết quả"], frame.rows["Mã hồ sơ"]
    return (days.between("2025-07-01", "2026-06-30") & ~numbers.duplicated()).to_numpy()


def test_the_items_are_the_23_and_16_of_the_form() -> None:
    assert len(ITEMS) == 39
    assert sum(item.startswith("I.") for item in ITEMS) == 23
    assert ITEMS[:3] == ("I.A1", "I.A2", "I.B1")
    assert ITEMS[22:25] == ("I.D10", "II.A1", "II.A2")
    assert ITEMS[-1] == "II.E3"


def test_shares_of_the_eligible_are_8384_and_8409(population: Population) -> None:
    rows = _eligible(population.frame)
    shares = 100 * (population.items[rows] >= 4).mean(axis=0)
    assert shares[:23].mean() == pytest.approx(83.84, abs=1e-9)
    assert shares[23:].mean() == pytest.approx(84.09, abs=1e-9)
    assert (np.ptp(shares[:23]) > 4) and (np.ptp(shares[23:]) > 4)
    # 23 x 200,000 x .8384 and 16 x 200,000 x .8409 satisfied answers
    satisfied = population.items[rows] >= 4
    assert (satisfied[:, :23].sum(), satisfied[:, 23:].sum()) == (3_856_640, 2_690_880)


def test_truth_is_over_the_eligible_and_equals_the_published_mean(population: Population) -> None:
    truth = population_truth(population)
    assert truth.n == 200_000
    assert truth.policy_pct == pytest.approx(83.84)
    assert truth.service_pct == pytest.approx(84.09)
    # (23 x 83.84 + 16 x 84.09) / 39
    assert truth.overall_pct == pytest.approx(83.9425641, abs=1e-6)


def test_truth_of_a_part_is_its_own_share(population: Population) -> None:
    chosen = population.frame.unit_now == "X05"
    rows = _eligible(population.frame) & chosen
    truth = population_truth(population, chosen)
    assert truth.n == rows.sum()
    assert truth.overall_pct == pytest.approx(100 * (population.items[rows] >= 4).mean())


def test_units_differ_but_not_wildly(population: Population) -> None:
    units = sorted(set(population.frame.unit_now))
    shares = [population_truth(population, population.frame.unit_now == unit).overall_pct for unit in units]
    assert 2 < np.std(shares) < 5
    assert 70 < min(shares) < max(shares) < 95


def test_answers_are_codes_1_to_5_and_hang_together(population: Population) -> None:
    items = population.items[_eligible(population.frame)]
    assert items.shape == (200_000, 39)
    assert set(np.unique(items)) == {1, 2, 3, 4, 5}
    for part in (items, items[:, :23], items[:, 23:]):
        assert 0.88 < _alpha(part) < 0.95


def test_refused_returned_and_overdue_are_less_satisfied(population: Population) -> None:
    rows = pd.Series(_eligible(population.frame))
    result = population.frame.rows["Kết quả"]
    service = pd.Series((population.items[:, 23:] >= 4).mean(axis=1))
    mean = service[rows].groupby(result[rows]).mean()
    assert mean["Đã giải quyết"] > 0.86
    assert mean["Từ chối"] < mean["Quá hạn"] < mean["Trả lại"] < mean["Đã giải quyết"] - 0.1


def test_one_person_answers_alike_and_a_repeated_row_the_same(population: Population) -> None:
    rows = population.frame.rows
    again = rows["Mã hồ sơ"].duplicated()
    first = rows[~again].reset_index().set_index("Mã hồ sơ")["index"]
    originals = first[rows.loc[again, "Mã hồ sơ"]].to_numpy()
    assert (population.items[again.to_numpy()] == population.items[originals]).all()
    assert (population.experience[again.to_numpy()] == population.experience[originals]).all()
    score = pd.Series(population.items.mean(axis=1))[~again]
    of_person = score.groupby(rows.loc[~again, "Số định danh"])
    within = of_person.var().dropna().mean()
    assert within < 0.75 * score.var()


def test_some_have_used_no_service(population: Population) -> None:
    rows = _eligible(population.frame)
    none = population.experience[rows].sum(axis=1) == 0
    assert set(np.unique(population.experience)) == {0, 1}
    assert 0.05 < none.mean() < 0.12
    users = population_truth(population, population.experience.sum(axis=1) > 0)
    assert 0.2 < users.overall_pct - 83.9426 < 1.5


def test_same_seed_same_answers(population: Population) -> None:
    again = true_answers(population.frame, 20260701)
    assert (again.items == population.items).all()
    assert (again.experience == population.experience).all()
    assert (true_answers(population.frame, 1).items != population.items).any()


def test_satisfied_counts_add_up_for_any_size() -> None:
    for n in (1_000, 12_345):
        counts = satisfied_counts(n)
        assert counts[:23].sum() == round(0.8384 * 23 * n)
        assert counts[23:].sum() == round(0.8409 * 16 * n)
        assert (counts < n).all()
