"""What lies on the verifier's table, read and drawn once for all checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from errors import DataError, Fault, SurveyError
from sampling.manifest.pairs import plan_pairs_csv
from sampling.manifest.plan import CANONICAL, draw_plan, parse_frame, read_frame_csv
from sampling.manifest.shapes import MODES
from sampling.numbers import sha256_hex


@dataclass(frozen=True)
class Case:
    """Manifest, frame file and, where given, reserves, the commit an outsider kept, the value they read, pairs.csv."""

    manifest: Any
    frame_file: bytes
    reserves: Any = None
    commit: Any = None
    public_value: str | None = None
    pairs_file: bytes | None = None
    draw_made: pd.DataFrame | None = None  # the draw where it was just made; otherwise it is repeated

    @cached_property
    def mode(self) -> str:
        """The manifest's mode; `fresh`, the stricter one, when it names none we know."""
        named = self.manifest.get("mode") if isinstance(self.manifest, dict) else None
        return named if isinstance(named, str) and named in MODES else MODES[0]

    @property
    def is_fresh(self) -> bool:
        """Whether the seed comes from a public value."""
        return self.mode == MODES[0]

    @property
    def last_commit(self) -> dict[str, Any]:
        """The commit the draw rests on."""
        return dict(self.manifest["commits"][-1])

    @cached_property
    def frame_hash(self) -> str:
        """SHA-256 of the frame file as it lies here."""
        return sha256_hex(self.frame_file)

    @cached_property
    def frame(self) -> pd.DataFrame | None:
        """The rows of the frame file, or None when it cannot be read."""
        return parse_frame(self.frame_file)

    @cached_property
    def drawn(self) -> pd.DataFrame | SurveyError:
        """The draw repeated from frame, plan and seed, or the reason why it cannot be drawn."""
        if self.draw_made is not None:
            return self.draw_made
        if self.frame is None:
            return DataError("verify.frame_canonical", expected=CANONICAL)
        try:
            return draw_plan(self.manifest["plan"], self.frame, self.manifest["seed"])
        except SurveyError as error:
            return error

    @cached_property
    def pairs(self) -> bytes | SurveyError:
        """pairs.csv drawn again (empty without quotas), or the reason why it, or the draw itself, cannot be drawn."""
        if isinstance(self.drawn, SurveyError):
            return self.drawn
        try:
            frame = read_frame_csv(self.frame_file) if self.frame is None else self.frame
            return plan_pairs_csv(self.manifest["plan"], frame, self.manifest["seed"])
        except SurveyError as error:
            return error

    @cached_property
    def last_stage(self) -> dict[str, list[str]]:
        """Drawn ids of the last stage in draw order, by stratum; nothing when the draw cannot be repeated."""
        if isinstance(self.drawn, SurveyError):
            return {}
        rows = self.drawn[self.drawn["stage"] == len(self.manifest["plan"]["stages"])].sort_values("draw_order")
        return {str(one): ids.tolist() for one, ids in rows.groupby("stratum_id")["frame_unit_id"]}


@dataclass(frozen=True)
class Check:
    """One thing to look at. `rule` is the code of its faults; a later step is taken when the earlier ones agree."""

    rule: str
    step: int
    find: Callable[[Case], Iterator[Fault]]


def run(case: Case, checks: Iterable[Check]) -> list[Fault]:
    """Faults of the first step that finds any, sorted; empty when all agree."""
    ordered = sorted(checks, key=lambda check: check.step)
    for step in sorted({check.step for check in ordered}):
        faults = [fault for check in ordered if check.step == step for fault in check.find(case)]
        if faults:
            return sorted(faults)
    return []
