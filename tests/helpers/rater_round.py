"""The made-up round of the PAR sociological survey in a workspace: closed lists, frame, plan, the raters' draw."""

import shutil
from collections.abc import Callable
from pathlib import Path

from once import built_once

from sipas.jobs.prepare.frame import import_frame
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.prepare.rounds import new_round
from sipas.jobs.sample.commit import commit_draw, reveal
from sipas.jobs.sample.draw import draw_sample
from sipas.jobs.stepruns.pinned import pinned
from sipas.jobs.stepruns.workbench import Workbench
from sipas.store.workspace import Workspace, init_workspace, open_workspace

ROUND = "made-up-xhh-2026"
NUMBERS = ("91be07aa-so-noi-vu-xhh-gia-dinh", "2d58c3f0-mat-tran-xhh-gia-dinh")


def office_list(ws: Workspace, without: str = "", *, round_id: str = ROUND, position: int = 1) -> bytes:
    """The closed lists as an office keeps them; `without` leaves a group out. position: of the instrument."""
    parts = pinned(ws, round_id)
    wordings = {one.code: one.cell for one in parts.survey_round.instruments[position - 1].codes}
    lists = [("HDND", "GD", 60)]
    for unit in parts.rated_units():
        of_kind = {"so": (("LDSO", 3), ("PSO", 5)), "xa": (("LDXA", 3), ("PXA", 4))}[unit.unit_group]
        lists += [(group, unit.unit_id, n) for group, n in of_kind]
    rows = [
        f"{group}{unit}{k},{unit},{wordings[group]},Người {group} {unit} {k},"
        for group, unit, n in lists
        for k in range(n)
        if group != without
    ]
    return "\n".join(["Mã số cán bộ,Mã đơn vị công tác,Nhóm,Họ và tên,Số điện thoại", *rows, ""]).encode()


def planned_round(folder: Path) -> Workspace:
    """The example round with its lists imported and planned."""
    return _copied("raters-planned", _plan, folder)


def drawn_round(folder: Path) -> Workspace:
    """The same, drawn."""
    return _copied("raters-drawn", lambda made: draw(planned_round(made)).ws.close(), folder)


def _copied(name: str, make: Callable[[Path], None], folder: Path) -> Workspace:
    """A copy of what is made once in a test run."""
    shutil.copytree(built_once(name, make), folder, dirs_exist_ok=True)
    return open_workspace(folder / "sở", {"SIPAS_ACTOR": "lan"})


def _plan(folder: Path) -> None:
    env = {"SIPAS_ACTOR": "lan"}
    with init_workspace(folder / "sở", key_file=folder.with_suffix(".key"), env=env, key="ab" * 32) as ws:
        new_round(ws, ROUND)
        path = folder / "danh sách cán bộ.csv"
        path.write_bytes(office_list(ws))
        import_frame(ws, ROUND, path)
        make_plan(ws, ROUND)


def draw(ws: Workspace) -> Workbench:
    """Sealed, opened and drawn."""
    commit_draw(ws, ROUND, "2026-07-10T09:00:00+07:00")
    for party, number in zip(pinned(ws, ROUND).survey_round.instruments[0].draw.parties, NUMBERS, strict=True):
        reveal(ws, ROUND, party.name, number, "2026-07-15T17:00:00+07:00")
    draw_sample(ws, ROUND, "91346")
    return Workbench(ws, ROUND)
