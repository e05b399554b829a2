"""What the lists for fieldwork look like: title, columns and signers of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sipas.publish.xlsx.table import Field

FIELD, SIGNATURE, PAYMENT, POSTAL = "field", "signature", "payment", "postal"
RATERS = "raters"  # the field list where a person rates many units


@dataclass(frozen=True)
class ListForm:
    """One kind of list. `columns`: of each field the column of the rows it shows, "" for one filled in by hand, "#"
    for the running number, "amount" for what is paid."""

    title: str
    about: str
    fields: tuple[Field, ...]
    columns: tuple[str, ...]
    signers: tuple[str, ...]
    row_points: float


_ORDER: Final = Field("STT", 5, "center", 0)
_CASE: Final = Field("Mã phiếu", 20, "text")
_NAME: Final = Field("Họ và tên", 25, "text")
_PHONE: Final = Field("Điện thoại", 14, "text")
_ADDRESS: Final = Field("Địa chỉ", 38, "text")
_SIGN: Final = Field("Ký nhận", 17, "text")
_NOTE: Final = Field("Ghi chú", 14, "text")

FORMS: Final[Mapping[str, ListForm]] = MappingProxyType(
    {
        FIELD: ListForm(
            "Danh sách phỏng vấn",
            "Theo thứ tự rút mẫu; không đổi người, không bỏ qua ai trong danh sách. Kết quả ghi: hoàn thành, từ chối, "
            "không gặp, sai địa chỉ hoặc ngoài phạm vi điều tra.",
            (
                _ORDER,
                _CASE,
                _NAME,
                _PHONE,
                _ADDRESS,
                Field("Điều tra viên", 22, "text"),
                Field("Kết quả", 13, "text"),
                Field("Ngày", 9, "text"),
                Field("Ghi chú", 11, "text"),
            ),
            ("#", "case_id", "name", "phone", "address", "interviewer", "", "", ""),
            ("Điều tra viên", "Cán bộ đầu mối", "Đơn vị chủ trì"),
            24.0,
        ),
        RATERS: ListForm(
            "Danh sách phỏng vấn",
            "Mỗi người đánh giá đúng các đơn vị ghi ở dòng của mình, mỗi đơn vị một phiếu; tên đơn vị ở trang tính "
            "sau. Không đổi người, không bỏ qua ai trong danh sách.",
            (
                _ORDER,
                _CASE,
                _NAME,
                _PHONE,
                Field("Địa chỉ", 20, "text"),
                Field("Đơn vị được đánh giá", 36, "text"),
                Field("Điều tra viên", 20, "text"),
                Field("Kết quả", 11, "text"),
                Field("Ngày", 8, "text"),
            ),
            ("#", "case_id", "name", "phone", "address", "rated", "interviewer", "", ""),
            ("Điều tra viên", "Cán bộ đầu mối", "Đơn vị chủ trì"),
            24.0,
        ),
        SIGNATURE: ListForm(
            "Danh sách ký nhận phiếu khảo sát",
            "Người nhận phiếu ghi ngày và ký tên; mỗi người một phiếu đúng mã phiếu của mình.",
            (
                _ORDER,
                _CASE,
                _NAME,
                _ADDRESS,
                Field("Điều tra viên", 22, "text"),
                Field("Số phiếu", 8, "center", 0),
                Field("Ngày nhận", 12, "text"),
                _SIGN,
            ),
            ("#", "case_id", "name", "address", "interviewer", "one", "", ""),
            ("Người phát phiếu", "Cán bộ đầu mối", "Đơn vị chủ trì"),
            30.0,
        ),
        PAYMENT: ListForm(
            "Danh sách chi trả cho người trả lời phiếu",
            "Chỉ ký khi đã nhận đủ số tiền.",
            (
                _ORDER,
                _CASE,
                _NAME,
                _ADDRESS,
                Field("Điều tra viên", 22, "text"),
                Field("Số tiền (đồng)", 14, "right", 0),
                _SIGN,
                _NOTE,
            ),
            ("#", "case_id", "name", "address", "interviewer", "amount", "", ""),
            ("Người lập biểu", "Kế toán", "Thủ trưởng đơn vị"),
            30.0,
        ),
        POSTAL: ListForm(
            "Danh sách gửi phiếu qua bưu điện",
            "Bưu điện ghi số hiệu bưu gửi và ngày gửi; nhãn địa chỉ ở trang tính sau.",
            (
                _ORDER,
                _CASE,
                Field("Người nhận", 25, "text"),
                Field("Địa chỉ nhận", 46, "text"),
                _PHONE,
                Field("Số hiệu bưu gửi", 18, "text"),
                Field("Ngày gửi", 11, "text"),
                _NOTE,
            ),
            ("#", "case_id", "name", "address", "phone", "", "", ""),
            ("Người giao", "Bưu điện nhận", "Đơn vị chủ trì"),
            22.0,
        ),
    }
)
