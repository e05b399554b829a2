"""Vietnamese words for codes, and numbers and dates as a Vietnamese reader writes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from errors import DataError
from sipas.appraisal import STAGE_LABELS

Number = Decimal | float | int

_SEPARATORS: Final[Mapping[str, tuple[str, str]]] = {"vi": (".", ","), "en": (",", ".")}

MADE_UP: Final = "SỐ LIỆU GIẢ LẬP ĐỂ MINH HỌA, KHÔNG PHẢI KẾT QUẢ CHÍNH THỨC"
TRAINING: Final = "ĐỢT TẬP HUẤN, KẾT QUẢ KHÔNG ĐƯỢC SỬ DỤNG"

LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "row_state": {
        "accepted": "Chấp nhận",
        "late": "Quá hạn",
        "duplicate": "Trùng lặp",
        "set_aside": "Để riêng",
        "superseded": "Bị thay thế",
        "withdrawn": "Đã rút",
        "waiting": "Chờ xử lý",
    },
    "case_status": {
        "respondent": "Có trả lời",
        "nonrespondent": "Không trả lời",
        "ineligible": "Ngoài phạm vi điều tra",
        "unknown": "Chưa xác định",
    },
    "reason": {
        "returns.late": "Quá hạn",
        "returns.code_not_in_scale": "Mã trả lời không có trong thang đo",
        "returns.too_few_items": "Trả lời quá ít câu hỏi",
        "returns.wrong_unit": "Không đúng đơn vị được đánh giá",
        "returns.no_unit": "Không ghi đơn vị được đánh giá",
        "returns.not_issued": "Phiếu chưa được phát ra",
        "returns.training_case": "Phiếu của đợt tập huấn",
        "returns.unknown_case": "Mã phiếu không có trong mẫu",
        "returns.bad_check_characters": "Sai ký tự kiểm tra của mã phiếu",
        "returns.no_case_id": "Không có mã phiếu",
        "returns.bad_day": "Không đọc được ngày nhận",
        "returns.duplicate_same": "Trùng lặp, trả lời giống nhau",
        "returns.duplicate_differs": "Trùng lặp, trả lời khác nhau",
    },
    "lonely_psu": {
        "collapse": "ghép với tầng của đơn vị kế tiếp trong danh mục",
        "fail": "không tính, phải xử lý trước",
        "adjust": "lấy quanh trung bình chung của các đơn vị",
        "average": "lấy theo trung bình của các tầng khác",
        "certainty": "coi như chọn chắc chắn, không góp sai số",
        "remove": "không góp sai số",
    },
    "round_kind": {"real": "", "training": "ĐỢT TẬP HUẤN"},
    "outcome": {
        "valid": "Hợp lệ",
        "rejected": "Không hợp lệ",
        "outstanding": "Chưa thu về",
    },
    "appraisal_stage": STAGE_LABELS,
    "leaf_status": {
        "": "",
        "scored": "Đã chấm",
        "not_applicable": "Không áp dụng",
        "no_cases": "Không phát sinh",
        "missing": "Chưa có dữ liệu",
    },
    "leaf_status_short": {"": "", "scored": "", "not_applicable": "KAD", "no_cases": "KPS", "missing": "–"},
    "score_source": {
        "": "",
        "appraisal": "Thẩm định",
        "survey": "Điều tra xã hội học",
        "index": "Chỉ số điều tra",
    },
    "rule": {
        "sum": "Cộng điểm các tiêu chí con",
        "choice": "Chấm theo mức đạt được",
        "band": "Chấm theo khoảng giá trị",
        "ratio": "Tử số chia cho mẫu số, nhân điểm tối đa",
        "linear": "Giá trị chia cho mốc cao, nhân điểm tối đa",
        "linear_between": "Vị trí giữa mốc thấp và mốc cao, nhân điểm tối đa",
        "option_weights": "Hệ số bình quân của các phương án trả lời, nhân điểm tối đa",
        "index_link": "Theo giá trị chỉ số điều tra",
    },
    "unit_kind": {
        "tinh": "Tỉnh, thành phố",
        "so": "Sở, ban, ngành",
        "huyen": "Huyện, thị xã, thành phố",
        "xa": "Xã, phường, đặc khu",
        "co_quan_tw": "Cơ quan Trung ương đóng trên địa bàn",
        "don_vi_su_nghiep": "Đơn vị sự nghiệp công lập",
        "benh_vien": "Bệnh viện",
        "tram_y_te": "Trạm y tế",
        "truong_hoc": "Trường học",
        "vpdk_dat_dai": "Văn phòng đăng ký đất đai",
    },
    "variant": {
        "official": "Chính thức",
        "weighted": "Có quyền số",
        "users_only": "Chỉ người đã dùng dịch vụ",
    },
    "index_weights": {"none": "Không dùng quyền số", "final": "Quyền số cuối cùng", "given": "Không rõ"},
    "respondents": {"all": "Tất cả người trả lời", "users_only": "Chỉ người đã dùng dịch vụ", "given": "Không rõ"},
    "basis": {
        "stated": "theo văn bản",
        "derived": "suy ra từ số liệu đã công bố",
        "unconfirmed": "chưa được xác nhận bằng văn bản",
    },
    "item_value": {"share": "tỷ lệ hài lòng", "mean": "điểm trung bình", "given": "giá trị"},
    "combiner": {
        "items": "Trung bình cộng {} của các tiêu chí",
        "factors": "Trung bình cộng giá trị của các yếu tố",
        "contents": "Trung bình cộng giá trị của các nội dung",
    },
    "denominator": {
        "full": "Tổng điểm tối đa của bộ tiêu chí",
        "applicable": "Điểm tối đa áp dụng riêng cho từng đơn vị",
    },
    "rank_on": {
        "index_unrounded": "Chỉ số chưa làm tròn",
        "index_rounded": "Chỉ số đã làm tròn",
    },
    "ties": {
        "competition": "Đồng hạng thì bỏ qua hạng kế tiếp (1, 1, 3)",
        "dense": "Đồng hạng không bỏ hạng (1, 1, 2)",
    },
    "rounding": {
        "half_up": "làm tròn nửa lên",
        "half_even": "làm tròn nửa về số chẵn",
        "truncate": "cắt bỏ phần lẻ",
    },
    "absent_survey": {
        "rescale": "Không tính các tiêu chí điều tra, giảm điểm tối đa của đơn vị",
        "carry": "Dùng giá trị của kỳ trước",
        "fail": "Không công bố khi thiếu số liệu điều tra",
    },
    "no_cases": {
        "": "",
        "full": "Không phát sinh thì được điểm tối đa",
        "exclude": "Không phát sinh thì không tính tiêu chí",
        "zero": "Không phát sinh thì không có điểm",
        "fail": "Không phát sinh thì phải có kết luận riêng",
    },
    "setting": {
        "unit_group": "nhóm đơn vị",
        "years": "năm áp dụng",
        "max_points": "điểm tối đa",
        "denominator": "mẫu số của chỉ số",
        "rank_on": "cách xếp hạng",
        "ties": "cách xử lý đồng hạng",
        "rounding": "cách làm tròn",
        "bonus_cap": "điểm thưởng tối đa",
        "penalty_cap": "điểm trừ tối đa",
        "absent_survey": "cách xử lý khi thiếu số liệu điều tra",
        "empty_group": "cách xử lý khi một nhóm không có phiếu",
        "no_cases": "cách chấm khi không phát sinh",
        "classes": "mức xếp loại",
        "name_vi": "tên gọi",
        "score_source": "nguồn điểm",
        "rule": "cách chấm",
        "low": "mốc thấp",
        "high": "mốc cao",
    },
    "weight_step": {
        "design": "Quyền số thiết kế",
        "follow_up": "Sau điều chỉnh mẫu nhắc lại",
        "unknown_eligibility": "Sau điều chỉnh phiếu chưa xác định",
        "nonresponse": "Sau điều chỉnh không trả lời",
        "propensity": "Sau điều chỉnh theo khả năng trả lời",
        "trim": "Sau khi chặn trên",
        "poststratify": "Sau hậu phân tầng",
        "rake": "Sau hiệu chỉnh lặp theo tổng biên",
        "calibrate": "Sau hiệu chỉnh theo tổng biên",
        "rescale": "Sau khi đổi thang",
        "final": "Quyền số cuối cùng",
    },
    "flag": {
        "": "",
        "small_n": "n nhỏ",
        "items_missing": "có tiêu chí không ai trả lời",
        "no_answer": "không có trả lời",
        "unanimous": "mọi người trả lời như nhau",
        "no_df": "không đủ số phiếu để tính khoảng tin cậy",
        "sparse": "quá ít phiếu để tính sai số",
        "not_comparable": "khác phương thức điều tra, không so sánh trực tiếp",
        "given": "số liệu của cơ quan khác, không rõ số trả lời",
        "no_std_error": "không có sai số chuẩn kèm theo",
    },
    "override_reason": {
        "absent_survey_rescale": "không có số liệu điều tra, không tính tiêu chí",
        "absent_survey_carry": "không có số liệu điều tra, dùng giá trị kỳ trước",
    },
    "input": {
        "results": "Kết quả xếp hạng",
        "unit_sheets": "Phiếu điểm của các đơn vị",
        "index_scores": "Giá trị chỉ số điều tra",
        "weight_report": "Báo cáo quyền số",
        "margins": "Tổng biên",
        "control_totals": "Tổng số kiểm soát",
        "manifest.json": "Biên bản chọn mẫu",
        "file": "Tệp phiếu nhận được",
        "values_file": "Tệp số liệu của cơ quan khác",
        "values_facts.json": "Thông tin về tệp số liệu của cơ quan khác",
        "frame": "Dàn mẫu",
        "sample": "Mẫu điều tra",
        "responses": "Phiếu trả lời",
        "frame_facts.json": "Số liệu về dàn mẫu",
        "pairs": "Ai đánh giá đơn vị nào",
        "weighted_cases": "Quyền số từng phiếu",
        "joined.json": "Nhóm đã ghép",
        "cases": "Phiếu phát ra",
        "rows": "Trạng thái các dòng phiếu",
        "batches": "Danh sách tệp nhận được",
        "reserves": "Mẫu dự phòng phát thêm, rút bớt",
        "events": "Thay đổi đơn vị trong đợt",
        "reopenings": "Các lần mở lại đợt",
        "cancelled": "Phiếu khảo sát đã hủy",
        "appraisals": "Điểm thẩm định",
        "round": "Thông tin đợt điều tra",
        "units": "Danh mục đơn vị",
        "questionnaire": "Phiếu điều tra",
        "index": "Định nghĩa chỉ số",
        "rulebook": "Bộ tiêu chí",
    },
    "margin": {
        "unit_id": "Đơn vị",
        "unit_group": "Nhóm đơn vị",
        "result_status": "Kết quả giải quyết hồ sơ",
        "procedure_field": "Lĩnh vực thủ tục",
        "channel": "Cách nộp hồ sơ",
        "rater_group": "Nhóm người đánh giá",
        "asked_before": "Đã hỏi ở đợt trước",
    },
    "cap_rule": {
        "absolute": "không quá",
        "times_median": "số lần trung vị",
        "times_mean": "số lần trung bình",
        "quantile": "phân vị",
    },
    "calibration_method": {
        "linear": "tuyến tính",
        "raking": "lũy thừa",
        "logit": "lô-gít có giới hạn",
        "truncated": "tuyến tính có giới hạn",
    },
    "result_status": {
        "done": "Đã giải quyết",
        "refused": "Từ chối",
        "returned": "Trả lại",
        "overdue": "Quá hạn",
    },
    "mode": {
        "post": "Bưu điện",
        "face_to_face": "Phỏng vấn trực tiếp",
        "online": "Trực tuyến",
        "phone": "Điện thoại",
        "group": "Họp nhóm",
    },
    "release": {"draft": "Theo biên bản công bố kèm theo", "released": "Bản công bố"},
}


def label(kind: str, code: str) -> str:
    """Vietnamese word for `code` of `kind` (a key of LABELS). Raises DataError `publish.no_label`."""
    found = LABELS[kind].get(code)
    if found is None:
        raise DataError("publish.no_label", where=kind, got=code, expected=", ".join(LABELS[kind]))
    return found


def labels(kind: str, codes: str) -> str:
    """Words for several codes joined by `;`, each once, in their order: `"small_n;no_df"`."""
    words = [label(kind, code.strip()) for code in codes.split(";")]
    return "; ".join(dict.fromkeys(word for word in words if word))


def is_absent(value: object) -> bool:
    """True for None and NaN, the two ways a frame says "no value"."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def text_of(value: object) -> str:
    """Text of a cell of a text column, "" where it is absent."""
    return "" if is_absent(value) else str(value)


def format_number(value: Number | None, decimals: int, locale: str = "vi") -> str:
    """`value` with `decimals` places, half up; vi: `1.234,50`, en: `1,234.50`; "" where absent.

    Rounds the shortest decimal text of a float, so that 0.125 gives 0,13. Raises DataError `publish.locale`.
    """
    if locale not in _SEPARATORS:
        raise DataError("publish.locale", got=locale, expected=", ".join(_SEPARATORS))
    if value is None or is_absent(value):
        return ""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{rounded:,.{decimals}f}"
    if not rounded:
        text = text.lstrip("-")
    thousands, point = _SEPARATORS[locale]
    return text.translate({ord(","): thousands, ord("."): point})


def format_plain(value: Number, most_decimals: int = 2) -> str:
    """A number in running text without idle zeros: 10 -> `10`, 2.50 -> `2,5`."""
    text = format_number(value, most_decimals)
    return text.rstrip("0").rstrip(",") if "," in text else text


def format_date(iso: str) -> str:
    """`2026-03-01` -> `01/03/2026`; anything else as it is."""
    parts = iso[:10].split("-")
    return "/".join(reversed(parts)) if len(parts) == 3 else iso
