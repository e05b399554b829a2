"""Commands: weight, score, appraisals, merge, trace, export, publish, log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.base import (
    Command,
    Session,
    VietnameseCommand,
    VietnameseGroup,
    instrument_option,
    json_option,
    round_option,
)

if TYPE_CHECKING:
    from sipas.jobs.results.recount import Recounted
    from sipas.trace import TraceReport


@click.command(cls=VietnameseCommand)
@round_option
@instrument_option
@click.pass_obj
def weight(session: Session, round_id: str, instrument_id: str) -> None:
    """Tính quyền số theo các bước của round.toml; mỗi bước một hệ số."""
    from flows.cli.screen import number, say, show_table
    from sipas.jobs.results.weight import weight as make_weights
    from sipas.publish.labels import label

    with session.open() as ws:
        report = make_weights(ws, round_id or ws.rounds.default(), instrument_id)
    whole = report.report[report.report["unit_id"] == ""]
    columns = [
        "weight_step",
        "step_name",
        "n",
        "sum",
        "min",
        "median",
        "max",
        "max_over_min",
        "cv",
        "kish_deff",
        "kish_n",
    ]
    rows = [
        (_step(kind, name), number(n), number(total, 2), *(number(one, 3) for one in rest), number(kish_n, 1))
        for kind, name, n, total, *rest, kish_n in whole[columns].itertuples(index=False, name=None)
    ]
    header = ("Sau bước", "Phiếu", "Tổng", "Nhỏ nhất", "Trung vị", "Lớn nhất", "Lớn/nhỏ", "CV", "Kish", "Cỡ hiệu quả")
    show_table("Quyền số" + ("" if report.is_new else " (đã tính từ trước)"), header, rows, numbers=range(1, 10))
    exact = report.margins[report.margins["is_exact"]]
    if len(exact):
        worst = (exact["after"] - exact["target"]).abs().max()
        say(f"Biên: {len(exact)} ô, sai lệch lớn nhất sau hiệu chỉnh {worst:.2g}.")
    for one in report.margins[~report.margins["is_exact"]].itertuples(index=False):
        gap = f"cần {number(one.target, 2)}, đạt {number(one.after, 2)}"
        say(f"Biên không bắt buộc {label('margin', str(one.margin))} = {one.category}: {gap}.")
    for _, source, into in report.joined:
        say(f"Nhóm {source} quá ít phiếu, đã ghép vào {into}.")


def _step(kind: str, name: str) -> str:
    """Words for a step of the recipe, with its own name when it has one."""
    from sipas.publish.labels import label

    return label("weight_step", kind) + (f" ({name})" if name != kind else "")


@click.command(cls=VietnameseCommand)
@round_option
@instrument_option
@json_option
@click.pass_obj
def score(session: Session, round_id: str, instrument_id: str, as_json: bool) -> None:
    """Tính chỉ số hài lòng của tỉnh và từng đơn vị, kèm sai số."""
    from flows.cli.screen import number, say, show_json, show_table
    from flows.names import short_names, with_name
    from sipas.jobs.results.score import score as make_scores

    with session.open() as ws:
        name = round_id or ws.rounds.default()
        report = make_scores(ws, name, instrument_id)
        titles = short_names(ws, name)
    scores = report.scores
    if as_json:
        show_json(scores.to_dict("records"))
        return
    whole = scores[(scores["unit_id"] == report.province_id) & ~scores["node_code"].str.contains(r"\d", regex=True)]
    rows = [
        (
            report.labels[variant],
            with_name(node, report.nodes),
            number(value, 2),
            number(error, 3),
            f"{number(low, 2)} - {number(high, 2)}",
            number(n),
        )
        for variant, node, value, error, low, high, n in whole[
            ["variant", "node_code", "value_pct", "std_error", "ci_low", "ci_high", "n"]
        ].itertuples(index=False, name=None)
    ]
    header = ("Phương án", "Mục", "Giá trị\n(%)", "Sai số\nchuẩn", "Khoảng tin\ncậy 95 %", "Phiếu")
    of_what = f": {titles[report.instrument_id]}" if len(titles) > 1 else ""
    known = "" if report.is_new else " (đã tính từ trước)"
    show_table(f"Chỉ số của tỉnh{of_what}{known}", header, rows, numbers=(2, 3, 4, 5))
    say(f"Số giá trị đã tính (đơn vị, nút, phương án): {number(len(scores))}")


@click.group(cls=VietnameseGroup)
def appraisals() -> None:
    """Điểm thẩm định."""


@appraisals.command("import")
@click.argument("files", nargs=-1, required=True, metavar="TỆP...")
@round_option
@click.option("--rulebook", default="", metavar="BỘ_TIÊU_CHÍ", help="Mặc định: theo nhóm đơn vị trong tệp.")
@click.pass_obj
def appraisals_import(session: Session, files: tuple[str, ...], round_id: str, rulebook: str) -> None:
    """Nhập tệp điểm thẩm định; tệp có lỗi thì không nhập dòng nào."""
    from flows.cli.screen import number, show_table
    from sipas.jobs.results.appraisals import import_appraisals

    with session.open() as ws:
        name = round_id or ws.rounds.default()
        reports = [import_appraisals(ws, name, Path(file), rulebook) for file in files]
    rows = [(one.file_name, one.rulebook_id, number(one.n_read), number(one.n_new)) for one in reports]
    show_table("Điểm thẩm định", ("Tệp", "Bộ tiêu chí", "Đã đọc", "Mới"), rows, numbers=(2, 3))


@click.command(cls=VietnameseCommand)
@round_option
@click.option("--parts", "table", default="", metavar="BẢNG", help="Chỉ gộp các cột điểm của một bảng, không cần đợt.")
@click.option("--rulebook", default="", metavar="BỘ_TIÊU_CHÍ", help="Bộ tiêu chí dùng với --parts.")
@click.option("--group", default="", metavar="NHÓM", help="Chỉ lấy các dòng của nhóm này, dùng với --parts.")
@json_option
@click.pass_obj
def merge(session: Session, round_id: str, table: str, rulebook: str, group: str, as_json: bool) -> None:
    """Gộp điểm thẩm định và điểm điều tra: tổng điểm, chỉ số, thứ hạng, xếp loại."""
    from flows.cli.screen import number, show_json, show_table
    from sipas.jobs.results.merge import merge as make_results
    from sipas.jobs.stepruns.pinned import pinned

    if bool(table) != bool(rulebook) or (group and not table):
        raise click.UsageError("--parts, --rulebook (và --group) đi cùng nhau")
    if table:
        _merge_parts(session, Path(table), rulebook, group, as_json=as_json)
        return
    with session.open() as ws:
        name = round_id or ws.rounds.default()
        report = make_results(ws, name)
        names = pinned(ws, name).register.names()
    if as_json:
        show_json(report.results.to_dict("records"))
        return
    columns = ["rank", "unit_id", "total_shown", "applicable_max", "index_shown", "class_name_vi"]
    for rulebook_id, own in report.results.groupby("rulebook_id", sort=True):
        rows = [
            (str(rank), names[unit], number(points, 2), number(top, 2), number(index, 2), kind)
            for rank, unit, points, top, index, kind in own.sort_values(["rank", "unit_id"])[columns].itertuples(
                index=False, name=None
            )
        ]
        header = ("Hạng", "Đơn vị", "Điểm", "Tối đa", "Chỉ số (%)", "Xếp loại")
        show_table(str(rulebook_id), header, rows, numbers=(0, 2, 3, 4))


def _merge_parts(session: Session, table: Path, rulebook_id: str, group: str, *, as_json: bool) -> None:
    from flows.cli.screen import number, say, show_json, show_table
    from sipas.jobs.results.parts import merge_parts
    from sipas.rulebook import load_rulebook
    from sipas.store.files.methodology import packaged_data

    folder = packaged_data() / "rulebooks" / rulebook_id
    if not (folder / "rulebook.toml").is_file():
        with session.open() as ws:
            folder = ws.files.methodology.folder("rulebook", rulebook_id)
    report = merge_parts(table, load_rulebook(folder), packaged_data() / "audit", group=group)
    if as_json:
        show_json(report.results.to_dict("records"))
        return
    columns = ["rank", "name_vi", "total_shown", "applicable_max", "index_shown", "class_name_vi"]
    rows = [
        (str(rank), name, number(points, 2), number(top, 2), number(index, 2), kind)
        for rank, name, points, top, index, kind in report.results.sort_values(["rank", "name_vi"])[columns].itertuples(
            index=False, name=None
        )
    ]
    show_table(rulebook_id, ("Hạng", "Đơn vị", "Điểm", "Tối đa", "Chỉ số (%)", "Xếp loại"), rows, numbers=(0, 2, 3, 4))
    for header, leaf in report.columns:
        say(f"Cột {header} được tính vào: {leaf}")


def working_option(command: Command) -> Command:
    """--working: the present state instead of the release."""
    text = "Số liệu hiện nay, thay vì bản đã công bố."
    return click.option("--working", is_flag=True, help=text)(command)


@click.command(cls=VietnameseCommand)
@click.argument("address", metavar="ĐỊA_CHỈ")
@working_option
@click.option("--recount", "counted_again", is_flag=True, help="Tính lại bản đã công bố bằng chương trình hiện nay.")
@json_option
@click.pass_obj
def trace(session: Session, address: str, working: bool, counted_again: bool, as_json: bool) -> int:
    """Giải thích một con số: ĐỢT/ĐƠN_VỊ/BỘ_TIÊU_CHÍ[/MÃ] hoặc ĐỢT/ĐƠN_VỊ/CHỈ_SỐ[/MÃ[/PHƯƠNG_ÁN]]."""
    from flows.cli.screen import say, show_json
    from flows.names import short_names
    from sipas.jobs.results.recount import recount
    from sipas.jobs.results.trace import trace as explain

    if working and counted_again:
        raise click.UsageError("--recount so với bản đã công bố, không đi cùng --working")
    with session.open() as ws:
        found = explain(ws, address, working=working)
        round_id = found.report.address.round_id
        again = recount(ws, round_id) if counted_again else ()
        names = short_names(ws, round_id)
    is_same = found.report.agrees and not any(one.n_different for one in again)
    if as_json:
        show_json({**found.as_json(), "recount": [vars(one) for one in again]})
        return 0 if is_same else 1
    if found.release_no:
        say(f"BẢN ĐÃ CÔNG BỐ lần {found.release_no} (--working: số liệu hiện nay)")
    for one in found.notes:
        place = _place(one.step, one.instrument_id, names)
        say(f"Ghi chú: kết quả bước {place} do phiên bản khác của chương trình tính.")
    _show_trace(found.report)
    if found.is_counted:
        say("Tính lại: KHỚP" if found.report.agrees else "Tính lại: KHÔNG KHỚP")
    if again:
        _show_recount(again, names)
    return 0 if is_same else 1


def _show_trace(report: TraceReport) -> None:
    from flows.cli.screen import say, show_table, shown
    from sipas.trace import Quantity

    for section in report.sections:
        if section.lines:
            show_table(section.title, ("Nội dung", "Giá trị"), [(name, shown(cell)) for name, cell in section.lines])
        if section.rows:
            flush = [at for at, cell in enumerate(section.rows[0]) if isinstance(cell, Quantity)]
            rows = [tuple(map(shown, row)) for row in section.rows]
            show_table("" if section.lines else section.title, section.columns, rows, numbers=flush)
    if report.case_ids:
        first = ", ".join(report.case_ids[:6])
        say(f"Phiếu được tính: {len(report.case_ids)} ({first} ...). Danh sách đầy đủ: thêm --json")


def _place(step: str, instrument_id: str, names: Mapping[str, str]) -> str:
    """Words for a step, with the instrument where the round has several."""
    from flows.cli.rounds import STEPS

    return f"{STEPS[step]} ({names[instrument_id]})" if instrument_id and len(names) > 1 else STEPS[step]


def _show_recount(again: Sequence[Recounted], names: Mapping[str, str]) -> None:
    """What the program of today makes of the frozen inputs, output by output."""
    from flows.cli.screen import number, say, show_table
    from sipas.publish.labels import label

    rows = [
        (
            _place(one.step, one.instrument_id, names),
            label("input", one.output),
            number(one.n_cells),
            number(one.n_different),
            f"{one.largest:.3g}".replace(".", ","),
            "khác" if one.other_version else "như khi công bố",
        )
        for one in again
    ]
    header = ("Bước", "Bảng", "Số ô", "Khác", "Lệch nhiều nhất", "Phiên bản")
    show_table("Tính lại bản đã công bố bằng chương trình hiện nay", header, rows, numbers=(2, 3, 4))
    changed = sum(one.n_different for one in again)
    say("Kết quả: trùng hoàn toàn." if not changed else f"Kết quả: {number(changed)} ô khác bản đã công bố.")


@click.command(cls=VietnameseCommand)
@round_option
@click.option("--to", "kind", type=click.Choice(["xlsx", "csv"]), default="xlsx", show_default=True, help="Dạng tệp.")
@working_option
@click.pass_obj
def export(session: Session, round_id: str, kind: str, working: bool) -> None:
    """Ghi bảng kết quả: một tệp Excel, hoặc các tệp CSV cho máy đọc; đợt đã công bố thì theo bản công bố."""
    from flows.cli.screen import say
    from sipas.jobs.results.export import export_csv, export_workbook

    with session.open() as ws:
        name = round_id or ws.rounds.default()
        if kind == "csv":
            tables = export_csv(ws, name, working=working)
            _say_release(tables.release_no)
            for path in tables.paths:
                say(f"Đã ghi: {path}")
            return
        done = export_workbook(ws, name, working=working)
        _say_release(done.release_no)
        say(f"Bảng kết quả: {done.path}")
        say(f"SHA-256: {done.sha256}" + ("" if done.is_new else " (không thay đổi)"))


def _say_release(release_no: int) -> None:
    from flows.cli.screen import say

    if release_no:
        say(f"Đợt đã công bố: đây là bản công bố lần {release_no} (--working: số liệu hiện nay).")


@click.command(cls=VietnameseCommand)
@round_option
@click.option("--approve", "release_no", type=int, default=0, metavar="LẦN", help="Duyệt dự thảo số này.")
@click.option("--as", "actor", default="", metavar="MÃ_NGƯỜI", help="Người lập dự thảo (mặc định: SIPAS_ACTOR).")
@click.option("--by", "person_id", default="", metavar="MÃ_NGƯỜI", help="Người duyệt (khác người lập).")
@click.pass_obj
def publish(session: Session, round_id: str, release_no: int, actor: str, person_id: str) -> None:
    """Lập dự thảo công bố; với --approve thì người thứ hai duyệt và công bố."""
    from flows.cli.screen import say
    from sipas.jobs.results.publish import draft_release, release, release_record
    from sipas.store.office.signing import Signature

    if release_no and not person_id:
        raise click.UsageError("--approve cần --by MÃ_NGƯỜI")
    with session.open(actor) as ws:
        name = round_id or ws.rounds.default()
        if not release_no:
            made = draft_release(ws, name)
            if made.state == "released":
                say(f"Kết quả này đã công bố lần {made.release_no}; chưa có gì mới để công bố.")
                return
            say(f"Dự thảo lần {made.release_no}, người lập {made.proposer}.")
            say(f"Người khác duyệt: sipas publish --round {name} --approve {made.release_no} --by MÃ_NGƯỜI")
            return
        signature = Signature(person_id=person_id, passphrase=click.prompt("Mật khẩu của người duyệt", hide_input=True))
        made = release(ws, name, release_no, signature)
        say(f"Đã công bố lần {made.release_no}; người lập {made.proposer}, người duyệt {made.approver}.")
        say(f"Biên bản: {release_record(ws, made)}")


@click.group("log", cls=VietnameseGroup)
def log_group() -> None:
    """Nhật ký chỉ ghi thêm."""


@log_group.command("verify")
@click.option("--head", default="", metavar="ĐẦU_NHẬT_KÝ", help="Đầu nhật ký đã in trên biên bản.")
@click.pass_obj
def log_verify(session: Session, head: str) -> int:
    """Kiểm tra nhật ký có bị sửa, xóa, chèn hay cắt đuôi không."""
    from flows.cli.screen import say, show_faults

    with session.open() as ws:
        faults = ws.log.verify(head or None)
        entries, now = len(ws.log.entries()), ws.log.head()
    if faults:
        say("NHẬT KÝ KHÔNG NGUYÊN VẸN:")
        show_faults(faults)
        return 1
    say(f"Nhật ký nguyên vẹn: {entries} mục. Đầu nhật ký: {now}")
    if not head:
        say("Chưa đối chiếu với đầu nhật ký đã in; thêm --head để phát hiện cắt đuôi hoặc viết lại.")
    return 0


COMMANDS = (weight, score, appraisals, merge, trace, export, publish, log_group)
