"""Parameters of the flows as Prefect's page shows them: ids and folder names only, never data."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class RoundParams(BaseModel):
    """Which workspace and which round."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Đợt khảo sát")

    workspace: str = Field(title="Thư mục làm việc", description="Thư mục có tệp sipas.toml")
    round_id: str = Field(title="Mã đợt", description="Để trống nếu chỉ có một đợt đang mở", default="")


class FolderParams(RoundParams):
    """A round and the folder, inside the workspace, where its files arrive."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Đợt khảo sát và thư mục tệp đến")

    folder: str = Field(title="Thư mục tệp đến", description="Nằm trong thư mục làm việc", default="inbox")
    received_on: str = Field(title="Ngày nhận", description="Năm-tháng-ngày; để trống là hôm nay", default="")
