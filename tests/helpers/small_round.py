"""A small made-up round in the old form for the jobs: 6,000 dossiers, 1,600 cases, real steps in a real workspace."""

import json
import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from once import built_once

from errors.templates import data_folder
from sampling.manifest import Party
from sipas.example.answers import Population, true_answers
from sipas.example.appraisals import appraisal_inputs, appraisal_xlsx
from sipas.example.plants import PlantedCounts
from sipas.example.population import FramePlan, MadeUpFrame, frame_csv, frame_file
from sipas.example.returns import ReturnedFiles, returned_files
from sipas.jobs.example import drawn_dossiers, other_round_ids
from sipas.jobs.field.receive import receive
from sipas.jobs.prepare.frame import import_frame
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.prepare.rounds import new_round
from sipas.jobs.results.appraisals import import_appraisals
from sipas.jobs.results.merge import merge
from sipas.jobs.results.score import score
from sipas.jobs.results.weight import weight
from sipas.jobs.results.workbook import make_workbook
from sipas.jobs.sample.commit import commit_draw, reveal
from sipas.jobs.sample.draw import DrawReport, draw_sample
from sipas.jobs.stepruns.pinned import pinned
from sipas.rounds.parts import RoundParts
from sipas.store.rounds.instruments import Instrument
from sipas.store.workspace import Workspace, init_workspace, open_workspace

ROUND = "thu-2026"
SEED = 11
KEY = "ab" * 32
PLAN = FramePlan(n_dossiers=9_000, n_outside=40, n_repeated=12, n_no_contact=100, n_old_units=300)
COUNTS = PlantedCounts(
    late=8,
    same_in_file=4,
    same_across_files=3,
    differs=3,
    impossible_code=5,
    other_round=4,
    wrong_check=4,
    not_issued=3,
    wrong_unit=3,
    too_few_items=4,
)


# The two parties of the small round: their numbers, and when it was sealed and opened.
NUMBERS = ("thu-so-noi-vu", "thu-mat-tran")
COMMITTED_AT, OPENED_AT, VALUE = "2026-07-10T09:00:00+07:00", "2026-07-15T17:00:00+07:00", "48207"


def survey(ws: Workspace, round_id: str = ROUND) -> Instrument:
    """The only instrument of a round."""
    return ws.rounds.instrument(round_id)


def name_in(text: str, order: int) -> str:
    return _party_in(text, order)["name"]


def commitment_in(text: str, order: int) -> str:
    return _party_in(text, order)["commitment"]


def _party_in(text: str, order: int) -> dict[str, str]:
    """A party of the first instrument."""
    found = tomllib.loads(text)
    return found.get("instruments", [found])[0]["draw"]["parties"][order]


def open_numbers(ws: Workspace, round_id: str = ROUND, numbers: tuple[str, str] = NUMBERS) -> None:
    """Both parties open their numbers."""
    for party, number in zip(pinned(ws, round_id).survey_round.surveys[0].draw.parties, numbers, strict=True):
        reveal(ws, round_id, party.name, number, OPENED_AT)


def seal_and_draw(ws: Workspace, round_id: str = ROUND, numbers: tuple[str, str] = NUMBERS) -> DrawReport:
    """Commit, both parties open their numbers, draw."""
    commit_draw(ws, round_id, COMMITTED_AT)
    open_numbers(ws, round_id, numbers)
    return draw_sample(ws, round_id, VALUE)


def with_numbers(text: str, numbers: tuple[str, str]) -> str:
    """A round file with the commitments of other numbers."""
    for order in (0, 1):
        text = text.replace(commitment_in(text, order), Party(name_in(text, order), numbers[order]).commitment)
    return text


@dataclass
class Office:
    """A workspace with the files that arrive beside it."""

    ws: Workspace
    inbox: Path
    frame: MadeUpFrame
    population: Population

    def frame_path(self) -> Path:
        path = self.inbox / "danh sách hồ sơ.csv"
        path.write_bytes(frame_csv(self.frame.rows))
        return path

    def returned(self) -> ReturnedFiles:
        drawn = drawn_dossiers(self.ws, ROUND, self.population)
        return returned_files(drawn, self.population, other_round_ids=other_round_ids(), seed=SEED, counts=COUNTS)

    def returned_paths(self) -> list[Path]:
        paths = []
        for name, content in self.returned().files.items():
            (self.inbox / name).write_bytes(content)
            paths.append(self.inbox / name)
        return paths

    def appraisal_paths(self) -> list[Path]:
        parts = pinned(self.ws, ROUND)
        paths = []
        for book in parts.rulebooks:
            path = self.inbox / f"thẩm định {book.unit_group}.xlsx"
            path.write_bytes(
                appraisal_xlsx(appraisal_inputs(book, parts.rated_units(), SEED), book, parts.rated_units())
            )
            paths.append(path)
        return paths

    def run_all(self) -> Path:
        """Every step from the frame to the workbook."""
        import_frame(self.ws, ROUND, self.frame_path())
        make_plan(self.ws, ROUND)
        seal_and_draw(self.ws)
        self.receive_all()
        return self.finish()

    def receive_all(self) -> None:
        """The four files of returned forms."""
        for path in self.returned_paths():
            receive(self.ws, ROUND, path, received_on="2026-09-01")

    def finish(self) -> Path:
        """Weights to workbook."""
        weight(self.ws, ROUND)
        score(self.ws, ROUND)
        for path in self.appraisal_paths():
            import_appraisals(self.ws, ROUND, path)
        merge(self.ws, ROUND)
        return make_workbook(self.ws, ROUND).path


def in_old_form(text: str) -> str:
    """A round file of the form without `[[instruments]]`, from the first instrument of another one."""
    head, first, *_ = text.split("[[instruments]]")
    lines = [line for line in first.splitlines()[1:] if not re.match(r"(id|title_vi|short_vi|respondents) = ", line)]
    own = [line for line in lines if re.match(r"(code|questionnaire|index) = ", line)]
    rest = [line.replace("[instruments.", "[") for line in lines if line not in own]
    return head.replace("rulebooks = ", "\n".join([*own, "rulebooks = "]), 1) + "\n".join(rest) + "\n"


def make_round_folder(ws: Workspace) -> Path:
    """The packaged example round made small, with its rulebooks, as folders of the workspace that can be edited."""
    packaged = data_folder()
    folder = ws.root / "methodology" / "rounds" / ROUND
    folder.mkdir(parents=True)
    for name in ("frame_columns.csv", "frame_codes.csv"):
        shutil.copy(packaged / "rounds" / "made-up-gia-dinh-2026" / "sipas" / name, folder / name)
    for group in ("so", "xa"):
        target = ws.root / "methodology" / "rulebooks" / "thu" / group
        shutil.copytree(packaged / "rulebooks" / "made-up-gia-dinh" / f"2026-{group}", target)
        header = target / "rulebook.toml"
        text = header.read_text(encoding="utf-8")
        header.write_text(text.replace(f'"made-up-gia-dinh/2026-{group}"', f'"thu/{group}"', 1), encoding="utf-8")
    links = ws.root / "methodology" / "rulebooks" / "thu" / "xa" / "survey_links.csv"
    text = links.read_text(encoding="utf-8")
    links.write_text(text.replace("8.3,made-up-dai-bieu,DBHD,", "8.3,sipas,II,", 1), encoding="utf-8")
    path = folder / "round.toml"
    text = (packaged / "rounds" / "made-up-gia-dinh-2026" / "round.toml").read_text(encoding="utf-8")
    path.write_text(with_numbers(made_small(in_old_form(text)), NUMBERS), encoding="utf-8")
    return folder


def made_small(text: str) -> str:
    """The example's round file with the id, the code, the rulebooks and the sizes of the small round."""
    for old, new in {
        '"made-up-gia-dinh-2026"': f'"{ROUND}"',
        'code = "GD26"': 'code = "THU26"',
        '["made-up-gia-dinh/2026-so", "made-up-gia-dinh/2026-xa"]': '["thu/so", "thu/xa"]',
        "total = 12000": "total = 1900",
        "min_per_stratum = 100": "min_per_stratum = 15",
        "min_respondents = 20": "min_respondents = 5",
    }.items():
        assert old in text
        text = text.replace(old, new, 1)
    return text


STAGES = {
    "empty": lambda office: make_round_folder(office.ws),
    "opened": lambda office: new_round(office.ws, ROUND),
    "framed": lambda office: import_frame(office.ws, ROUND, office.frame_path()),
    "planned": lambda office: make_plan(office.ws, ROUND),
    "drawn": lambda office: seal_and_draw(office.ws),
    "returned": Office.receive_all,
    "finished": Office.finish,
}
ROOT, INBOX, KEY_FILE = "văn phòng Sở Nội vụ", "tệp đến", "khóa.key"


def new_office(folder: Path, stage: str = "opened") -> Office:
    """A workspace of its own in a folder with a blank and diacritics in its name, up to a stage of `STAGES`."""
    return copied_office(_built(stage), folder, has_round=stage != "empty")


def copied_office(source: Path, folder: Path, *, has_round: bool = True) -> Office:
    """A copy of a folder that `new_office` made, closed, with a key file of its own."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    settings = folder / ROOT / "sipas.toml"
    key_file = json.dumps((folder / KEY_FILE).as_posix(), ensure_ascii=False)
    text = re.sub("^key_file = .*$", lambda _: f"key_file = {key_file}", settings.read_text("utf-8"), flags=re.M)
    settings.write_text(text, encoding="utf-8")
    ws = reopen(folder)
    return Office(ws, folder / INBOX, *(people(pinned(ws, ROUND)) if has_round else (None, None)))


def reopen(folder: Path) -> Workspace:
    """The workspace that `new_office` made in a folder."""
    return open_workspace(folder / ROOT, {"SIPAS_ACTOR": "lan"})


def _built(stage: str) -> Path:
    """The folder in which a stage was reached once in this test run; every stage goes on from the one before."""

    def build(folder: Path) -> None:
        before = list(STAGES)[: list(STAGES).index(stage)]
        if before:
            office = new_office(folder, before[-1])
        else:
            (folder / INBOX).mkdir()
            env = {"SIPAS_ACTOR": "lan"}
            ws = init_workspace(folder / ROOT, key_file=folder / KEY_FILE, env=env, key=KEY)
            office = Office(ws, folder / INBOX, None, None)
        STAGES[stage](office)
        office.ws.close()

    return built_once(f"small-{stage}", build)


_MADE: dict[tuple[str, ...], tuple[MadeUpFrame, Population]] = {}


def people(parts: RoundParts) -> tuple[MadeUpFrame, Population]:
    """Made once for the same units; who reads them changes nothing."""
    units = parts.rated_units()
    key = tuple(unit.unit_id for unit in units)
    if key not in _MADE:
        heirs = [heir for unit in parts.register.units for heir in parts.register.successors(unit.unit_id)]
        frame = frame_file(SEED, units, heirs, plan=PLAN)
        _MADE[key] = frame, true_answers(frame, SEED)
    return _MADE[key]
