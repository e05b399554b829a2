"""Word lists of the made-up example: pieces of personal names, streets, fields of work, remarks on forms.

Names are put together at random from common pieces, so no line stands for a real person; the streets and the
province do not exist.
"""

from __future__ import annotations

from collections.abc import Mapping

PROVINCE = "tỉnh Giả Định"


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Repeated names are drawn more often.
FAMILY_NAMES: tuple[str, ...] = (
    *("Nguyễn",) * 9,
    *("Trần",) * 4,
    *("Lê",) * 3,
    *("Phạm",) * 2,
    *_pieces("Huỳnh Hoàng Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trịnh Đoàn Mai Tô Lương Cao Tạ Thạch Quách"),
)
MIDDLE_NAMES: Mapping[str, tuple[str, ...]] = {
    "Nam": _pieces("Văn Hữu Đức Minh Quốc Công Thành Xuân Ngọc Đình Gia Bảo Trọng Nhật Tuấn Hoàng Duy Thế"),
    "Nữ": _pieces("Thị Ngọc Thanh Mỹ Kim Thu Bích Hồng Như Phương Diễm Cẩm Tuyết Quỳnh Khánh Thúy Minh Ánh"),
}
GIVEN_NAMES: Mapping[str, tuple[str, ...]] = {
    "Nam": _pieces(
        "An Bình Cường Dũng Đạt Giang Hải Hiếu Hòa Hùng Huy Khang Kiên Lâm Long Luận Mạnh Nam Nghĩa Nhân Phát Phong "
        "Phúc Quang Quý Sơn Sỹ Tài Tâm Thắng Thịnh Thuận Tiến Toàn Trí Trung Tùng Tường Việt Vinh Vũ"
    ),
    "Nữ": _pieces(
        "An Ánh Chi Cúc Diễm Dung Duyên Giang Hà Hạnh Hằng Hiền Hoa Hồng Huệ Hương Lan Liên Linh Loan Lý Mai My Nga "
        "Ngân Nguyệt Nhung Oanh Phượng Quyên Quỳnh Tâm Thảo Thơ Thủy Trang Trâm Tuyết Uyên Vân Xuân Yến"
    ),
}
STREETS: tuple[str, ...] = (
    "đường Hoa Gạo",
    "đường Bến Cũ",
    "đường Giếng Nước",
    "đường Cây Thị",
    "đường Ruộng Bậc",
    "đường Chợ Sớm",
    "đường Lò Gốm",
    "đường Đê Bao",
    "ngõ Vườn Ổi",
    "ngõ Ao Sen",
    "thôn Đông Mỹ Hạ",
    "thôn Tây Kỳ Thượng",
    "ấp Rạch Dừa",
    "ấp Gò Quéo",
    "tổ dân phố Cầu Mới",
    "tổ dân phố Xóm Lưới",
)

COMMUNE_FIELDS: tuple[str, ...] = (
    *("Chứng thực",) * 5,
    *("Hộ tịch",) * 4,
    *("Đất đai",) * 3,
    *("Bảo trợ xã hội",) * 2,
    "Người có công",
    "Đăng ký hộ kinh doanh",
    "Xây dựng",
    "Giáo dục",
    "Nông nghiệp",
    "Y tế",
)
# A department's fields follow from a word in its name; departments with the most dossiers first.
DEPARTMENT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Nông nghiệp": (*("Đất đai",) * 4, "Môi trường", "Thủy sản", "Lâm nghiệp"),
    "Tư pháp": (*("Lý lịch tư pháp",) * 4, "Công chứng", "Quốc tịch"),
    "Xây dựng": (*("Giấy phép lái xe",) * 3, "Hoạt động xây dựng", "Nhà ở"),
    "Tài chính": (*("Đăng ký doanh nghiệp",) * 4, "Đầu tư", "Giá"),
    "Y tế": ("Hành nghề y", "Dược", "Bảo trợ xã hội"),
    "Công Thương": ("Lưu thông hàng hóa", "An toàn thực phẩm", "Điện"),
    "Nội vụ": ("Việc làm", "Người có công", "Lao động nước ngoài"),
    "Giáo dục": ("Văn bằng, chứng chỉ", "Cơ sở giáo dục"),
    "Văn hóa": ("Quảng cáo", "Biểu diễn nghệ thuật", "Thể thao"),
    "khu công nghiệp": ("Đầu tư", "Lao động"),
    "Khu kinh tế": ("Đầu tư", "Quy hoạch xây dựng"),
    "Khoa học": ("Đo lường chất lượng", "Viễn thông"),
    "Du lịch": ("Lữ hành", "Lưu trú du lịch"),
    "Dân tộc": ("Tín ngưỡng, tôn giáo",),
    "Ngoại vụ": ("Lãnh sự",),
    "Thanh tra": ("Khiếu nại, tố cáo",),
}
SMALLEST_COMMUNE = "đặc khu"
OTHER_FIELDS: tuple[str, ...] = ("Thủ tục chung", "Cấp phép", "Xác nhận")

# Every Vietnamese letter with its tones occurs; the third begins as a formula would.
REMARKS: tuple[str, ...] = (
    "Cán bộ hướng dẫn rõ ràng, thái độ niềm nở.",
    "Đề nghị trả kết quả đúng hẹn; tôi phải đi lại ba lần.",
    "- Nên có thêm ghế ngồi chờ và quạt mát",
    "Thủ tục còn nhiều giấy tờ, mong được rút gọn.",
    "Hệ thống trực tuyến hay bị nghẽn vào buổi sáng.",
    "Ông bà lớn tuổi khó dùng điện thoại để nộp hồ sơ.",
    "Biển chỉ dẫn ở trụ sở mới sau sáp nhập chưa dễ thấy.",
    "Phí, lệ phí được niêm yết công khai, đầy đủ.",
    "Cần trả lời phản ánh, kiến nghị nhanh hơn nữa!",
    "Rất hài lòng với bộ phận một cửa của xã.",
    'Bảng niêm yết ghi "đang cập nhật" đã hai tháng.',
    "Đường ngập, mưa lũ vẫn được tiếp nhận hồ sơ tại nhà: cảm ơn!",
)
