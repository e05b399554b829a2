"""The made-up round's workbook, opened as a reader would, and ways to look into it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from made_up_results import make_index, make_manifest, make_returns, make_score, with_survey
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sipas.indices import INDEX_SCORES, IndexDefinition
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.surveyresults import Fieldwork, MethodFact, SurveyResults
from sipas.publish.round.workbook import round_workbook
from sipas.rulebook import Link
from sipas.steps.outcomes import ReturnsReport


def _shuffled(results: RoundResults, seed: int) -> RoundResults:
    def mixed(table: pd.DataFrame) -> pd.DataFrame:
        return table.sample(frac=1, random_state=seed)

    shuffled = replace(results, ranked=mixed(results.ranked), unit_sheets=mixed(results.unit_sheets))
    for place, survey in enumerate(results.surveys):
        changes = {"index_scores": survey.index_scores}
        if survey.fieldwork is not None:
            returns = survey.fieldwork.returns
            changes |= {"by_unit": returns.by_unit, "rejections": returns.rejections, "batches": returns.batches}
            changes |= {"weight_report": survey.fieldwork.weight_report, "margins": survey.fieldwork.margins}
        shuffled = with_survey(shuffled, place, **{name: mixed(table) for name, table in changes.items()})
    return shuffled


def _open(data: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def _cells(book: Workbook) -> Iterator[Cell]:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            yield from (cell for cell in row if cell.value is not None)


def _find(sheet: Worksheet, text: str, *, column: int | None = None) -> Cell:
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value == text and column in (None, cell.column):
                return cell
    raise AssertionError(f"{text!r} not on {sheet.title}")


@pytest.fixture(scope="session")
def data(results: RoundResults) -> bytes:
    return round_workbook(results)


@pytest.fixture(scope="session")
def book(data: bytes) -> Workbook:
    return _open(data)


@pytest.fixture(scope="session")
def opened() -> Callable[[bytes], Workbook]:
    """Open the bytes of a workbook."""
    return _open


@pytest.fixture(scope="session")
def cells() -> Callable[[Workbook], Iterator[Cell]]:
    """All cells with a value."""
    return _cells


@pytest.fixture(scope="session")
def shuffled() -> Callable[[RoundResults, int], RoundResults]:
    """The same results with the rows of every table in another order."""
    return _shuffled


@pytest.fixture(scope="session")
def find() -> Callable[..., Cell]:
    """The first cell of a sheet with exactly this text."""
    return _find


ASKED = (
    ("DB.1", "Chất lượng tham mưu, ban hành văn bản"),
    ("DB.2", "Trách nhiệm giải trình, trả lời kiến nghị của cử tri"),
    ("DB.3", "Công khai, minh bạch trong hoạt động"),
    ("DB.4", "Năng lực, thái độ của công chức"),
)


def _delegates_index() -> IndexDefinition:
    above = [("DB", "", "overall", "Đánh giá của đại biểu"), ("DB.A", "DB", "content", "Điều hành của chính quyền")]
    above.append(("DB.AA", "DB.A", "factor", "Điều hành"))
    return make_index(
        [*above, *((code, "DB.AA", "item", name) for code, name in ASKED)],
        id="dai-bieu",
        title_vi="Đánh giá của đại biểu Hội đồng nhân dân",
        definition="share_good",
        questionnaire="made-up-xhh",
        decision="Quyết định số 00/QĐ-UBND, giả lập",
        min_n=10,
    )


def _delegates_scores(index: IndexDefinition, unit_ids: list[str], rng: np.random.Generator) -> pd.DataFrame:
    scores: list[dict[str, Any]] = []
    for unit_id in unit_ids:
        n = 1020 if unit_id == "T00" else int(rng.integers(12, 22))
        scores += [
            make_score(unit_id, node.node_code, "official", float(rng.uniform(60, 90)), n) for node in index.nodes
        ]
    table = pd.DataFrame(scores)
    return INDEX_SCORES.check(table.assign(index_id="dai-bieu", definition_id="share_good", flag=""))


def _delegates_returns(unit_ids: list[str], rng: np.random.Generator) -> ReturnsReport:
    valid, outstanding = rng.integers(12, 22, len(unit_ids)), rng.integers(0, 5, len(unit_ids))
    late = rng.integers(0, 2, len(unit_ids))
    by_unit = pd.DataFrame({"unit_id": unit_ids, "n_valid": valid, "n_rejected": late, "n_outstanding": outstanding})
    by_unit["n_returned"] = valid + late
    by_unit["n_issued"] = valid + late + outstanding
    rejections = pd.DataFrame({"unit_id": unit_ids, "reason": "returns.late", "n": late}).query("n > 0")
    batch = {"batch_id": "DB01", "file_name": "đại biểu.xlsx", "received_on": "2026-03-28", "n_rows": 1060}
    states = {
        "accepted": 1020,
        "late": 25,
        "duplicate": 3,
        "set_aside": 2,
        "superseded": 6,
        "withdrawn": 0,
        "waiting": 4,
    }
    counts = {f"n_{state}": n for state, n in states.items()}
    return make_returns(by_unit, rejections, pd.DataFrame([batch | counts]))


def _joint(results: RoundResults) -> RoundResults:
    """The made-up round with a second survey: delegates rate the communes, criterion 8.1 of whose rulebook is linked
    to it; the round was reopened once."""
    rng = np.random.Generator(np.random.PCG64(7))
    communes = [unit.unit_id for unit in results.units_of("xa")]
    index, first = _delegates_index(), results.surveys[0]
    assert first.fieldwork is not None
    title = "Lấy ý kiến đại biểu Hội đồng nhân dân cấp xã về kết quả cải cách hành chính"
    report = first.fieldwork.weight_report
    second = SurveyResults(
        instrument_id="dai-bieu",
        title_vi=title,
        index=index,
        index_scores=_delegates_scores(index, ["T00", *communes], rng),
        fieldwork=Fieldwork(
            rules=first.fieldwork.rules,
            returns=_delegates_returns(communes, rng),
            weight_report=report[report["unit_id"].isin(["", *communes]) & report["weight_step"].eq("design")],
            margins=first.fieldwork.margins.head(0),
            manifest=make_manifest("d", "11 12 13 14 15 16", "Xổ số công khai ngày 17/01/2026"),
        ),
        facts=(MethodFact("returns", "Hạn nhận phiếu", "28/03/2026"),),
    )
    communes_rulebook = results.rulebooks[1]
    link = Link(index_id="dai-bieu", node_code="DB", transform="linear")
    criteria = tuple(
        criterion.model_copy(update={"link": link}) if criterion.code == "8.1" else criterion
        for criterion in communes_rulebook.criteria
    )
    return replace(
        results,
        rulebooks=(results.rulebooks[0], communes_rulebook.model_copy(update={"criteria": criteria})),
        surveys=(replace(first, instrument_id="sipas", title_vi="Đo lường sự hài lòng (SIPAS)"), second),
        facts=(
            MethodFact("units", "X07, từ 01/08/2026", "sáp nhập vào X08, theo 123/QĐ-UBND"),
            MethodFact("reopened", "lần 1, ngày 20/06/2026", "lý do: nhận thêm phiếu của ba xã vùng lũ"),
        ),
    )


@pytest.fixture(scope="session")
def joint_results(results: RoundResults) -> RoundResults:
    return _joint(results)


@pytest.fixture(scope="session")
def joint(joint_results: RoundResults) -> Workbook:
    return _open(round_workbook(joint_results))
