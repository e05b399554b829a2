"""The plan of a round: every method stored, previews stored nowhere, precision with its bounds, old plans stale."""

from pathlib import Path

import pytest
from small_round import ROUND, Office, seal_and_draw

from errors import DesignError, FaultsFound, StoreError
from sipas.jobs.prepare.plan import make_plan, preview_plan
from sipas.jobs.prepare.rounds import amend_round
from sipas.jobs.stepruns.workbench import Workbench

PROPORTIONAL = 'method = "proportional"'
TARGETS = """
[plan.cost]
so = 2
xa = 3

[[plan.targets]]
level = "province"
variable = "hài lòng"
margin = 0.02
assumed_share = { so = 0.9, xa = 0.8 }

[[plan.targets]]
level = "unit"
unit_group = "so"
variable = "hài lòng"
margin = 0.3
assumed_share = 0.8

[draw]
"""


def amend(office: Office, *changes: tuple[str, str]) -> None:
    path = office.ws.root / "methodology" / "rounds" / ROUND / "round.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    amend_round(office.ws, ROUND, "thử cách phân bổ")


def files_of(office: Office) -> set[Path]:
    return {path for path in office.ws.root.rglob("*") if path.is_file() and path.suffix not in (".log", ".db")}


def test_a_preview_stores_nothing_and_says_so(framed: Office) -> None:
    made = make_plan(framed.ws, ROUND)
    before, head = files_of(framed), framed.ws.log.head()
    more = preview_plan(framed.ws, ROUND, total=3_000)
    few = preview_plan(framed.ws, ROUND, per_unit=9)
    assert (made.is_stored, more.is_stored, few.is_stored) == (True, False, False)
    assert more.table["sample_size"].sum() == 3_000
    assert set(few.table["sample_size"]) <= set(range(10))
    assert few.margin > made.margin > more.margin
    assert files_of(framed) == before and framed.ws.log.head() == head
    again = make_plan(framed.ws, ROUND)
    assert not again.is_new and again.table.equals(made.table)


def test_a_preview_of_the_same_total_is_the_plan(framed: Office) -> None:
    made, same = make_plan(framed.ws, ROUND), preview_plan(framed.ws, ROUND, total=1_900)
    assert same.table.equals(made.table) and same.margin == made.margin


@pytest.mark.parametrize(
    "changes",
    [
        ((PROPORTIONAL, 'method = "neyman"\nassumed_share = { so = 0.9, xa = 0.8 }'),),
        ((PROPORTIONAL, 'method = "power"\nexponent = 0.3\nassumed_share = 0.8'),),
        ((PROPORTIONAL, 'method = "cost_optimal"\nassumed_share = 0.8\ncost = { so = 1, xa = 4 }'),),
    ],
)
def test_other_methods_of_a_total(framed: Office, changes: tuple[tuple[str, str], ...]) -> None:
    amend(framed, *changes)
    report = make_plan(framed.ws, ROUND)
    assert report.table["sample_size"].sum() == 1_900
    assert (report.table["sample_size"] >= report.table["pop_size"].clip(upper=15)).all()
    assert set(report.table["method"]) == {report.rules.method}


@pytest.mark.full
def test_fixed_numbers_need_no_total_and_can_be_drawn(framed: Office) -> None:
    amend(
        framed,
        (PROPORTIONAL, 'method = "fixed"'),
        ("total = 1900\n", ""),
        ("min_per_stratum = 15\n", ""),
        ("[draw]\n", "[plan.fixed]\nso = 30\nxa = 12\n\n[draw]\n"),
    )
    report = make_plan(framed.ws, ROUND)
    sizes = report.table.set_index("stratum_id")["sample_size"]
    pop = report.table.set_index("stratum_id")["pop_size"]
    assert sizes.to_dict() == {one: min(n, 30 if one.startswith("S") else 12) for one, n in pop.items()}
    assert seal_and_draw(framed.ws).n_main == sizes.sum()


def test_precision_with_bounds_gap_and_prices(framed: Office) -> None:
    amend(framed, (PROPORTIONAL, 'method = "precision"'), ("total = 1900\n", ""), ("[draw]\n", TARGETS))
    report = make_plan(framed.ws, ROUND)
    found = report.targets
    assert found.cost == report.cost == report.table["cost"].sum()
    assert found.dual_bound <= found.whole_bound <= found.cost
    assert found.gap_share < 0.01
    assert len(found.rows) == 1 + 18
    assert (found.rows["reached"] <= found.rows["limit"] * (1 + 1e-9)).all()
    assert found.rows["price"].max() > 0
    again = make_plan(framed.ws, ROUND)
    assert not again.is_new and again.targets.rows.equals(found.rows)
    with pytest.raises(DesignError) as caught:
        preview_plan(framed.ws, ROUND, total=500)
    assert caught.value.rule == "plan.no_total"


def test_after_the_draw_the_plan_is_shown_as_it_was(framed: Office) -> None:
    made = make_plan(framed.ws, ROUND)
    seal_and_draw(framed.ws)
    again = make_plan(framed.ws, ROUND)
    assert not again.is_new and again.table.equals(made.table)
    assert preview_plan(framed.ws, ROUND, per_unit=5).table["sample_size"].max() == 5


def test_an_amended_plan_makes_the_old_one_stale(framed: Office) -> None:
    make_plan(framed.ws, ROUND)
    amend(framed, ("total = 1900", "total = 2000"))
    with pytest.raises(StoreError) as caught:
        Workbench(framed.ws, ROUND).result("plan")
    assert caught.value.rule == "jobs.step_stale"
    assert make_plan(framed.ws, ROUND).table["sample_size"].sum() == 2_000


def test_faults_of_the_plan_come_together_before_anything_is_pinned(framed: Office) -> None:
    with pytest.raises(FaultsFound) as caught:
        amend(framed, (PROPORTIONAL, 'method = "precision"\nexponent = 0.5'))
    found = [(fault.rule, fault.column) for fault in caught.value.faults]
    assert found == [
        ("rounds.plan_missing", "plan.targets"),
        ("rounds.plan_unused", "plan.exponent"),
        ("rounds.plan_unused", "plan.total"),
    ]
    assert framed.ws.rounds.get(ROUND).amend_no == 0


def test_a_key_that_names_no_group_is_found_when_the_parts_meet(framed: Office) -> None:
    with pytest.raises(FaultsFound) as caught:
        amend(framed, ("expected_response = 0.75", "expected_response = { so = 0.9, huyen = 0.8 }"))
    assert [fault.rule for fault in caught.value.faults] == ["rounds.plan_key", "rounds.plan_uncovered"]
