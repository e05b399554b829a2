"""The made-up files of the example round, written where an office would put real ones."""

from __future__ import annotations

import pandas as pd

from sipas.appraisal.form import HEADERS
from sipas.caseid import keyed_id, make_case_ids
from sipas.example.answers import Population, true_answers
from sipas.example.appraisals import appraisal_inputs, appraisal_xlsx
from sipas.example.delegate_forms import delegate_returns
from sipas.example.delegates import LIST_NAME, Delegates, delegate_list, make_delegates
from sipas.example.population import MadeUpFrame, frame_csv, frame_file
from sipas.example.returns import ReturnedFiles, returned_files
from sipas.foldernames import EXAMPLE_FOLDER
from sipas.jobs.sample.commit import reveal
from sipas.jobs.stepruns.pinned import pinned
from sipas.jobs.stepruns.workbench import Workbench
from sipas.rounds.parts import InstrumentParts
from sipas.store.workspace import Workspace

SEED = 20260701
RECEIVED_ON = "2026-10-15"  # the day the example's files came: its workbook must not depend on today
ROUND_ID = "made-up-gia-dinh-2026"
# When the example was sealed, opened and drawn, and the numbers of its made-up parties: published on purpose.
COMMITTED_AT = "2026-07-10T09:00:00+07:00"
OPENED_AT = "2026-07-15T17:00:00+07:00"
PUBLIC_VALUE = "48207"
NUMBERS = {
    "sipas": ("7f0c1d6e-so-noi-vu-gia-dinh", "c4b2a913-mat-tran-gia-dinh"),
    "dai-bieu": ("5d2e8f17-so-noi-vu-dai-bieu", "91b6c0a4-thuong-truc-hdnd-dai-bieu"),
}
_SIPAS, _DELEGATES = NUMBERS
_OTHER_ROUND = "GD25"
_WRONG_PLACE = 4  # forms of the other instrument that come with the delegates' returns by mistake


def open_numbers(ws: Workspace, round_id: str) -> int:
    """Open the numbers of the example's parties, instrument by instrument; how many."""
    opened = 0
    for survey in pinned(ws, round_id).surveys():
        for party, number in zip(survey.rules.draw.parties, NUMBERS[survey.rules.id], strict=True):
            reveal(ws, round_id, party.name, number, OPENED_AT, survey.rules.id)
            opened += 1
    return opened


def write_frame(ws: Workspace, round_id: str) -> int:
    """Write outputs/vi-du/frame/<instrument>/<list> for both instruments; returns their rows."""
    frame, delegates = make_frame(_sipas(ws, round_id)), make_delegate_list(ws, round_id)
    ws.files.outputs.write_bytes(f"{EXAMPLE_FOLDER}/frame/{_SIPAS}/danh-sach-ho-so-gia-dinh.csv", frame_csv(frame.rows))
    ws.files.outputs.write_bytes(f"{EXAMPLE_FOLDER}/frame/{_DELEGATES}/{LIST_NAME}", delegate_list(delegates.rows))
    return len(frame.rows) + len(delegates.rows)


def write_returns(ws: Workspace, round_id: str) -> int:
    """Write the returned files of both drawn samples to outputs/vi-du/returns/<instrument>; returns how many."""
    files = {
        _SIPAS: make_returns(ws, round_id, _sipas(ws, round_id)).files,
        _DELEGATES: make_delegate_returns(ws, round_id).files,
    }
    for instrument_id, contents in files.items():
        for name, content in contents.items():
            ws.files.outputs.write_bytes(f"{EXAMPLE_FOLDER}/returns/{instrument_id}/{name}", content)
    return sum(map(len, files.values()))


def write_appraisals(ws: Workspace, round_id: str) -> int:
    """Write one file of appraised entries per rulebook to outputs/vi-du/appraisals; returns how many."""
    parts = pinned(ws, round_id)
    units = parts.rated_units()
    for rulebook in parts.rulebooks:
        content = appraisal_xlsx(appraisal_inputs(rulebook, units, SEED), rulebook, units, headers=HEADERS)
        name = f"diem-tham-dinh-gia-dinh-{rulebook.unit_group}.xlsx"
        ws.files.outputs.write_bytes(f"{EXAMPLE_FOLDER}/appraisals/{name}", content)
    return len(parts.rulebooks)


def _sipas(ws: Workspace, round_id: str) -> InstrumentParts:
    """The first instrument: in the example SIPAS."""
    return pinned(ws, round_id).surveys()[0]


def make_delegate_list(ws: Workspace, round_id: str) -> Delegates:
    """The made-up delegates of the round's communes, with what each of them thinks."""
    return make_delegates(SEED, pinned(ws, round_id).units_at_draw())


def make_delegate_returns(ws: Workspace, round_id: str) -> ReturnedFiles:
    """The made-up returns of the delegates that were drawn, with their planted faults."""
    delegates, bench = make_delegate_list(ws, round_id), Workbench(ws, round_id, _DELEGATES)
    sample, frame = bench.table("draw", "sample"), bench.table("frame", "frame").set_index("frame_unit_id")
    numbers = delegates.rows["Số định danh"].drop_duplicates()
    numbers_by_key = pd.Series(numbers.to_numpy(), index=keyed_id(numbers, ws.key("person"), "person"))
    drawn = pd.DataFrame(
        {
            "case_id": sample["case_id"],
            "rated_unit_id": frame["unit_id"].reindex(sample["frame_unit_id"]).to_numpy(),
            "person_no": numbers_by_key.reindex(frame["person_key"].reindex(sample["frame_unit_id"])).to_numpy(),
            "is_issued": ~sample["is_reserve"],
        }
    )
    others = ws.field.cases.read(ws.rounds.instrument(round_id, _SIPAS))
    wrong = others.loc[others["is_issued"], "case_id"].head(_WRONG_PLACE)
    return delegate_returns(drawn, delegates, other_case_ids=[str(case_id) for case_id in wrong], seed=SEED)


def make_frame(parts: InstrumentParts) -> MadeUpFrame:
    """The made-up list of dossiers for the round's units."""
    register = parts.register
    successors = [successor for unit in register.units for successor in register.successors(unit.unit_id)]
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
    bench = Workbench(ws, round_id, pinned(ws, round_id).survey_round.surveys[0].id)
    sample, frame = bench.table("draw", "sample"), bench.table("frame", "frame").set_index("frame_unit_id")
    numbers = pd.Series(population.frame.rows["Mã hồ sơ"].unique(), dtype="str")
    numbers_by_key = pd.Series(numbers.to_numpy(), index=keyed_id(numbers, ws.key("dossier"), "dossier"))
    return pd.DataFrame(
        {
            "case_id": sample["case_id"],
            "rated_unit_id": frame["unit_id"].reindex(sample["frame_unit_id"]).to_numpy(),
            "dossier_no": numbers_by_key.reindex(sample["frame_unit_id"]).to_numpy(),
            "is_issued": ~sample["is_reserve"],
        }
    )


def other_round_ids() -> list[str]:
    """Case ids of another round, to be sent in by mistake."""
    number = pd.Series(range(1, 41))
    units = pd.Series(["X01"] * len(number), dtype="str")
    return [str(case_id) for case_id in make_case_ids(_OTHER_ROUND, units, number)]
