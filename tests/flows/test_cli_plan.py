"""`sipas plan` on the screen: what is stored, what is only looked at, precision in words."""

import json
import subprocess
from pathlib import Path

import pytest
from command import sipas
from small_round import ROUND, new_office

PRECISION = """
[[plan.targets]]
level = "province"
variable = "hài lòng"
margin = 0.02
assumed_share = 0.8

[[plan.targets]]
level = "unit"
variable = "hài lòng"
margin = %s
assumed_share = 0.8

[draw]
"""


@pytest.fixture
def run(tmp_path: Path):
    """The command in a workspace whose round has a frame; `run.office` is that workspace."""
    office = new_office(tmp_path, "framed")

    def call(*words: str) -> subprocess.CompletedProcess:
        return sipas("-w", office.ws.root, "plan", *words, folder=tmp_path)

    call.office = office
    return call


def amend(run, margin: str) -> None:
    from sipas.jobs.prepare.rounds import amend_round

    path = run.office.ws.root / "methodology" / "rounds" / ROUND / "round.toml"
    text = path.read_text(encoding="utf-8").replace("total = 1900\n", "")
    text = text.replace('method = "proportional"', 'method = "precision"').replace("[draw]\n", PRECISION % margin, 1)
    path.write_text(text, encoding="utf-8")
    amend_round(run.office.ws, ROUND, "thử")


def test_the_plan_and_previews_that_store_nothing(run) -> None:
    shown = run()
    assert shown.returncode == 0, shown.stderr
    for word in ("Cộng", "1.900", "Sai số chung", "± 2,58 điểm %", "tỷ lệ với tổng thể"):
        assert word in shown.stdout
    assert "XEM THỬ" not in shown.stdout and "Chi phí" not in shown.stdout
    preview = run("--per-unit", "20")
    assert preview.returncode == 0, preview.stderr
    assert preview.stdout.count("XEM THỬ: không lưu gì") == 2 and "số phiếu cố định" in preview.stdout
    facts = json.loads(run("--total", "3000", "--json").stdout)
    assert (facts["is_stored"], facts["sample_size"], facts["cost"]) == (False, 3000, None)
    assert len(facts["strata"]) == 78


def test_a_preview_asks_for_one_number(run) -> None:
    both = run("--total", "100", "--per-unit", "3")
    assert both.returncode == 2 and "chỉ chọn một" in both.stderr and "--help" in both.stderr
    too_many = run("--total", "900000")
    assert too_many.returncode == 1 and "<= 9000" in too_many.stderr and "Cần làm:" in too_many.stderr


def test_targets_in_words(run) -> None:
    amend(run, "0.3")
    shown = run()
    assert shown.returncode == 0, shown.stderr
    for word in (
        "Cận dưới (bài toán đối ngẫu)",
        "Chênh so với cận dưới",
        "Nới mục tiêu hài lòng ở toàn tỉnh",
        "phiếu.",
    ):
        assert word in shown.stdout
    facts = json.loads(run("--json").stdout)["targets"]
    assert facts["dual_bound"] <= facts["cost"] and len(facts["rows"]) == 79


def test_targets_out_of_reach_are_listed_with_what_can_be_reached(run) -> None:
    amend(run, "0.05")
    refused = run()
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    for word in (
        "không thể đạt",
        "hài lòng, đơn vị ",
        "± 5,00 điểm %",
        "Cần làm: Nới mục tiêu này",
        "Danh sách đầy đủ: ",
    ):
        assert word in refused.stderr
