"""The made-up round's workbook, opened as a reader would, and ways to look into it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sipas.publish.round.pack import (
    REOPENED,
    DrawFacts,
    IndexFacts,
    MethodFact,
    NodeFacts,
    RoundPack,
    SurveyFacts,
    VariantFacts,
)
from sipas.publish.round.workbook import round_workbook

FRAMES = ("units", "results", "sheets", "index_scores")
SURVEY_FRAMES = ("responses", "rejections", "batches", "weights", "margins")


def _shuffled(pack: RoundPack, seed: int) -> RoundPack:
    def mixed(owner: RoundPack | SurveyFacts, names: Iterable[str]) -> dict[str, pd.DataFrame]:
        return {name: getattr(owner, name).sample(frac=1, random_state=seed) for name in names}

    surveys = tuple(replace(one, **mixed(one, SURVEY_FRAMES)) for one in pack.surveys)
    return replace(pack, **mixed(pack, FRAMES), surveys=surveys)


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
def data(pack: RoundPack) -> bytes:
    return round_workbook(pack)


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
def shuffled() -> Callable[[RoundPack, int], RoundPack]:
    """The same pack with the rows of every frame in another order."""
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


def _delegates_index() -> IndexFacts:
    above = [("DB", "", "overall", "Đánh giá của đại biểu"), ("DB.A", "DB", "content", "Điều hành của chính quyền")]
    above.append(("DB.AA", "DB.A", "factor", "Điều hành"))
    items = [(code, "DB.AA", "item", name) for code, name in ASKED]
    return IndexFacts(
        index_id="dai-bieu",
        title_vi="Đánh giá của đại biểu Hội đồng nhân dân",
        definition_id="share_good",
        definition_vi="Tỷ lệ phần trăm câu trả lời mức tốt và khá trên số câu trả lời hợp lệ.",
        questionnaire_id="made-up-xhh",
        decision="Quyết định số 00/QĐ-UBND, giả lập",
        item_value="share",
        combiner="items",
        min_n=10,
        variants=(VariantFacts("official", "none", "all", is_official=True),),
        nodes=tuple(NodeFacts(*node) for node in (*above, *items)),
    )


def _delegates_scores(index: IndexFacts, unit_ids: list[str], rng: np.random.Generator) -> pd.DataFrame:
    found: list[dict[str, Any]] = []
    for unit_id in unit_ids:
        n = 1020 if unit_id == "T00" else int(rng.integers(12, 22))
        for node in index.nodes:
            value, error = float(rng.uniform(60, 90)), float(38 / np.sqrt(n))
            found.append(
                {
                    "unit_id": unit_id,
                    "node_code": node.node_code,
                    "value_pct": value,
                    "std_error": error,
                    "n": n,
                    "ci_low": value - 1.96 * error,
                    "ci_high": min(100.0, value + 1.96 * error),
                }
            )
    scores = pd.DataFrame(found)
    return scores.assign(index_id="dai-bieu", variant="official", definition_id="share_good", flag=None, reason=None)


def _delegates_forms(unit_ids: list[str], rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    valid, outstanding = rng.integers(12, 22, len(unit_ids)), rng.integers(0, 5, len(unit_ids))
    late = rng.integers(0, 2, len(unit_ids))
    responses = pd.DataFrame({"unit_id": unit_ids, "n_valid": valid, "n_outstanding": outstanding})
    responses["n_returned"] = valid + late
    responses["n_issued"] = valid + late + outstanding
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
    return {"responses": responses, "rejections": rejections, "batches": pd.DataFrame([batch | counts])}


def _joint(pack: RoundPack) -> RoundPack:
    """The made-up round with a second survey: delegates rate the communes, criterion 8.1 of whose rulebook is linked
    to it; the round was reopened once."""
    rng = np.random.Generator(np.random.PCG64(7))
    communes = pack.units.loc[pack.units["unit_group"] == "xa", "unit_id"].tolist()
    index = _delegates_index()
    first, whole = pack.surveys[0], pack.surveys[0].weights
    second = SurveyFacts(
        instrument_id="dai-bieu",
        title_vi="Lấy ý kiến đại biểu Hội đồng nhân dân cấp xã về kết quả cải cách hành chính",
        index_id="dai-bieu",
        weights=whole[whole["unit_id"].isin(["", *communes]) & whole["weight_step"].isin(["design", "final"])],
        margins=first.margins.head(0),
        draw=DrawFacts("1a" * 32, "2b" * 32, "3c" * 32, "11 12 13 14 15 16", "Xổ số công khai ngày 17/01/2026"),
        method_facts=(MethodFact("Thu phiếu", "Hạn nhận phiếu", "28/03/2026"),),
        **_delegates_forms(communes, rng),
    )
    book = pack.rulebooks[1]
    criteria = tuple(
        replace(one, index_id="dai-bieu", node_code="DB") if one.code == "8.1" else one for one in book.criteria
    )
    return replace(
        pack,
        rulebooks=(pack.rulebooks[0], replace(book, criteria=criteria)),
        indices=(*pack.indices, index),
        index_scores=pd.concat([pack.index_scores, _delegates_scores(index, ["T00", *communes], rng)]),
        surveys=(replace(first, instrument_id="sipas", title_vi="Đo lường sự hài lòng (SIPAS)"), second),
        method_facts=(
            MethodFact("Đơn vị", "X07, từ 01/08/2026", "sáp nhập vào X08, theo 123/QĐ-UBND"),
            MethodFact(REOPENED, "lần 1, ngày 20/06/2026", "lý do: nhận thêm phiếu của ba xã vùng lũ"),
        ),
    )


@pytest.fixture(scope="session")
def joint_pack(pack: RoundPack) -> RoundPack:
    return _joint(pack)


@pytest.fixture(scope="session")
def joint(joint_pack: RoundPack) -> Workbook:
    return _open(round_workbook(joint_pack))
