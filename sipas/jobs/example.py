"""The made-up files of the example round, written where an office would put real ones."""

from __future__ import annotations

import pandas as pd

from sipas.appraisal import HEADERS
from sipas.caseid import keyed_id, make_case_ids
from sipas.example.answers import Population, true_answers
from sipas.example.appraisals import appraisal_inputs, appraisal_xlsx
from sipas.example.population import MadeUpFrame, frame_csv, frame_file
from sipas.example.returns import ReturnedFiles, returned_files
from sipas.jobs.commit import reveal
from sipas.jobs.pinned import pinned
from sipas.jobs.workbench import Workbench
from sipas.rounds.parts import InstrumentParts
from sipas.store.workspace import Workspace

FOLDER = "vi-du"
SEED = 20260701
RECEIVED_ON = "2026-10-15"  # the day the example's files came: its workbook must not depend on today
ROUND_ID = "made-up-gia-dinh-2026"
# When the example was sealed, opened and drawn, and the numbers of its two made-up parties: published on purpose.
COMMITTED_AT = "2026-07-10T09:00:00+07:00"
OPENED_AT = "2026-07-15T17:00:00+07:00"
PUBLIC_VALUE = "48207"
NUMBERS = ("7f0c1d6e-so-noi-vu-gia-dinh", "c4b2a913-mat-tran-gia-dinh")
_OTHER_ROUND = "GD25"


def open_numbers(ws: Workspace, round_id: str) -> int:
    """Open the numbers of the example's two parties; how many."""
    parties = _parts(ws, round_id).rules.draw.parties
    for party, number in zip(parties, NUMBERS, strict=True):
        reveal(ws, round_id, party.name, number, OPENED_AT)
    return len(parties)


def write_frame(ws: Workspace, round_id: str) -> int:
    """Write outputs/vi-du/frame/danh-sach-ho-so-gia-dinh.csv; returns its rows."""
    made = make_frame(_parts(ws, round_id))
    ws.outputs.write_bytes(f"{FOLDER}/frame/danh-sach-ho-so-gia-dinh.csv", frame_csv(made.rows))
    return len(made.rows)


def write_returns(ws: Workspace, round_id: str) -> int:
    """Write the returned files of the drawn sample to outputs/vi-du/returns; returns how many."""
    files = make_returns(ws, round_id, _parts(ws, round_id)).files
    for name, content in files.items():
        ws.outputs.write_bytes(f"{FOLDER}/returns/{name}", content)
    return len(files)


def write_appraisals(ws: Workspace, round_id: str) -> int:
    """Write one file of appraised entries per rulebook to outputs/vi-du/appraisals; returns how many."""
    parts = pinned(ws, round_id)
    units = parts.rated_units()
    for book in parts.rulebooks:
        content = appraisal_xlsx(appraisal_inputs(book, units, SEED), book, units, headers=HEADERS)
        name = f"diem-tham-dinh-gia-dinh-{book.unit_group}.xlsx"
        ws.outputs.write_bytes(f"{FOLDER}/appraisals/{name}", content)
    return len(parts.rulebooks)


def _parts(ws: Workspace, round_id: str) -> InstrumentParts:
    return pinned(ws, round_id).instruments()[0]


def make_frame(parts: InstrumentParts) -> MadeUpFrame:
    """The made-up list of dossiers for the round's units."""
    register = parts.register
    successors = [one for unit in register.units for one in register.successors(unit.unit_id)]
    return frame_file(SEED, parts.rated_units(), successors)


def make_returns(ws: Workspace, round_id: str, parts: InstrumentParts) -> ReturnedFiles:
    """The made-up returns of the cases that were drawn, with their planted faults."""
    population = make_population(parts)
    drawn = drawn_dossiers(ws, round_id, population)
    return returned_files(drawn, population, other_round_ids=other_round_ids(), seed=SEED)


def make_population(parts: InstrumentParts) -> Population:
    """What every person on the made-up list would answer."""
    return true_answers(make_frame(parts), SEED)


def drawn_dossiers(ws: Workspace, round_id: str, population: Population) -> pd.DataFrame:
    """Drawn cases with the dossier numbers behind the pseudonyms: only the example knows both."""
    bench = Workbench(ws, round_id, ws.rounds.instruments(round_id)[0].instrument_id)
    sample, frame = bench.table("draw", "sample"), bench.table("frame", "frame").set_index("frame_unit_id")
    numbers = pd.Series(population.frame.rows["Mã hồ sơ"].unique(), dtype="str")
    known = pd.Series(numbers.to_numpy(), index=keyed_id(numbers, ws.key("dossier"), "dossier"))
    return pd.DataFrame(
        {
            "case_id": sample["case_id"],
            "rated_unit_id": frame["unit_id"].reindex(sample["frame_unit_id"]).to_numpy(),
            "dossier_no": known.reindex(sample["frame_unit_id"]).to_numpy(),
            "is_issued": ~sample["is_reserve"],
        }
    )


def other_round_ids() -> list[str]:
    """Case ids of another round, to be sent in by mistake."""
    number = pd.Series(range(1, 41))
    units = pd.Series(["X01"] * len(number), dtype="str")
    return [str(one) for one in make_case_ids(_OTHER_ROUND, units, number)]
