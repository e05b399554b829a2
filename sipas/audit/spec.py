"""TABLE.toml: what the owner of a table says about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, field_validator, model_validator
from pydantic_core import PydanticCustomError

from errors import Fault, FaultsFound
from sipas.audit.vocabulary import ROLES
from sipas.datafiles import Model, build, read_toml

_ROLE = re.compile(r"([a-z_]+)(?::([0-9]+(?:\.[0-9]{1,6})?)?)?")


class Rounding(Model):
    """How the table rounds; what is not said is found from the table."""

    mode: Literal["half_up", "half_even", "truncate", ""] = ""
    decimals: int | None = None


class Ranking(Model):
    """On what ranks were made; "" when not said."""

    rank_on: Literal["index_unrounded", "index_rounded", ""] = ""


class Tree(Model):
    """Rows below one another. `code`, `parent`, `counts`: headers; `parents`: child code -> parent code, when the
    table has no such column; `stated`: header -> the sum that the text around the table gives."""

    code: str = ""
    parent: str = ""
    counts: tuple[str, ...] = ()
    parents: Mapping[str, str] = {}
    stated: Mapping[str, Decimal] = {}


class TableSpec(Model):
    """TABLE.toml. `columns`: header -> role; `file`: the table meant when others stand beside it; `max_points`: one
    maximum for all units; `partial`: only some of the ranked units are printed; `year`: the year
    the values are of. Further fields (title, source) are for readers."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: str = ""
    columns: Mapping[str, str] = {}
    rounding: Rounding = Rounding()
    ranking: Ranking = Ranking()
    classes: Mapping[str, Decimal] = {}
    tree: Tree = Tree()
    max_points: Decimal | None = None
    partial: bool = False
    year: int | None = None

    @field_validator("classes", mode="before")
    @classmethod
    def _cuts(cls, value: Any) -> Any:
        """`[classes]` name = cut, or `[[classes]]` name_vi, from_pct as in a rulebook."""
        if isinstance(value, list):
            return {str(row.get("name_vi") or row.get("class_code")): row.get("from_pct") for row in value}
        if isinstance(value, dict) and isinstance(value.get("cuts"), dict):
            return value["cuts"]
        return value

    @model_validator(mode="after")
    def _known_roles(self) -> TableSpec:
        for header, role in self.columns.items():
            match = _ROLE.fullmatch(role)
            if match is None or match[1] not in ROLES or (match[2] and match[1] != "part"):
                roles = " | ".join(sorted(ROLES))
                raise PydanticCustomError("role", "{header}: {known}", {"header": header, "known": roles})
        return self


def split_role(role: str) -> tuple[str, str]:
    """`part:65` -> ("part", "65"); `total` -> ("total", "")."""
    name, _, maximum = role.partition(":")
    return name, maximum


def load_spec(table: Path) -> TableSpec:
    """TABLE.toml beside `table`; an empty one when there is none or it is about another file.

    Raises FaultsFound `audit.table_toml`.
    """
    path = table.parent / "TABLE.toml"
    if not path.is_file():
        return TableSpec()
    faults: list[Fault] = []
    spec = build(TableSpec, read_toml(path, faults), path.name, 0, faults)
    if faults or spec is None:
        raise FaultsFound("audit.table_toml", faults, where=path.name)
    return spec if spec.file in ("", table.name) else TableSpec()
