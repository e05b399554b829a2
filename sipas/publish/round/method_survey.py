"""What the method sheet says of one survey: its index, its forms and weights, its draw."""

from __future__ import annotations

from typing import Final

from sipas.indices import given_id
from sipas.publish.labels import format_number, label
from sipas.publish.round.method_lines import Line, fact_sections, grid, heading, section
from sipas.publish.round.surveyresults import Fieldwork
from sipas.publish.round.surveysheets import SurveySheets
from sipas.publish.xlsx.sheet import Sheet

_VARIANT_HEAD: Final = ("Giá trị", "n", "Người trả lời được tính", "Toàn tỉnh (%)", "Quyền số", "Dùng để")


def draw_block(sheet: Sheet, row: int, survey: SurveySheets) -> int:
    """Everything on one survey of several, under its number and title."""
    row = heading(sheet, row, survey.heading)
    row = draw_index(sheet, row, survey)
    row = section(sheet, row + 1, "Phiếu và quyền số", _fieldwork_lines(survey))
    row = draw_lines(sheet, row + 1, survey)
    return fact_sections(sheet, row, survey.results.facts) + 1


def draw_index(sheet: Sheet, row: int, survey: SurveySheets) -> int:
    """The definition of the index and its values for the province."""
    row = section(sheet, row, survey.index.title_vi, _index_lines(survey))
    return grid(sheet, row, _VARIANT_HEAD, _variant_rows(survey))


def draw_lines(sheet: Sheet, row: int, survey: SurveySheets) -> int:
    """What anyone needs to redraw the sample; nothing where none was drawn."""
    if survey.results.fieldwork is None:
        return row
    manifest = survey.results.fieldwork.manifest
    lines = [
        ("Số khởi tạo ngẫu nhiên", manifest["seed"]),
        ("Mã dàn mẫu", manifest["frame_hash"]),
        ("Mã phương án chọn mẫu", manifest["plan_hash"]),
        ("Giá trị công khai", manifest["public_value"]["value"]),
        ("Nguồn giá trị công khai", manifest["public_value"]["source"]),
        *((f"Số bí mật của bên {order}", party["nonce"]) for order, party in enumerate(manifest["parties"], start=1)),
    ]
    return section(sheet, row, "Chọn mẫu (ai cũng có thể kiểm chứng)", [line for line in lines if line[1]], mono=True)


def _fieldwork_lines(survey: SurveySheets) -> list[Line]:
    fieldwork = survey.results.fieldwork
    if fieldwork is None:
        return [("Phiếu", "Không phát phiếu; giá trị do cơ quan khác cung cấp")]
    total = fieldwork.sum_forms(survey.round.unit_names)
    return [
        ("Phiếu phát ra", format_number(total["n_issued"], 0)),
        ("Phiếu thu về", _share(total["n_returned"], total["n_issued"])),
        ("Phiếu hợp lệ", _share(total["n_valid"], total["n_issued"])),
        *_weight_lines(fieldwork),
    ]


def _share(part: int, total: int) -> str:
    count = format_number(part, 0)
    return f"{count} ({format_number(100 * part / total, 2)} % số phát ra)" if total else count


def _weight_lines(fieldwork: Fieldwork) -> list[Line]:
    return [
        (
            label("weight_step", "final"),
            f"n = {format_number(line['n'], 0)}; hệ số thiết kế theo Kish {format_number(line['kish_deff'], 4)}; "
            f"cỡ mẫu hiệu quả {format_number(line['kish_n'], 1)}",
        )
        for line in fieldwork.weights
        if not line["unit_id"] and line["weight_step"] == "final"
    ]


def _index_lines(survey: SurveySheets) -> list[Line]:
    index = survey.index
    if survey.results.source_vi:
        return [
            ("Định nghĩa", survey.definition_vi),
            ("Mã định nghĩa", given_id(index)),
            ("Căn cứ", index.decision),
            ("n", "Không rõ: cơ quan cung cấp không cho biết số trả lời"),
        ]
    return [
        ("Định nghĩa", survey.definition_vi),
        ("Mã định nghĩa", index.definition),
        ("Phiếu điều tra", index.questionnaire),
        ("Căn cứ", index.decision),
        ("Cách gộp", _combiner_words(survey)),
        ("n", "Số trả lời hợp lệ; của chỉ số, nội dung, yếu tố là của tiêu chí có ít trả lời nhất"),
        ("n tối thiểu", f"{index.min_n}; dưới mức này giá trị vẫn được tính và được đánh dấu n nhỏ"),
    ]


def _combiner_words(survey: SurveySheets) -> str:
    combiner = survey.index.combiner(survey.round.head.year)
    words = label("combiner", combiner.combiner).format(label("item_value", survey.index.item_value))
    basis = f"{words} ({label('basis', combiner.basis)})"
    return f"{basis}. {combiner.note}" if combiner.note else basis


def _variant_rows(survey: SurveySheets) -> list[list[str | int | float | None]]:
    is_given = bool(survey.results.source_vi)
    lines: list[list[str | int | float | None]] = []
    for variant in survey.results.variants:
        score = survey.results.score(survey.round.head.province_id, survey.index.overall.node_code, variant.name)
        lines.append(
            [
                variant.label_vi,
                score["n"] if score and not is_given else None,
                label("respondents", "given" if is_given else variant.filter),
                score["value_pct"] if score else None,
                label("index_weights", "given" if is_given else variant.weights),
                "Tính điểm" if variant.official else "Tham khảo",
            ]
        )
    return lines
