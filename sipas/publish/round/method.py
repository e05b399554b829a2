"""Sheet "Phương pháp": definitions, rules and articles, ranks, draw, hashes: what makes a number checkable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sipas.publish.labels import format_date, format_number, format_plain, label
from sipas.publish.round.disclosure import MIN_FORMS
from sipas.publish.round.method_lines import COMMON, LAST_COL, WIDTHS, Line, fact_sections, grid, heading, section
from sipas.publish.round.method_survey import draw_block, draw_index, draw_lines
from sipas.publish.round.ranking import class_range
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.surveysheets import survey_sheets
from sipas.publish.xlsx.sheet import Page, Sheet, Titles
from sipas.rulebook import Criterion, Rulebook

_ERRORS: Final = (
    (
        "Ý nghĩa sai số",
        "Sai số chuẩn và khoảng tin cậy 95 % chỉ phản ánh phần điều tra; điểm thẩm định coi là cố định.",
    ),
    (
        "Giá trị để tham khảo",
        "Chỉ giá trị chính thức được dùng để tính điểm; các giá trị khác đặt bên cạnh để so sánh.",
    ),
)


_RULEBOOK_HEAD: Final = ("Nguồn chấm", "Mã", "Tiêu chí lấy điểm từ điều tra", "Điểm tối đa", "Cách tính", "Căn cứ")
_DISCLOSURE: Final = (
    "Không hiển thị",
    f"Giá trị chi tiết của đơn vị có dưới {MIN_FORMS} phiếu hợp lệ được thay bằng <{MIN_FORMS}; "
    "chỉ số chung phải công bố thì không bị ẩn, chỉ đánh dấu n nhỏ.",
)


def draw_method(sheet: Sheet, results: RoundResults) -> None:
    """Write the method sheet section by section."""
    sheet.widths(WIDTHS)
    titles = Titles(f"Phương pháp và căn cứ năm {results.head.year}", (results.place,))
    row = sheet.titles(titles, (0, LAST_COL))
    surveys, facts = survey_sheets(results), results.facts
    alone = surveys[0] if len(surveys) == 1 else None
    if alone:
        row = draw_index(sheet, row, alone)
    elif surveys:
        for survey in surveys:
            row = draw_block(sheet, row, survey)
        row = heading(sheet, row, COMMON) - 1
    row = section(sheet, row + 1, "Sai số và công bố", [*_ERRORS, _DISCLOSURE])
    for rulebook in results.rulebooks:
        title = f"{rulebook.title_vi} – {results.group_name(rulebook)}"
        row = section(sheet, row + 1, title, _rulebook_lines(results, rulebook))
        row = grid(sheet, row, _RULEBOOK_HEAD, _survey_criteria(results, rulebook))
    if alone:
        row = draw_lines(sheet, row + 1, alone)
        facts = (*alone.results.facts, *facts)
    row = fact_sections(sheet, row, facts)
    row = section(sheet, row + 1, "Mã kiểm chứng của dữ liệu đầu vào (SHA-256)", results.input_hashes, mono=True)
    row = section(sheet, row + 1, "Kết quả", _result_lines(results), mono=True)
    sheet.set_up(Page(last_row=row - 1, last_col=LAST_COL))


def _rulebook_lines(results: RoundResults, rulebook: Rulebook) -> list[Line]:
    rounding, total = rulebook.rounding, rulebook.rounding.total
    places = f"tiêu chí {rounding.leaf}, tổng {total}, chỉ số {rounding.index} chữ số thập phân"
    lines = [
        ("Nhóm đơn vị", results.group_name(rulebook)),
        ("Mã bộ tiêu chí", rulebook.id),
        ("Quyết định ban hành", rulebook.decision),
        ("Ngày ban hành", format_date(rulebook.issued)),
        ("Nguồn", rulebook.source),
        ("Tổng điểm tối đa", format_number(rulebook.max_points, total)),
        ("Mẫu số của chỉ số", label("denominator", rulebook.denominator)),
        ("Làm tròn", f"{label('rounding', rounding.mode)}: {places}"),
        ("Xếp hạng theo", label("rank_on", rulebook.rank_on)),
        ("Đồng hạng", label("ties", rulebook.ties)),
        ("Thiếu số liệu điều tra", label("absent_survey", rulebook.absent_survey)),
        ("Không phát sinh", label("no_cases", rulebook.no_cases)),
        ("Điểm thưởng tối đa", format_number(rulebook.bonus_cap, total)),
        ("Điểm trừ tối đa", format_number(rulebook.penalty_cap, total)),
        ("Xếp loại theo chỉ số", _class_words(rulebook)),
        ("Chưa có nguồn xác nhận", "; ".join(map(_setting_words, rulebook.unconfirmed))),
        ("Không được chấm", "; ".join(f"{row.code} {row.name_vi}: {row.reason}" for row in rulebook.unscored)),
    ]
    if rulebook.made_up:
        lines.append(("Lưu ý", "Bộ tiêu chí giả lập để minh họa, không phải văn bản chính thức"))
    return [(name, value) for name, value in lines if value]


def _class_words(rulebook: Rulebook) -> str:
    classes = enumerate(rulebook.classes)
    return "; ".join(f"{rank_class.name_vi}: {class_range(rulebook, position)}" for position, rank_class in classes)


def _setting_words(name: str) -> str:
    """An unconfirmed setting in words: a field of the rulebook, or `criteria.<code>.<column>`."""
    if not name.startswith("criteria."):
        return label("setting", name)
    code, _, column = name.removeprefix("criteria.").rpartition(".")
    return f"{label('setting', column)} của mục {code}"


def _survey_criteria(results: RoundResults, rulebook: Rulebook) -> list[list[str | int | float | None]]:
    titles = {survey.index.id: survey.index.title_vi for survey in results.surveys}
    return [
        [
            label("score_source", criterion.score_source),
            criterion.code,
            criterion.name_vi,
            float(criterion.max_points),
            _rule_words(criterion, titles),
            criterion.article,
        ]
        for criterion in rulebook.in_tree_order()
        if criterion.is_survey and rulebook.tree.is_leaf(criterion.code)
    ]


def _rule_words(criterion: Criterion, titles: Mapping[str, str]) -> str:
    link = criterion.link
    bounds = [("mốc thấp", criterion.low), ("mốc cao", criterion.high)]
    percent = " %" if link else ""
    words = label("rule", criterion.form)
    words += "".join(f", {name} {format_plain(value)}{percent}" for name, value in bounds if value is not None)
    if link is None:
        return words
    of_index = f" của {titles[link.index_id]}" if len(titles) > 1 else ""
    return f"{words}: mục {link.node_code}{of_index}"


def _result_lines(results: RoundResults) -> list[Line]:
    return [
        ("Mã đợt", results.head.id),
        ("Mã kết quả", results.result_hash),
        ("Phiên bản phần mềm", results.software_version),
    ]
