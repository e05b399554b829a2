"""What the columns, settings and closed lists of a rulebook are called in Vietnamese, for forms and comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel

from sipas.rulebook.check import CASES_FILE, CRITERIA_FILE, LINKS_FILE
from sipas.rulebook.load import BANDS_FILE, COLUMNS, LEVELS_FILE
from sipas.rulebook.model import Band, Case, Criterion, Header, Level, Link, RankClass, Unscored

HEADER_TABLES: Final[Mapping[str, type[BaseModel]]] = {"classes": RankClass, "unscored": Unscored}
"""The lists of tables in rulebook.toml, each a part with a sheet of its own: key -> model of a row."""


@dataclass(frozen=True)
class Field:
    """A column of a form. kind: "text" (codes too: only text may stand in it), "number" or "flag" (0, 1)."""

    name: str
    header: str
    kind: str = "text"
    choices: tuple[str, ...] = ()


_HEADERS: Final[Mapping[str, str]] = {
    "code": "Mã tiêu chí",
    "parent": "Mã tiêu chí cấp trên",
    "level": "Cấp",
    "name_vi": "Tên",
    "name_en": "Tên tiếng Anh",
    "max_points": "Điểm tối đa",
    "score_source": "Nguồn điểm",
    "rule": "Cách chấm",
    "low": "Mốc 0 điểm",
    "high": "Mốc điểm tối đa",
    "article": "Căn cứ (điều, mục)",
    "evidence": "Tài liệu kiểm chứng",
    "owner": "Cơ quan theo dõi",
    "no_cases": "Khi không phát sinh",
    "level_code": "Mã mức",
    "points": "Điểm",
    "weight_pct": "Tỷ trọng (%)",
    "from": "Từ",
    "from_inclusive": "Kể cả mốc từ",
    "to": "Đến",
    "to_inclusive": "Kể cả mốc đến",
    "index_id": "Mã chỉ số",
    "node_code": "Mã mục của chỉ số",
    "variant": "Phương án",
    "transform": "Cách quy đổi",
    "case": "Tên ví dụ",
    "choice_code": "Mức chọn",
    "value": "Giá trị",
    "numerator": "Tử số",
    "denominator": "Mẫu số",
    "option_counts": "Số phiếu theo phương án",
    "leaf_status": "Tình trạng",
    "class_code": "Mã loại",
    "from_pct": "Từ (%)",
    "reason": "Lý do",
}
SHEETS: Final[Mapping[str, str]] = {
    "rulebook.toml": "Thông tin chung",
    "classes": "Xếp loại",
    CRITERIA_FILE: "Tiêu chí",
    LEVELS_FILE: "Mức và phương án",
    BANDS_FILE: "Khoảng điểm",
    LINKS_FILE: "Liên kết điều tra",
    CASES_FILE: "Ví dụ tính tay",
    "unscored": "Tiêu chí chưa chấm",
}
"""Part -> sheet of the workbook."""

TEXTS_SHEET: Final = "Văn bản kèm theo"
SETTING_HEADERS: Final = ("Khóa", "Nội dung", "Giá trị", "Giải thích")
TEXT_HEADERS: Final = ("Tệp", "Dòng", "Văn bản")

_MODELS: Final[Mapping[str, type[BaseModel]]] = {
    **HEADER_TABLES,
    CRITERIA_FILE: Criterion,
    LEVELS_FILE: Level,
    BANDS_FILE: Band,
    LINKS_FILE: Link,
    CASES_FILE: Case,
}
_NUMBERS: Final = frozenset(
    {"max_points", "low", "high", "points", "weight_pct", "from", "to", "value", "numerator", "denominator", "from_pct"}
)
_FLAGS: Final = frozenset({"from_inclusive", "to_inclusive"})
_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "level": {
        "area": "Lĩnh vực",
        "criterion": "Tiêu chí",
        "sub_criterion": "Tiêu chí thành phần",
        "bonus": "Điểm thưởng",
        "penalty": "Điểm trừ",
    },
    "score_source": {"appraisal": "Thẩm định", "survey": "Phiếu điều tra", "index": "Chỉ số điều tra"},
    "rule": {
        "sum": "Cộng tiêu chí con",
        "choice": "Theo mức",
        "band": "Theo khoảng",
        "ratio": "Tử số / mẫu số",
        "linear": "Tỷ lệ với mốc",
        "linear_between": "Tỷ lệ giữa hai mốc",
        "option_weights": "Tỷ trọng phương án",
        "index_link": "Theo chỉ số điều tra",
    },
    "transform": {"linear": "Tỷ lệ với mốc", "band": "Theo khoảng", "linear_between": "Tỷ lệ giữa hai mốc"},
    "no_cases": {
        "full": "Đủ điểm",
        "exclude": "Bỏ khỏi điểm tối đa",
        "zero": "0 điểm",
        "fail": "Không chấp nhận",
    },
    "leaf_status": {"not_applicable": "Không áp dụng", "no_cases": "Không phát sinh"},
    "denominator": {"full": "Luôn chia cho tổng điểm tối đa", "applicable": "Chia cho điểm tối đa riêng của đơn vị"},
    "rank_on": {"index_unrounded": "Chỉ số chưa làm tròn", "index_rounded": "Chỉ số đã làm tròn"},
    "ties": {"competition": "Bỏ số kế tiếp (1 1 3)", "dense": "Không bỏ số (1 1 2)"},
    "mode": {"half_up": "Nửa lên", "half_even": "Nửa về chẵn", "truncate": "Cắt bỏ"},
    "absent_survey": {
        "rescale": "Bỏ khỏi điểm tối đa",
        "carry": "Lấy giá trị lần trước",
        "fail": "Báo lỗi",
    },
    "made_up": {"true": "Có", "false": "Không"},
}
SETTINGS: Final[Mapping[str, tuple[str, str]]] = {
    "id": ("Mã bộ tiêu chí", "Trùng với tên thư mục, không dấu"),
    "title_vi": ("Tên bộ tiêu chí", ""),
    "decision": ("Quyết định ban hành", "Số, ngày, cơ quan ban hành"),
    "issued": ("Ngày ban hành", "Viết năm-tháng-ngày, ví dụ 2026-01-05"),
    "source": ("Nguồn", "Văn bản, trang, địa chỉ nơi lấy số liệu"),
    "made_up": ("Số liệu giả định", "Có: chỉ để minh họa, không phải của cơ quan nào"),
    "unit_group": ("Nhóm đơn vị", "Mã nhóm trong danh mục đơn vị, ví dụ so hoặc xa"),
    "result_kind": ("Loại kết quả", "par: Chỉ số CCHC; mỗi nhóm đơn vị có một bộ tiêu chí cho mỗi loại kết quả"),
    "years.1": ("Áp dụng từ năm", ""),
    "years.2": ("Áp dụng đến năm", ""),
    "max_points": ("Tổng điểm tối đa", "Bằng tổng điểm tối đa các lĩnh vực, không kể thưởng, trừ"),
    "denominator": ("Mẫu số của chỉ số", "Chia cho tổng điểm tối đa, hay cho phần áp dụng với đơn vị"),
    "rank_on": ("Xếp hạng theo", "Thường dùng chỉ số chưa làm tròn"),
    "ties": ("Đồng hạng", "Cách đánh số khi hai đơn vị bằng nhau"),
    "rounding.mode": ("Cách làm tròn", "Nửa lên: 2,625 thành 2,63"),
    "rounding.leaf": ("Số chữ số lẻ của tiêu chí", ""),
    "rounding.total": ("Số chữ số lẻ của tổng điểm", ""),
    "rounding.index": ("Số chữ số lẻ của chỉ số", ""),
    "bonus_cap": ("Trần điểm thưởng", "0 nếu không có điểm thưởng"),
    "penalty_cap": ("Trần điểm trừ", "0 nếu không có điểm trừ"),
    "absent_survey": ("Khi đơn vị không có kết quả điều tra", ""),
    "no_cases": ("Khi không phát sinh (mặc định)", "Từng tiêu chí có thể ghi khác"),
    "unconfirmed": ("Điều chưa xác nhận", "Thiết lập chưa có văn bản nào xác nhận"),
}
"""Setting -> label, explanation."""


def setting_label(key: str) -> tuple[str, str]:
    """Label and explanation of a setting; of its list for a numbered one; the key itself where there are none."""
    return SETTINGS.get(key) or SETTINGS.get(key.rpartition(".")[0]) or (key, "")


def fields_of(part: str) -> tuple[Field, ...]:
    """Columns of a part (a CSV file, or a key of HEADER_TABLES) in file order."""
    names: Sequence[str] = COLUMNS[part] if part in COLUMNS else list(_MODELS[part].model_fields)
    return tuple(_field(part, name) for name in names)


def _field(part: str, name: str) -> Field:
    header = "Tên mức" if (part, name) == (LEVELS_FILE, "name_vi") else _HEADERS.get(name, name)
    kind = "number" if name in _NUMBERS else "flag" if name in _FLAGS else "text"
    found = _model_field(_MODELS[part], name)
    choices = ("0", "1") if kind == "flag" else _choices(found)
    return Field(name, header, kind, choices)


def setting_kind(key: str) -> tuple[str, tuple[str, ...]]:
    """Kind of a setting ("text", "number", "whole", "flag") and its closed list; kind "" for an unknown key."""
    annotation: Any = Header
    for part in key.split("."):
        annotation = _inner(annotation, part)
        if annotation is None:
            return "", ()
    if annotation is bool:
        return "flag", ("true", "false")
    if annotation is int:
        return "whole", ()
    choices = _choices(annotation)
    return ("text" if choices or annotation is str else "number"), choices


def label_of(name: str, code: str) -> str:
    """Vietnamese words for a code of a closed list; the code itself where there are none."""
    return _LABELS.get(name.rpartition(".")[2], {}).get(code, code)


def code_of(name: str, text: str, choices: Sequence[str]) -> str:
    """The code of `choices` that `text` (words or code, any case) means; `text` when it means none."""
    wanted = text.casefold()
    return next((code for code in choices if wanted in (code.casefold(), label_of(name, code).casefold())), text)


def _inner(annotation: Any, part: str) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _model_field(annotation, part)
    arguments = get_args(annotation)
    return arguments[-1] if issubclass(get_origin(annotation) or object, Mapping) else next(iter(arguments), None)


def _model_field(model: type[BaseModel], name: str) -> Any:
    for field, info in model.model_fields.items():
        if name in (field, info.alias):
            return info.annotation
    return None


def _choices(annotation: Any) -> tuple[str, ...]:
    found = get_args(annotation)
    return tuple(found) if found and all(isinstance(one, str) for one in found) else ()
