"""Parameters of the flows as Prefect's page shows them: ids and folder names only, never data."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

INBOX: Final = "inbox"


class RoundParams(BaseModel):
    """Which workspace, which round, which of its instruments."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Đợt khảo sát")

    workspace: str = Field(title="Thư mục làm việc", description="Thư mục có tệp sipas.toml")
    round_id: str = Field(title="Mã đợt", description="Để trống nếu chỉ có một đợt đang mở", default="")
    instrument_id: str = Field(
        title="Phiếu khảo sát (để trống nếu đợt chỉ có một)",
        description="Luồng của cả đợt: để trống là mọi phiếu khảo sát của đợt",
        default="",
    )


class FolderParams(RoundParams):
    """A round and the folder, inside the workspace, where its files arrive."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Đợt khảo sát và thư mục tệp đến")

    folder: str = Field(title="Thư mục tệp đến", description="Nằm trong thư mục làm việc", default=INBOX)
    received_on: str = Field(title="Ngày nhận", description="Năm-tháng-ngày; để trống là hôm nay", default="")


class CommitParams(RoundParams):
    """An instrument to be sealed, and when that took place."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Đợt khảo sát và thời điểm niêm phong")

    at: str = Field(title="Thời điểm niêm phong", description="Theo biên bản; để trống là bây giờ", default="")


class DrawParams(RoundParams):
    """A sealed instrument and the public value it waits for."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Đợt khảo sát và giá trị công khai")

    value: str = Field(title="Giá trị công khai", description="Ví dụ kết quả xổ số của ngày đã nêu khi niêm phong")
    again: str = Field(title="Gõ lại giá trị công khai", description="Rút xong không sửa được")

    @model_validator(mode="after")
    def _same_twice(self) -> DrawParams:
        if self.value != self.again:
            raise PydanticCustomError("twice", "hai lần gõ giá trị công khai khác nhau")
        return self
