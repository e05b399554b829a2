"""sipas.toml: the file that marks a folder as a workspace, and its settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from pydantic import Field

from errors import Fault, FaultsFound
from sipas.datafiles import Model, build, read_toml
from sipas.store.disk.atomic import write_whole

FILE_NAME: Final = "sipas.toml"
_LINE: Final = r"^[^\x00-\x1f\x7f]*$"


class PrefectConfig(Model):
    """`api_url`: the one server other than this computer's that runs may be sent to; "" for none."""

    api_url: str = Field(default="", pattern=r"^(https?://[^\s\"\\]+)?$")


class Config(Model):
    """Settings of a workspace. `key_check` tells this workspace's key file from another one's."""

    id: str = Field(pattern=r"^[0-9a-f]{16}$")
    name: str = Field(default="", pattern=_LINE)
    created: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
    key_file: str = Field(min_length=1, pattern=_LINE)
    key_check: str = Field(pattern=r"^[0-9a-f]{16}$")
    default_round: str = Field(default="", pattern=_LINE)
    actor: str = Field(default="", pattern=_LINE)
    prefect: PrefectConfig = PrefectConfig()


def read_config(root: Path) -> Config:
    """Settings of the workspace `root`. FaultsFound `store.config` names every field that does not fit."""
    faults: list[Fault] = []
    values = read_toml(root / FILE_NAME, faults)
    config = build(Config, values, FILE_NAME, 0, faults) if not faults else None
    if config is None:
        raise FaultsFound("store.config", faults, where=FILE_NAME)
    return config


def write_config(root: Path, config: Config) -> None:
    """Write sipas.toml; its presence makes `root` a workspace, so this is the last step of making one."""
    own = [name for name in Config.model_fields if name != "prefect"]
    lines = [
        "# Đánh dấu thư mục này là một workspace của sipas. Khóa nằm ngoài workspace: sao lưu riêng.",
        *(f"{name} = {_quoted(getattr(config, name))}" for name in own),
        "",
        "[prefect]",
        f"api_url = {_quoted(config.prefect.api_url)}",
        "",
    ]
    write_whole(root / FILE_NAME, "\n".join(lines).encode())


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
