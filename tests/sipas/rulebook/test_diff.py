"""Differences of rulebooks in the words of a scoring officer, in the order of the tree."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from sipas.rulebook import Band, Criterion, RankClass, Rulebook, load_rulebook
from sipas.rulebook.diff import Change, compare
from sipas.rulebook.diffwords import band_words

EXAMPLES = Path(__file__).parents[3] / "data" / "rulebooks" / "made-up-gia-dinh"
SO = load_rulebook(EXAMPLES / "2026-so")


def edited(code: str, **update: object) -> Rulebook:
    criteria = tuple(one.model_copy(update=update) if one.code == code else one for one in SO.criteria)
    return SO.model_copy(update={"criteria": criteria})


def texts(after: Rulebook, before: Rulebook = SO) -> list[str]:
    return [f"{change.code} {change.text}".strip() for change in compare(before, after)]


def test_nothing_changed() -> None:
    assert compare(SO, load_rulebook(EXAMPLES / "2026-so")) == ()


def test_a_maximum() -> None:
    assert texts(edited("1.3", max_points=Decimal("2.5"))) == ["1.3 Điểm tối đa: 3 → 2,5"]


def test_a_rule() -> None:
    assert texts(edited("1.3", rule="linear")) == ["1.3 Cách chấm: tử số / mẫu số → tỷ lệ với mốc"]


def test_a_name_and_a_name_of_another_thing() -> None:
    assert texts(edited("1.2", name_vi="Báo cáo CCHC hằng quý")) == [
        "1.2 Đổi tên: “Báo cáo CCHC định kỳ” → “Báo cáo CCHC hằng quý”"
    ]
    found = compare(SO, edited("1.2", name_vi="Đối thoại với người dân"))
    assert [(one.kind, one.code) for one in found] == [("removed", "1.2"), ("added", "1.2")]


def test_a_band_edge_and_band_points() -> None:
    bands = list(SO.criterion("7.1").bands)
    moved = [bands[0].model_copy(update={"start": Decimal(95)}), bands[1].model_copy(update={"end": Decimal(95)})]
    after = edited("7.1", bands=(*moved, *bands[2:]))
    assert texts(after) == [
        "7.1 Khoảng được 4 điểm: từ 90 trở lên → từ 95 trở lên",
        "7.1 Khoảng được 2,5 điểm: từ 70 đến dưới 90 → từ 70 đến dưới 95",
    ]
    dearer = (bands[0], bands[1].model_copy(update={"points": Decimal(3)}), *bands[2:])
    assert texts(edited("7.1", bands=dearer)) == ["7.1 Khoảng từ 70 đến dưới 90: 2,5 → 3 điểm"]


def test_a_level() -> None:
    levels = list(SO.criterion("1.4").levels)
    levels[1] = levels[1].model_copy(update={"points": Decimal(1)})
    assert texts(edited("1.4", levels=tuple(levels[:2]))) == [
        "1.4 Mức B “Thực hiện chưa đầy đủ”: 1,25 điểm → 1 điểm",
        "1.4 Bỏ mức C “Không thực hiện” (trước đây 0 điểm)",
    ]


def test_a_class_cut() -> None:
    classes = tuple(
        one.model_copy(update={"from_pct": Decimal("82.5")}) if one.class_code == "tot" else one for one in SO.classes
    )
    extra = RankClass(class_code="kem", name_vi="Kém", from_pct=Decimal(0))
    after = SO.model_copy(update={"classes": (*classes, extra)})
    assert texts(after) == ["Loại Tốt: từ 80 % → từ 82,5 %", "Thêm loại Kém: từ 0 %"]


def test_added_removed_and_renumbered_in_the_order_of_the_tree() -> None:
    """1.2 is dropped and a new one stands before 1.3: the others keep their name under a new number."""
    new = Criterion(code="1.2", parent="1", level="criterion", name_vi="Sáng kiến", max_points="2", rule="choice")
    criteria: list[Criterion] = []
    for one in SO.criteria:
        if one.code == "1.4":
            continue
        if one.code == "1.2":
            criteria += [new, one.model_copy(update={"code": "1.3"})]
        elif one.code == "1.3":
            criteria.append(one.model_copy(update={"code": "1.4"}))
        else:
            criteria.append(one)
    found = compare(SO, SO.model_copy(update={"criteria": tuple(criteria)}))
    assert [(one.kind, one.code, one.name) for one in found] == [
        ("added", "1.2", "Sáng kiến"),
        ("recoded", "1.3", "Báo cáo CCHC định kỳ"),
        ("recoded", "1.4", "Tỷ lệ đơn vị trực thuộc được kiểm tra CCHC"),
        ("removed", "1.4", "Tuyên truyền CCHC"),
    ]
    assert found[0].text == "Thêm mới: tối đa 2 điểm; theo mức"
    assert found[1].text == "Đổi mã: 1.2 → 1.3"


def test_a_setting_in_words() -> None:
    after = SO.model_copy(update={"ties": "dense", "bonus_cap": Decimal("1.5")})
    assert texts(after) == [
        "Cách xử lý đồng hạng: Bỏ qua hạng kế tiếp (1 1 3) → Không bỏ hạng (1 1 2)",
        "Điểm thưởng tối đa: 2 → 1,5",
    ]


def test_the_two_examples_read_well() -> None:
    found = compare(SO, load_rulebook(EXAMPLES / "2026-xa"))
    lines = [f"{one.code} {one.name}: {one.text}" for one in found]
    assert "3.2.2 Tỷ lệ hồ sơ quá hạn có văn bản xin lỗi: Điểm tối đa: 2 → 1" in lines
    assert "2.3 Tỷ lệ văn bản có sai sót phát hiện qua kiểm tra (%): Mốc thấp (0 điểm): 10 → 5" in lines
    assert any(one.kind == "added" and one.code == "8.5" for one in found)
    areas = [one.code for one in found if one.code.isdigit()]
    assert areas == sorted(areas)
    codes = {"linear", "band", "choice", "ratio", "rescale", "index_unrounded", "appraisal"}
    assert not [line for line in lines if codes & set(line.replace("(", " ").replace(")", " ").split())]


def test_changes_are_told_in_english() -> None:
    """Vietnamese stays in what the rulebooks say themselves."""
    found = compare(SO, load_rulebook(EXAMPLES / "2026-xa"), "en")
    lines = [f"{one.code} {one.name}: {one.text}" for one in found]
    assert "3.2.2 Overdue dossiers with an apology: Maximum points: 2 → 1" in lines
    assert "2.3 Documents found faulty (%): Low mark (0 points): 10 → 5" in lines
    own = {"title_vi", "decision", "source", "name_vi", "article", "evidence", "owner", "levels"}
    assert [one for one in found if one.field not in own and re.search("[À-ÖØ-öø-ỹ]", one.name + one.text)] == []
    [change] = compare(SO, edited("1.3", max_points=Decimal("2.5")), "en")
    assert (change.before, change.after, change.text) == ("3", "2.5", "Maximum points: 3 → 2.5")


def test_changes_are_plain_facts() -> None:
    [change] = compare(SO, edited("1.3", max_points=Decimal(2)))
    assert change == Change("changed", "1.3", SO.criterion("1.3").name_vi, "max_points", "3", "2", "Điểm tối đa: 3 → 2")


def test_band_words() -> None:
    def band(start: str, end: str, *, low: bool = False, high: bool = False) -> Band:
        return Band(start=start, end=end, start_inclusive=low, end_inclusive=high, points="1")

    assert band_words(band("70", "90", low=True)) == "từ 70 đến dưới 90"
    assert band_words(band("0", "1", high=True)) == "trên 0 đến 1"
    assert band_words(band("", "0", high=True)) == "không quá 0"
    assert band_words(band("", "70")) == "dưới 70"
    assert band_words(band("2.5", "")) == "trên 2,5"
    assert band_words(band("5", "5", low=True, high=True)) == "bằng 5"
    assert band_words(band("", "")) == "mọi giá trị"
