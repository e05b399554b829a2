"""Sheet "Phương pháp": definitions, rules and articles, ranks, draw, hashes: what makes a number checkable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sipas.publish.labels import format_date, format_number, format_plain, label
from sipas.publish.pack import CriterionFacts, IndexFacts, RulebookFacts
from sipas.publish.paper import row_points
from sipas.publish.sheet import Page, Sheet, Span, Titles
from sipas.publish.sheet_results import class_range
from sipas.publish.sheet_survey import variant_name
from sipas.publish.view import PackView

_WIDTHS: Final = (37.0, 9.0, 33.0, 10.0, 28.0, 22.0)
_LAST_COL: Final = len(_WIDTHS) - 1
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

Line = tuple[str, str]


def draw_method(sheet: Sheet, view: PackView) -> None:
    """Write the method sheet section by section."""
    facts = view.pack.facts
    sheet.widths(_WIDTHS)
    row = sheet.titles(
        Titles(f"Phương pháp và căn cứ năm {facts.year}", (f"{facts.province_vi} – {facts.campaign_vi}",)),
        (0, _LAST_COL),
    )
    for index in view.pack.indices:
        row = _section(sheet, row, index.title_vi, _index_lines(view, index))
        row = _grid(sheet, row, _VARIANT_HEAD, _variant_rows(view, index))
    row = _section(sheet, row + 1, "Sai số và công bố", [*_ERRORS, *_disclosure_lines(view)])
    for book in view.pack.rulebooks:
        title = f"{book.title_vi} – {view.pack.groups[book.unit_group]}"
        row = _section(sheet, row + 1, title, _book_lines(view, book))
        row = _grid(sheet, row, _LEAF_HEAD, _leaf_rows(view, book))
    row = _draw_lines(sheet, row + 1, view)
    groups = dict.fromkeys(fact.group_vi for fact in view.pack.method_facts)
    for group in groups:
        lines = [(fact.name_vi, fact.value) for fact in view.pack.method_facts if fact.group_vi == group]
        row = _section(sheet, row + 1, group, lines)
    row = _section(sheet, row + 1, "Mã kiểm chứng của dữ liệu đầu vào (SHA-256)", view.pack.input_hashes, mono=True)
    row = _section(sheet, row + 1, "Kết quả", _result_lines(view), mono=True)
    sheet.set_up(Page(last_row=row - 1, last_col=_LAST_COL))


_VARIANT_HEAD: Final = ("Giá trị", "n", "Người trả lời được tính", "Toàn tỉnh (%)", "Quyền số", "Dùng để")
_LEAF_HEAD: Final = ("Nguồn chấm", "Mã", "Tiêu chí lấy điểm từ điều tra", "Điểm tối đa", "Cách tính", "Căn cứ")


def _section(sheet: Sheet, row: int, title: str, lines: Sequence[Line], *, mono: bool = False) -> int:
    """A heading and lines of name and value; nothing where there are no lines."""
    if not lines:
        return row
    sheet.merge(Span(row, 0, row, _LAST_COL), title, "cell head left")
    sheet.height(row, row_points([(title, sum(_WIDTHS) * 0.9)]) + 4)
    width = sum(_WIDTHS[1:])
    for name, value in lines:
        row += 1
        sheet.put(row, 0, name, "cell text")
        sheet.merge(Span(row, 1, row, _LAST_COL), value, "cell text mono" if mono else "cell text")
        sheet.height(row, max(17.0, row_points([(name, _WIDTHS[0]), (value, width)])))
    return row + 1


def _grid(sheet: Sheet, row: int, head: Sequence[str], lines: Sequence[Sequence[str | int | float | None]]) -> int:
    """A small table over all columns of the sheet."""
    if not lines:
        return row
    for offset, cells in enumerate((head, *lines)):
        for col, value in enumerate(cells):
            kind = "text" if isinstance(value, str) else "right"
            sheet.put(row + offset, col, value, "cell area center wrap small" if not offset else f"cell {kind} small")
        texts = [(str(value), _WIDTHS[col]) for col, value in enumerate(cells) if isinstance(value, str)]
        sheet.height(row + offset, max(17.0, row_points(texts, size=9)))
    return row + len(lines) + 1


def _index_lines(view: PackView, index: IndexFacts) -> list[Line]:
    return [
        ("Định nghĩa", index.definition_vi),
        ("Mã định nghĩa", index.definition_id),
        ("Phiếu điều tra", index.questionnaire_id),
        ("Căn cứ", index.decision),
        ("Cách gộp", _combiner_words(index)),
        ("n", "Số trả lời hợp lệ; của chỉ số, nội dung, yếu tố là của tiêu chí có ít trả lời nhất"),
        ("n tối thiểu", f"{index.min_n}; dưới mức này giá trị vẫn được tính và được đánh dấu n nhỏ"),
    ]


def _combiner_words(index: IndexFacts) -> str:
    words = label("combiner", index.combiner)
    basis = f" ({label('basis', index.combiner_basis)})" if index.combiner_basis else ""
    return f"{words}{basis}. {index.combiner_note}" if index.combiner_note else f"{words}{basis}"


def _variant_rows(view: PackView, index: IndexFacts) -> list[list[str | int | float | None]]:
    lines: list[list[str | int | float | None]] = []
    for variant in index.variants:
        score = view.score(index, view.pack.facts.province_unit_id, index.overall.node_code, variant.variant)
        lines.append(
            [
                variant_name(variant),
                score.n if score else None,
                label("respondents", variant.respondents),
                score.value_pct if score else None,
                label("index_weights", variant.weights),
                "Tính điểm" if variant.is_official else "Tham khảo",
            ]
        )
    return lines


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
        ("Mã bộ chỉ số", book.rulebook_id),
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
        lines.append(("Lưu ý", "Bộ chỉ số giả lập để minh họa, không phải văn bản chính thức"))
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


def _draw_lines(sheet: Sheet, row: int, view: PackView) -> int:
    draw = view.pack.draw
    if draw is None:
        return row
    lines = [
        ("Số khởi tạo ngẫu nhiên", draw.seed),
        ("Mã dàn mẫu", draw.frame_hash),
        ("Mã phương án chọn mẫu", draw.plan_hash),
        ("Giá trị công khai", draw.public_value),
        ("Nguồn giá trị công khai", draw.public_source_vi),
        *((f"Số bí mật của bên {order}", nonce) for order, nonce in enumerate(draw.nonces, start=1)),
    ]
    return _section(sheet, row, "Chọn mẫu (ai cũng có thể kiểm chứng)", [one for one in lines if one[1]], mono=True)


def _result_lines(view: PackView) -> list[Line]:
    facts = view.pack.facts
    lines = [
        ("Mã đợt", facts.round_id),
        ("Mã kết quả", facts.result_hash),
        ("Đầu nhật ký", facts.log_head),
        ("Phiên bản phần mềm", facts.software_version),
    ]
    return [(name, value) for name, value in lines if value]
