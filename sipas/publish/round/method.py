"""Sheet "Phương pháp": definitions, rules and articles, ranks, draw, hashes: what makes a number checkable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sipas.publish.labels import format_date, format_number, format_plain, label
from sipas.publish.round.method_page import COMMON, LAST_COL, WIDTHS, Line, fact_sections, grid, heading, section
from sipas.publish.round.method_survey import draw_block, draw_index, draw_lines
from sipas.publish.round.pack import CriterionFacts, RulebookFacts
from sipas.publish.round.results import class_range
from sipas.publish.round.surveyview import survey_views
from sipas.publish.round.view import PackView
from sipas.publish.xlsx.sheet import Page, Sheet, Titles

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


def draw_method(sheet: Sheet, view: PackView) -> None:
    """Write the method sheet section by section."""
    facts = view.pack.facts
    sheet.widths(WIDTHS)
    row = sheet.titles(
        Titles(f"Phương pháp và căn cứ năm {facts.year}", (f"{facts.province_vi} – {facts.campaign_vi}",)),
        (0, LAST_COL),
    )
    surveys, facts_of_all = survey_views(view), view.pack.method_facts
    alone = surveys[0] if len(surveys) == 1 else None
    if alone:
        row = draw_index(sheet, row, alone)
    elif surveys:
        for survey in surveys:
            row = draw_block(sheet, row, survey)
        row = heading(sheet, row, COMMON) - 1
    row = section(sheet, row + 1, "Sai số và công bố", [*_ERRORS, *_disclosure_lines(view)])
    for book in view.pack.rulebooks:
        title = f"{book.title_vi} – {view.pack.groups[book.unit_group]}"
        row = section(sheet, row + 1, title, _book_lines(view, book))
        row = grid(sheet, row, _LEAF_HEAD, _leaf_rows(view, book))
    if alone:
        row = draw_lines(sheet, row + 1, alone)
        facts_of_all = (*alone.survey.method_facts, *facts_of_all)
    row = fact_sections(sheet, row, facts_of_all)
    row = section(sheet, row + 1, "Mã kiểm chứng của dữ liệu đầu vào (SHA-256)", view.pack.input_hashes, mono=True)
    row = section(sheet, row + 1, "Kết quả", _result_lines(view), mono=True)
    sheet.set_up(Page(last_row=row - 1, last_col=LAST_COL))


_LEAF_HEAD: Final = ("Nguồn chấm", "Mã", "Tiêu chí lấy điểm từ điều tra", "Điểm tối đa", "Cách tính", "Căn cứ")


def _disclosure_lines(view: PackView) -> list[Line]:
    fewest = view.pack.min_breakdown
    return [
        (
            "Không hiển thị",
            f"Giá trị chi tiết của đơn vị có dưới {fewest} phiếu hợp lệ được thay bằng <{fewest}; "
            "chỉ số chung phải công bố thì không bị ẩn, chỉ đánh dấu n nhỏ.",
        )
    ]


def _book_lines(view: PackView, book: RulebookFacts) -> list[Line]:
    places = f"tiêu chí {book.leaf_decimals}, tổng {book.total_decimals}, chỉ số {book.index_decimals} chữ số thập phân"
    classes = "; ".join(f"{one.name_vi}: {class_range(book, place)}" for place, one in enumerate(book.classes))
    lines = [
        ("Nhóm đơn vị", view.pack.groups[book.unit_group]),
        ("Mã bộ tiêu chí", book.rulebook_id),
        ("Quyết định ban hành", book.decision),
        ("Ngày ban hành", format_date(book.issued)),
        ("Nguồn", book.source),
        ("Tổng điểm tối đa", format_number(book.max_points, book.total_decimals)),
        ("Mẫu số của chỉ số", label("denominator", book.denominator)),
        ("Làm tròn", f"{label('rounding', book.rounding_mode)}: {places}"),
        ("Xếp hạng theo", label("rank_on", book.rank_on)),
        ("Đồng hạng", label("ties", book.ties)),
        ("Thiếu số liệu điều tra", label("absent_survey", book.absent_survey)),
        ("Không phát sinh", label("no_cases", book.no_cases)),
        ("Điểm thưởng tối đa", format_number(book.bonus_cap, book.total_decimals)),
        ("Điểm trừ tối đa", format_number(book.penalty_cap, book.total_decimals)),
        ("Xếp loại theo chỉ số", classes),
        ("Chưa có nguồn xác nhận", "; ".join(_setting_words(name) for name in book.unconfirmed)),
        ("Không được chấm", "; ".join(book.unscored)),
    ]
    if book.made_up:
        lines.append(("Lưu ý", "Bộ tiêu chí giả lập để minh họa, không phải văn bản chính thức"))
    return [(name, value) for name, value in lines if value]


def _setting_words(name: str) -> str:
    """An unconfirmed setting in words: a field of the rulebook, or `criteria.<code>.<column>`."""
    if not name.startswith("criteria."):
        return label("setting", name)
    code, _, column = name.removeprefix("criteria.").rpartition(".")
    return f"{label('setting', column)} của mục {code}"


def _leaf_rows(view: PackView, book: RulebookFacts) -> list[list[str | int | float | None]]:
    titles = {index.index_id: index.title_vi for index in view.pack.indices}
    return [
        [
            label("score_source", one.score_source),
            one.code,
            one.name_vi,
            float(one.max_points),
            _rule_words(one, titles),
            one.article,
        ]
        for one in book.criteria
        if one.is_survey and one.code not in book.parents
    ]


def _rule_words(one: CriterionFacts, titles: Mapping[str, str]) -> str:
    words = label("rule", one.rule)
    bounds = [("mốc thấp", one.low), ("mốc cao", one.high)]
    unit = " %" if one.node_code else ""
    words += "".join(f", {name} {format_plain(value)}{unit}" for name, value in bounds if value is not None)
    if not one.node_code:
        return words
    of_index = f" của {titles.get(one.index_id, one.index_id)}" if len(titles) > 1 else ""
    return f"{words}: mục {one.node_code}{of_index}"


def _result_lines(view: PackView) -> list[Line]:
    facts = view.pack.facts
    lines = [
        ("Mã đợt", facts.round_id),
        ("Mã kết quả", facts.result_hash),
        ("Đầu nhật ký", facts.log_head),
        ("Phiên bản phần mềm", facts.software_version),
    ]
    return [(name, value) for name, value in lines if value]
