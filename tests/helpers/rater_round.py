"""The made-up round of the PAR sociological survey in a workspace: closed lists, frame, plan, the raters' draw."""

from pathlib import Path

from sampling.numbers import sha256_hex
from sipas.jobs.desk import Desk
from sipas.jobs.frame import import_frame
from sipas.jobs.pinned import pinned
from sipas.jobs.plan import make_plan
from sipas.jobs.raters import draw_raters
from sipas.jobs.rounds import new_round
from sipas.store.workspace import Workspace, init_workspace

ROUND = "made-up-xhh-2026"
SEED = sha256_hex("the seed of this test")


def office_list(ws: Workspace, without: str = "") -> bytes:
    """The closed lists as an office keeps them; `without` leaves a group out."""
    parts = pinned(ws, ROUND)
    wordings = {one.code: one.cell for one in parts.survey_round.codes}
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
    ws = init_workspace(folder / "sở", key_file=folder / "k.key", env={"SIPAS_ACTOR": "lan"}, key="ab" * 32)
    new_round(ws, ROUND)
    path = folder / "danh sách cán bộ.csv"
    path.write_bytes(office_list(ws))
    import_frame(ws, ROUND, path)
    make_plan(ws, ROUND)
    return ws


def draw(ws: Workspace) -> Desk:
    """The raters' part of the draw, kept as the draw step keeps it."""
    desk = Desk(ws, ROUND)
    done = draw_raters(desk, SEED)

    def record(connection, _outputs) -> None:
        ws.cases.add(connection, ROUND, done.cases)
        for state in ("committed", "drawn"):
            ws.rounds.set_state(connection, ROUND, state)

    desk.run("draw", lambda: done.outputs, record)
    return Desk(ws, ROUND)
