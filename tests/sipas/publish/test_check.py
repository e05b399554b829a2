"""A pack that does not hold together is refused, and every fault is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from errors import DataError, FaultsFound
from sipas.publish.round.check import checked
from sipas.publish.round.pack import RoundPack

Resurvey = Callable[..., RoundPack]


def rules(pack: RoundPack) -> list[tuple[str, str]]:
    with pytest.raises(FaultsFound) as caught:
        checked(pack)
    assert caught.value.rule == "publish.pack"
    return [(fault.rule, fault.got) for fault in caught.value.faults]


def test_good_pack_comes_back_in_register_order(pack: RoundPack) -> None:
    shuffled = replace(pack, units=pack.units.sample(frac=1, random_state=1))
    assert checked(shuffled).units["unit_id"].tolist() == pack.units["unit_id"].tolist()


def test_forms_that_do_not_add_up(pack: RoundPack, resurvey: Resurvey) -> None:
    responses = pack.surveys[0].responses.copy()
    responses.loc[0, "n_outstanding"] += 1
    responses.loc[1, "n_valid"] -= 2
    issued, returned = responses.loc[0, "n_issued"], responses.loc[1, "n_returned"]
    assert rules(resurvey(pack, responses=responses)) == [
        ("publish.issued_sum", str(issued + 1)),
        ("publish.returned_sum", str(returned - 2)),
    ]


def test_rejected_forms_of_a_unit_without_issued_ones(pack: RoundPack, resurvey: Resurvey) -> None:
    more = pd.DataFrame({"unit_id": ["T00"], "reason": ["returns.late"], "n": [1]})
    assert rules(resurvey(pack, rejections=pd.concat([pack.surveys[0].rejections, more]))) == [
        ("publish.rejection_unit", "")
    ]


def test_rows_of_a_file_that_do_not_add_up(pack: RoundPack, resurvey: Resurvey) -> None:
    batches = pack.surveys[0].batches.copy()
    batches.loc[2, "n_late"] -= 1
    assert rules(resurvey(pack, batches=batches)) == [("publish.batch_sum", "232")]


def test_missing_and_stray_rows_of_a_unit_sheet(pack: RoundPack) -> None:
    sheets = pack.sheets.copy()
    first = (sheets["unit_id"] == "S02") & (sheets["criterion_code"] == "3.2")
    sheets.loc[first, "criterion_code"] = "9.9"
    assert rules(replace(pack, sheets=sheets)) == [("publish.missing_row", ""), ("publish.stray_row", "9.9")]


def test_unknown_ids_are_all_named(pack: RoundPack, resurvey: Resurvey) -> None:
    scores = pack.index_scores.copy()
    scores.loc[0, "unit_id"] = "Z99"
    scores.loc[1, "node_code"] = "III"
    weights = pack.surveys[0].weights.copy()
    weights.loc[weights.index[-1], "unit_id"] = "Z98"
    assert rules(replace(resurvey(pack, weights=weights), index_scores=scores)) == [
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


def test_surveys_and_indices_that_do_not_belong_together(pack: RoundPack, resurvey: Resurvey) -> None:
    assert rules(resurvey(pack, index_id="dai-bieu")) == [
        ("publish.index_surveys", "0"),
        ("publish.survey_index", "dai-bieu"),
    ]
    second = replace(pack.surveys[0], instrument_id="dai-bieu")
    assert rules(replace(pack, surveys=(*pack.surveys, second))) == [("publish.index_surveys", "2")]
    assert ("publish.survey_twice", "khao-sat") in rules(replace(pack, surveys=pack.surveys * 2))


def test_faults_of_every_survey_are_found_and_say_which(pack: RoundPack, resurvey: Resurvey) -> None:
    other = replace(pack.indices[0], index_id="dai-bieu")
    second = replace(pack.surveys[0], instrument_id="dai-bieu", index_id="dai-bieu")
    both = replace(pack, indices=(*pack.indices, other), surveys=(*pack.surveys, second))
    batches = second.batches.assign(n_waiting=[0, 7, 0])
    with pytest.raises(FaultsFound) as caught:
        checked(resurvey(both, 1, batches=batches))
    assert [(one.rule, one.where, one.got) for one in caught.value.faults] == [
        ("publish.batch_sum", "dai-bieu/batches, L02", "1487")
    ]
    with pytest.raises(DataError, match=r"pack\.batches dai-bieu"):
        checked(resurvey(both, 1, batches=batches.drop(columns="n_waiting")))
