"""A pack that does not hold together is refused, and every fault is named."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from sampling.errors import DataError, FaultsFound
from sipas.publish.check import checked
from sipas.publish.pack import RoundPack


def rules(pack: RoundPack) -> list[tuple[str, str]]:
    with pytest.raises(FaultsFound) as caught:
        checked(pack)
    assert caught.value.rule == "publish.pack"
    return [(fault.rule, fault.got) for fault in caught.value.faults]


def test_good_pack_comes_back_in_register_order(pack: RoundPack) -> None:
    shuffled = replace(pack, units=pack.units.sample(frac=1, random_state=1))
    assert checked(shuffled).units["unit_id"].tolist() == pack.units["unit_id"].tolist()


def test_forms_that_do_not_add_up(pack: RoundPack) -> None:
    responses = pack.responses.copy()
    responses.loc[0, "n_outstanding"] += 1
    responses.loc[1, "n_valid"] -= 2
    issued, returned = responses.loc[0, "n_issued"], responses.loc[1, "n_returned"]
    assert rules(replace(pack, responses=responses)) == [
        ("publish.issued_sum", str(issued + 1)),
        ("publish.returned_sum", str(returned - 2)),
    ]


def test_rejected_forms_of_a_unit_without_issued_ones(pack: RoundPack) -> None:
    more = pd.DataFrame({"unit_id": ["T00"], "reason": ["returns.late"], "n": [1]})
    assert rules(replace(pack, rejections=pd.concat([pack.rejections, more]))) == [("publish.rejection_unit", "")]


def test_rows_of_a_file_that_do_not_add_up(pack: RoundPack) -> None:
    batches = pack.batches.copy()
    batches.loc[2, "n_late"] -= 1
    assert rules(replace(pack, batches=batches)) == [("publish.batch_sum", "232")]


def test_missing_and_stray_rows_of_a_unit_sheet(pack: RoundPack) -> None:
    sheets = pack.sheets.copy()
    first = (sheets["unit_id"] == "S02") & (sheets["criterion_code"] == "3.2")
    sheets.loc[first, "criterion_code"] = "9.9"
    assert rules(replace(pack, sheets=sheets)) == [("publish.missing_row", ""), ("publish.stray_row", "9.9")]


def test_unknown_ids_are_all_named(pack: RoundPack) -> None:
    scores = pack.index_scores.copy()
    scores.loc[0, "unit_id"] = "Z99"
    scores.loc[1, "node_code"] = "III"
    weights = pack.weights.copy()
    weights.loc[weights.index[-1], "unit_id"] = "Z98"
    assert rules(replace(pack, index_scores=scores, weights=weights)) == [
        ("publish.unknown_node", "sipas/III"),
        ("publish.unknown_unit", "Z99"),
        ("publish.unknown_unit", "Z98"),
    ]


def test_rulebook_of_no_group_and_results_of_no_rulebook(pack: RoundPack) -> None:
    found = rules(replace(pack, rulebooks=pack.rulebooks[:1], groups={"xa": "xã, phường, đặc khu"}))
    assert ("publish.unknown_group", "so") in found
    assert found.count(("publish.unknown_rulebook", "made-up-gia-dinh/2026-xa")) == 2


def test_repeated_rows_and_missing_columns_are_refused(pack: RoundPack) -> None:
    with pytest.raises(DataError, match=r"table\.key"):
        checked(replace(pack, results=pd.concat([pack.results, pack.results.head(1)])))
    with pytest.raises(DataError, match=r"table\.columns"):
        checked(replace(pack, results=pack.results.drop(columns="index_shown")))


def test_further_columns_are_ignored_and_evidence_may_be_absent(pack: RoundPack) -> None:
    proved = checked(replace(pack, sheets=pack.sheets.drop(columns="evidence"), units=pack.units.assign(kind="so")))
    assert proved.sheets["evidence"].isna().all()
    assert "kind" not in proved.units.columns
