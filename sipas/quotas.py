"""Who rates whom, as data: rater_quotas.csv of a round folder, one row per rater group and rated group or unit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BeforeValidator, Field

from errors import Fault
from sipas.datafiles import Model, read_models

FILE = "rater_quotas.csv"


def _yes_by_default(cell: Any) -> Any:
    return True if cell == "" else cell


class RaterQuota(Model):
    """`quota` raters of the group for each unit (pattern each), or the same people for all units (pattern all).

    Names a unit_group, or one rated_unit_id that goes before the row of its group; quota 0: this group rates none of
    them. rater_group is the middle part of the case ids, so it holds only A-Z and 0-9. exclude_own, blank = true:
    nobody rates the own unit. short_list: what to do when the list is shorter than the quota, take everybody or stop.
    """

    rater_group: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,11}$")]
    unit_group: str
    rated_unit_id: str
    pattern: Literal["each", "all"]
    quota: Annotated[int, Field(ge=0)]
    exclude_own: Annotated[bool, BeforeValidator(_yes_by_default)]
    short_list: Literal["census", "fail"]


def read_quotas(path: Path, unit_groups: Collection[str], faults: list[Fault]) -> tuple[RaterQuota, ...]:
    """The matrix of a round, empty where the file is absent: then every case rates the unit of its own dossier.

    Faults `rounds.quota_target`, `rounds.quota_group` (a group the round does not rate), `rounds.quota_repeated`.
    """
    if not path.is_file():
        return ()
    rows = read_models(path, RaterQuota, faults)
    faults += _faults(rows, unit_groups)
    return tuple(quota for _, quota in rows)


def _faults(rows: Sequence[tuple[int, RaterQuota]], unit_groups: Collection[str]) -> Iterator[Fault]:
    seen: dict[tuple[str, str, str], int] = {}
    for line, quota in rows:
        if bool(quota.unit_group) == bool(quota.rated_unit_id):
            got = f"{quota.unit_group} {quota.rated_unit_id}".strip()
            yield Fault("rounds.quota_target", FILE, row=line, column="unit_group", got=got)
        elif quota.unit_group and unit_groups and quota.unit_group not in unit_groups:
            expected = " | ".join(unit_groups)
            yield Fault(
                "rounds.quota_group", FILE, row=line, column="unit_group", got=quota.unit_group, expected=expected
            )
        key = (quota.rater_group, quota.unit_group, quota.rated_unit_id)
        if key in seen:
            yield Fault("rounds.quota_repeated", FILE, row=line, column="rater_group", got=str(seen[key]))
        seen.setdefault(key, line)


def quota_table(quotas: Sequence[RaterQuota]) -> pd.DataFrame:
    """The matrix as `sampling.pairs.RATER_QUOTAS` declares it."""
    return pd.DataFrame([quota.model_dump() for quota in quotas], columns=list(RaterQuota.model_fields))
