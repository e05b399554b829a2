"""The screens of a round of raters."""

import json

import pytest
from command import asked
from rater_round import draw, planned_round


@pytest.mark.slow
def test_who_rates_whom_before_and_after_the_draw(tmp_path) -> None:
    ws = planned_round(tmp_path)
    trial = asked(ws.root, "raters")
    assert trial.exit_code == 0, trial.output
    assert "tính thử, chưa rút mẫu" in trial.stdout
    assert "2.222 phiếu" in trial.stdout  # 18 x 90 + 602
    draw(ws)
    ws.close()
    assert "tính thử" not in asked(ws.root, "raters").stdout
    facts = json.loads(asked(ws.root, "raters", "--json").stdout)
    assert sum(one["n_forms"] for one in facts["burden"]) == 2222
    assert facts["is_trial"] is False
    screen = asked(ws.root, "returns").stdout
    assert "Người được hỏi" in screen and "HDND" in screen
    by_group = json.loads(asked(ws.root, "returns", "--json").stdout)["instruments"][0]["by_group"]
    assert {one["stratum_id"] for one in by_group} == {"HDND", "LDSO", "LDXA", "PSO", "PXA"}


def test_a_round_without_a_matrix_says_so(tmp_path) -> None:
    from small_round import new_office

    office = new_office(tmp_path)
    office.ws.close()
    done = asked(office.ws.root, "raters")
    assert done.exception.rule == "jobs.no_quotas"
