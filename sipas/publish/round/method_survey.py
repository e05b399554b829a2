"""What the method sheet says of one survey: its index, its forms and weights, its draw."""

from __future__ import annotations

from typing import Final

from sipas.publish.labels import format_number, label
from sipas.publish.round.method_page import Line, fact_sections, grid, heading, section
from sipas.publish.round.pack import IndexFacts
from sipas.publish.round.survey import variant_name
from sipas.publish.round.surveyview import SurveyView
from sipas.publish.round.view import PackView, rows
from sipas.publish.xlsx.sheet import Sheet

_VARIANT_HEAD: Final = ("Giá trị", "n", "Người trả lời được tính", "Toàn tỉnh (%)", "Quyền số", "Dùng để")


def draw_block(sheet: Sheet, row: int, survey: SurveyView) -> int:
    """Everything on one survey of several, under its number and title."""
    row = heading(sheet, row, survey.heading)
    row = draw_index(sheet, row, survey)
    row = section(sheet, row + 1, "Phiếu và quyền số", [*_form_lines(survey), *_weight_lines(survey)])
    row = draw_lines(sheet, row + 1, survey)
    return fact_sections(sheet, row, survey.survey.method_facts) + 1


def draw_index(sheet: Sheet, row: int, survey: SurveyView) -> int:
    """The definition of the index and its values for the province."""
    view, index = survey.view, survey.index
    row = section(sheet, row, index.title_vi, _index_lines(index))
    return grid(sheet, row, _VARIANT_HEAD, _variant_rows(view, index))


def draw_lines(sheet: Sheet, row: int, survey: SurveyView) -> int:
    """What anyone needs to redraw the sample; nothing where none was drawn."""
    draw = survey.survey.draw
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
    return section(sheet, row, "Chọn mẫu (ai cũng có thể kiểm chứng)", [one for one in lines if one[1]], mono=True)


def _form_lines(survey: SurveyView) -> list[Line]:
    if not survey.survey.has_forms:
        return [("Phiếu", "Không phát phiếu; giá trị do cơ quan khác cung cấp")]
    total = survey.sum_counts(list(survey.view.units))
    issued = format_number(total.n_issued, 0)
    return [
        ("Phiếu phát ra", issued),
        ("Phiếu thu về", _share(total.n_returned, total.n_issued)),
        ("Phiếu hợp lệ", _share(total.n_valid, total.n_issued)),
    ]


def _share(part: int, whole: int) -> str:
    count = format_number(part, 0)
    return f"{count} ({format_number(100 * part / whole, 2)} % số phát ra)" if whole else count


def _weight_lines(survey: SurveyView) -> list[Line]:
    return [
        (
            label("weight_step", "final"),
            f"n = {format_number(one['n'], 0)}; hệ số thiết kế theo Kish {format_number(one['kish_deff'], 4)}; "
            f"cỡ mẫu hiệu quả {format_number(one['kish_n'], 1)}",
        )
        for one in rows(survey.survey.weights)
        if not one["unit_id"] and one["weight_step"] == "final"
    ]


def _index_lines(index: IndexFacts) -> list[Line]:
    if index.source_vi:
        return [
            ("Định nghĩa", index.definition_vi),
            ("Mã định nghĩa", index.definition_id),
            ("Căn cứ", index.decision),
            ("n", "Không rõ: cơ quan cung cấp không cho biết số trả lời"),
        ]
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
    words = label("combiner", index.combiner).format(label("item_value", index.item_value))
    basis = f" ({label('basis', index.combiner_basis)})" if index.combiner_basis else ""
    return f"{words}{basis}. {index.combiner_note}" if index.combiner_note else f"{words}{basis}"


def _variant_rows(view: PackView, index: IndexFacts) -> list[list[str | int | float | None]]:
    lines: list[list[str | int | float | None]] = []
    for variant in index.variants:
        score = view.score(index, view.pack.facts.province_unit_id, index.overall.node_code, variant.variant)
        lines.append(
            [
                variant_name(variant),
                score.n if score and not index.source_vi else None,
                label("respondents", variant.respondents),
                score.value_pct if score else None,
                label("index_weights", variant.weights),
                "Tính điểm" if variant.is_official else "Tham khảo",
            ]
        )
    return lines
