"""The workbook of the round: results, unit sheets, sub-scores, returns, weights and method, filled from the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from sampling.numbers import canonical_json, sha256_hex
from sipas.appraisal import current_inputs
from sipas.indices import IndexDefinition
from sipas.jobs.desk import Desk, Made
from sipas.jobs.pinned import Pinned
from sipas.jobs.returns import returns_report
from sipas.jobs.score import joined_strata
from sipas.jobs.weightfacts import margin_rows, weight_lines, weight_rows
from sipas.publish.labels import format_date, format_number, label
from sipas.publish.pack import (
    ClassFacts,
    CriterionFacts,
    DrawFacts,
    IndexFacts,
    MethodFact,
    NodeFacts,
    RoundFacts,
    RoundPack,
    RulebookFacts,
    VariantFacts,
)
from sipas.publish.workbook import round_workbook
from sipas.rulebook import Criterion, Rulebook
from sipas.store.reservebook import ReserveChange
from sipas.store.unitevents import UnitEvent
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class WorkbookReport:
    """Where the workbook is, its hash, and whether it is new."""

    path: Path
    sha256: str
    is_new: bool


def make_workbook(ws: Workspace, round_id: str) -> WorkbookReport:
    """Write outputs/<round>/ket-qua-<round>.xlsx from the current results of the round.

    Raises StoreError `jobs.step_first`, `store.output_in_use` (the file is open in another program).
    """
    desk = Desk(ws, round_id)

    def make() -> Made:
        return {"workbook.xlsx": round_workbook(round_pack(desk))}

    result = desk.run("workbook", make)
    sha256 = result.outputs["workbook.xlsx"]
    path = ws.outputs.write_bytes(f"{round_id}/ket-qua-{round_id}.xlsx", ws.snapshots.read_bytes(sha256))
    return WorkbookReport(path, sha256, result.is_new)


def round_pack(desk: Desk) -> RoundPack:
    """Everything the workbook shows, as plain values."""
    ws, round_id, parts = desk.ws, desk.round_id, desk.parts
    rules, needs = parts.survey_round, desk.needs("workbook")
    returned = returns_report(ws, round_id)
    units = [*(one.model_dump() for one in parts.rated_units()), *_closed(parts)]
    return RoundPack(
        facts=RoundFacts(
            round_id=round_id,
            province_vi=rules.province_vi,
            year=rules.year,
            campaign_vi=rules.title_vi,
            province_unit_id=rules.province_id,
            result_hash=sha256_hex(canonical_json([dict(needs.params), sorted(needs.inputs.items())])),
            software_version=software_version(),
            is_made_up=rules.made_up or any(book.made_up for book in parts.rulebooks) or parts.index.made_up,
        ),
        units=pd.DataFrame(units)[["unit_id", "name_vi", "unit_group", "sort_order"]],
        groups=rules.units.groups,
        rulebooks=tuple(_rulebook(book, parts) for book in parts.rulebooks),
        results=desk.table("merge", "results"),
        sheets=_sheets(desk),
        indices=(index_facts(parts.index, rules.year),),
        index_scores=desk.table("score", "index_scores"),
        responses=returned.by_unit,
        rejections=returned.rejections,
        batches=returned.batches,
        weights=weight_rows(desk.table("weight", "weight_report")),
        margins=margin_rows(desk.table("weight", "margins"), parts),
        draw=_draw(desk.facts("draw", "manifest.json")),
        input_hashes=tuple(sorted((_name(name), sha) for name, sha in needs.inputs.items())),
        method_facts=_method(desk),
    )


def _closed(parts: Pinned) -> list[dict[str, Any]]:
    """Units closed in the field: not rated any more, but their forms stay in the counts."""
    gone = {event.unit_id for event in parts.events if not event.successor_id}
    closed = [one.model_dump() for one in parts.units_at_draw() if one.unit_id in gone]
    return [{**one, "unit_group": "", "name_vi": f"{one['name_vi']} (đã giải thể)"} for one in closed]


def software_version() -> str:
    """Version of the installed program."""
    try:
        return version("sipas")
    except PackageNotFoundError:
        return "?"


def _rulebook(book: Rulebook, parts: Pinned) -> RulebookFacts:
    return RulebookFacts(
        rulebook_id=book.id,
        title_vi=book.title_vi,
        decision=book.decision,
        issued=book.issued,
        unit_group=book.unit_group,
        max_points=book.max_points,
        denominator=book.denominator,
        rank_on=book.rank_on,
        ties=book.ties,
        rounding_mode=book.rounding.mode,
        absent_survey=book.absent_survey,
        classes=tuple(ClassFacts(one.class_code, one.name_vi, one.from_pct) for one in book.classes),
        criteria=tuple(_criterion(book.criterion(node.code), parts) for node in book.tree.depth_first()),
        leaf_decimals=book.rounding.leaf,
        total_decimals=book.rounding.total,
        index_decimals=book.rounding.index,
        no_cases=book.no_cases,
        bonus_cap=book.bonus_cap,
        penalty_cap=book.penalty_cap,
        source=book.source,
        made_up=book.made_up,
        unconfirmed=book.unconfirmed,
        unscored=tuple(f"{one.code} {one.name_vi}: {one.reason}" for one in book.unscored),
    )


def _criterion(one: Criterion, parts: Pinned) -> CriterionFacts:
    link = one.link
    return CriterionFacts(
        code=one.code,
        parent=one.parent,
        level=one.level,
        name_vi=one.name_vi,
        max_points=one.max_points,
        score_source=one.score_source,
        rule=one.form,
        low=one.low,
        high=one.high,
        article=one.article,
        owner=one.owner,
        index_id=link.index_id if link else "",
        node_code=link.node_code if link else "",
        variant=parts.index.variant(link.variant).name if link else "",
    )


def index_facts(index: IndexDefinition, year: int) -> IndexFacts:
    """An index as its readers know it."""
    return IndexFacts(
        index_id=index.id,
        title_vi=index.title_vi,
        definition_id=index.definition,
        definition_vi=_definition_words(index),
        questionnaire_id=index.questionnaire,
        decision=index.decision,
        combiner=index.combiner(year).combiner,
        combiner_basis=index.combiner(year).basis,
        combiner_note=index.combiner(year).note,
        min_n=index.min_n,
        variants=tuple(
            VariantFacts(one.name, one.weights, one.filter, one.official, one.label_vi) for one in index.variants
        ),
        nodes=tuple(NodeFacts(one.node_code, one.parent, one.level, one.name_vi) for one in index.nodes),
    )


def _definition_words(index: IndexDefinition) -> str:
    if index.item_value == "mean":
        return f"Điểm trung bình của các trả lời hợp lệ chia cho {index.full_code}, nhân 100"
    return f"Tỷ lệ trả lời mức {' và '.join(index.satisfied_codes)} trên số trả lời hợp lệ"


def _sheets(desk: Desk) -> pd.DataFrame:
    """Unit sheets with the evidence named in the entry that counts."""
    key = ["rulebook_id", "unit_id", "criterion_code"]
    counted = [current_inputs(entries).assign(rulebook_id=book_id) for book_id, entries in desk.entries().items()]
    evidence = pd.concat(counted, ignore_index=True)[[*key, "evidence_id"]].rename(columns={"evidence_id": "evidence"})
    return desk.table("merge", "unit_sheets").merge(evidence, on=key, how="left", validate="one_to_one")


def _draw(manifest: Mapping[str, Any]) -> DrawFacts:
    return DrawFacts(
        seed=manifest["seed"],
        frame_hash=manifest["frame_hash"],
        plan_hash=manifest["plan_hash"],
        public_value=manifest["public_value"]["value"],
        public_source_vi=manifest["public_value"]["source"],
        nonces=tuple(party["nonce"] for party in manifest["parties"]),
    )


def _method(desk: Desk) -> tuple[MethodFact, ...]:
    rules = desk.parts.survey_round
    plan = desk.facts("draw", "manifest.json")["plan"]
    frame = desk.facts("frame", "frame_facts.json")
    window = " đến ".join(format_date(plan[edge]) for edge in ("window_start", "window_end"))
    lines = [
        ("Dàn mẫu", "Đơn vị chọn mẫu", {"transaction": "hồ sơ", "person": "người"}[plan["target"]]),
        ("Dàn mẫu", "Thời gian lấy hồ sơ", window),
        ("Dàn mẫu", "Số đơn vị mẫu trong dàn", format_number(frame["counts"]["on_frame"], 0)),
        ("Dàn mẫu", "Không có thông tin liên hệ", format_number(frame["without_contact"], 0)),
        ("Thu phiếu", "Hạn nhận phiếu", format_date(rules.fieldwork.cutoff)),
        *(("Đơn vị", f"{one.unit_id}, từ {format_date(one.effective_on)}", _event(one)) for one in desk.parts.events),
        *(("Mẫu dự phòng", f"Tầng {one.stratum_id}", _change(one)) for one in desk.ws.reserves.done(desk.round_id)),
    ]
    joined = "; ".join(f"{a} vào {b}" for a, b in joined_strata(desk)) or "không có"
    weights = weight_lines(rules.weights, desk.facts("weight", "joined.json")["joined"])
    errors = MethodFact("Sai số", "Tầng đã ghép để tính sai số", joined)
    return (*(MethodFact(group, name, value) for group, name, value in lines), *weights, errors)


def _event(event: UnitEvent) -> str:
    what = f"sáp nhập vào {event.successor_id}" if event.successor_id else "giải thể"
    return f"{what}, theo {event.decision}"


def _change(change: ReserveChange) -> str:
    what = {"release": "phát thêm", "withdraw": "rút bớt"}[change.kind]
    return f"{what} thứ tự {change.first_order}-{change.last_order}: {change.reason}"


def _name(key: str) -> str:
    """Vietnamese name of an input."""
    head, _, rest = key.partition("/")
    return f"{label('input', head)} {rest}".strip()
