"""The packaged example round, changed as a test wants it, and lists made row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sipas.framekinds import LAYOUTS
from sipas.frames import FrameImport, build_frame
from sipas.rounds import FrameCode, FrameHeading, InstrumentRules, load_round
from sipas.units import UnitRegister, load_register

DATA = Path(__file__).parents[3] / "data"
FILE = "danh sách.xlsx"
CODES = {
    "result_status": {"Đã giải quyết": "done", "Từ chối": "refused"},
    "procedure_field": {"Đất đai": "land", "Hộ tịch": "civil"},
    "channel": {"Trực tuyến": "online", "Trực tiếp": "counter"},
    "rater_group": {"Đại biểu HĐND": "delegate", "Lãnh đạo": "head"},
}


@pytest.fixture(scope="session")
def register() -> UnitRegister:
    return load_register(DATA / "units" / "made-up-gia-dinh")


@pytest.fixture(scope="session")
def packaged() -> InstrumentRules:
    return load_round(DATA / "rounds" / "made-up-gia-dinh-2026").instrument("sipas")


@pytest.fixture
def make_round(packaged: InstrumentRules) -> Callable[..., InstrumentRules]:
    """Rules of an instrument of some kind with the fields named as headers by themselves."""

    def make(kind: str = "transaction", fields: Sequence[str] = (), **plan: Any) -> InstrumentRules:
        names = [*LAYOUTS[kind].needed, *(one for one in fields if one not in LAYOUTS[kind].needed)]
        target = "transaction" if kind == "transaction" else "person"
        settings = {"frame_kind": kind, "target": target, **plan}
        frame = packaged.frame.model_copy(update={"date_format": settings.pop("date_format", "iso")})
        return packaged.model_copy(
            update={
                "plan": packaged.plan.model_copy(update=settings),
                "frame": frame,
                "headings": tuple(FrameHeading(field=one, header=one) for one in names),
                "codes": tuple(
                    FrameCode(field=field, cell=cell, code=code)
                    for field, codes in CODES.items()
                    for cell, code in codes.items()
                ),
            }
        )

    return make


def list_rows(rows: Sequence[dict[str, str]], sheet: str = "S") -> pd.DataFrame:
    """Rows as the reader gives them, from row 2 on."""
    table = pd.DataFrame(list(rows), dtype="str").fillna("")
    return table.assign(_sheet=sheet, _row=range(2, len(table) + 2))


@pytest.fixture
def imported(register: UnitRegister) -> Callable[..., FrameImport]:
    """Import rows under a round, with a made-up key for each purpose."""

    def run(rules: InstrumentRules, rows: Sequence[dict[str, str]], asked: Sequence[str] = ()) -> FrameImport:
        return build_frame(list_rows(rows), rules, register, lambda one: one.encode().ljust(32), FILE, asked)

    return run


def dossier(number: int, **cells: str) -> dict[str, str]:
    """A good row of a list of dossiers."""
    return {
        "dossier_no": f"H01-{number:04d}",
        "unit_id_at_event": "X05",
        "event_date": "2026-03-01",
        "result_status": "Đã giải quyết",
        "person_no": f"0120000{number:05d}",
        **cells,
    }


@pytest.fixture
def row() -> Callable[..., dict[str, str]]:
    return dossier
