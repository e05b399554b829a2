"""A small province to make the example from: register stand-ins, frame, answers, a drawn sample."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from sipas.caseid import make_case_ids
from sipas.example.answers import Population, true_answers
from sipas.example.population import MadeUpFrame, frame_file
from sipas.example.returns import ReturnedFiles, returned_files

SEED = 20260701


@dataclass(frozen=True)
class AUnit:
    unit_id: str
    name_vi: str
    unit_group: str


@dataclass(frozen=True)
class AnHeir:
    old_unit_id: str
    new_unit_id: str
    share: Decimal


@pytest.fixture(scope="session")
def units() -> list[AUnit]:
    departments = [AUnit(f"S{i:02d}", f"Sở Tư pháp {i}", "so") for i in range(1, 19)]
    return departments + [AUnit(f"X{i:02d}", f"Xã Thử {i}", "xa") for i in range(1, 61)]


@pytest.fixture(scope="session")
def heirs() -> list[AnHeir]:
    """Two old departments make a new one; O1, O2, O3 make X01; O9 is split 3:1 between X02 and X03."""
    merged = [AnHeir(f"{p}-S{i:02d}", f"S{i:02d}", Decimal(1)) for i in range(1, 19) for p in "AB"]
    communes = [AnHeir(f"O{i}", "X01", Decimal(1)) for i in (1, 2, 3)]
    return [*merged, *communes, AnHeir("O9", "X02", Decimal("0.75")), AnHeir("O9", "X03", Decimal("0.25"))]


@pytest.fixture(scope="session")
def frame(units: list[AUnit], heirs: list[AnHeir]) -> MadeUpFrame:
    return frame_file(SEED, units, heirs)


@pytest.fixture(scope="session")
def population(frame: MadeUpFrame) -> Population:
    return true_answers(frame, SEED)


@pytest.fixture(scope="session")
def drawn(frame: MadeUpFrame) -> pd.DataFrame:
    """70 dossiers of every unit: 60 issued, 10 reserves."""
    table = pd.DataFrame({"rated_unit_id": frame.unit_now, "dossier_no": frame.rows["Mã hồ sơ"]})[frame.is_eligible]
    sample = table.groupby("rated_unit_id").sample(70, random_state=5).reset_index(drop=True)
    order = sample.groupby("rated_unit_id").cumcount() + 1
    case_id = make_case_ids("GD26", sample["rated_unit_id"].astype("str"), order)
    return sample.assign(case_id=case_id, is_issued=order <= 60)


@pytest.fixture(scope="session")
def other_ids() -> list[str]:
    numbers = pd.Series(np.arange(1, 31))
    return make_case_ids("GD25", pd.Series(["X07"] * 30, dtype="str"), numbers).tolist()


@pytest.fixture(scope="session")
def returned(drawn: pd.DataFrame, population: Population, other_ids: list[str]) -> ReturnedFiles:
    return returned_files(drawn, population, other_round_ids=other_ids, seed=SEED)
