"""Damaged files of every format: the parent survives each, and what is read is a table or a named refusal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from errors import SurveyError
from sipas.files import GateLimits, read_table

N_MUTANTS = 60


def mutants(data: bytes, seed: int) -> list[bytes]:
    """Copies with bits flipped, a stretch overwritten, cut, or with bytes put in."""
    random = np.random.Generator(np.random.PCG64(seed))
    made = []
    for number in range(N_MUTANTS):
        copy = bytearray(data)
        at = int(random.integers(len(copy)))
        if number % 4 == 0:
            for place in random.integers(len(copy), size=5):
                copy[place] ^= 1 << int(random.integers(8))
        elif number % 4 == 1:
            copy[at : at + 16] = random.bytes(16)
        elif number % 4 == 2:
            del copy[at:]
        else:
            copy[at:at] = random.bytes(9)
        made.append(bytes(copy))
    return made


def outcome(path: Path) -> str:
    try:
        table = read_table(path, limits=GateLimits(seconds=10, memory_bytes=512 * 2**20))
    except SurveyError as error:
        assert error.rule.startswith("files.") and error.where == path.name
        return error.rule
    assert table.column_names[-2:] == ["_sheet", "_row"] and table.num_rows > 0
    return "read"


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".sav"])
def test_damage_never_stops_the_parent(
    tmp_path: Path, make_xlsx: Callable[..., Path], make_sav: Callable[..., Path], xml: Any, suffix: str
) -> None:
    rows = [[f"P{n}", "Xã Bến Nghé", n] for n in range(1, 60)]
    if suffix == ".csv":
        text = "\n".join(";".join(map(str, row)) for row in [["Mã phiếu", "Đơn vị", "I.A1"], *rows])
        whole = text.encode("utf-8")
    elif suffix == ".xlsx":
        whole = make_xlsx({"Phiếu": xml.table(["Mã phiếu", "Đơn vị", "I.A1"], *rows)}).read_bytes()
    else:
        frame = pd.DataFrame(rows, columns=["MA_PHIEU", "DON_VI", "I_A1"]).astype({"I_A1": float})
        labels = {"DON_VI": {"Xã Bến Nghé": "Xã"}, "I_A1": {1.0: "Một"}}
        whole = make_sav(frame, variable_value_labels=labels).read_bytes()
    path = tmp_path / f"hỏng{suffix}"
    path.write_bytes(whole)
    assert outcome(path) == "read"
    found = []
    for mutant in mutants(whole, seed=7):
        path.write_bytes(mutant)
        found.append(outcome(path))
    assert len(found) == N_MUTANTS
    if suffix == ".xlsx":
        assert found.count("read") <= N_MUTANTS // 20  # every part has a checksum
