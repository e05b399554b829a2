"""A made-up round of the size of a province: 18 departments, 60 communes, 8 areas, 39 items."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from errors.templates import data_folder
from sipas.indices import INDEX_SCORES, Combiner, IndexDefinition, IndexNode, Variant
from sipas.parindex import UNIT_SHEET
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.surveyresults import Fieldwork, MethodFact, SurveyResults
from sipas.ranking import RANKED
from sipas.rounds import InstrumentRules, RoundHead, UnitsPart, load_round
from sipas.rulebook import Criterion, Link, RankClass, Rounding, Rulebook
from sipas.steps.outcomes import ReturnsReport
from sipas.steps.weight import MARGINS, WEIGHT_REPORT
from sipas.units import Unit

_FILE = Path(__file__).parents[1] / "sipas" / "publish" / "fake_round.toml"
WORDS: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
PROVINCE = "T00"
CENT = Decimal("0.01")
FEW_ANSWERS = {"X17": 6, "X60": 9}
FEW_ITEM_ANSWERS = {("X05", "II.E3"): 7}
OVERRIDDEN = {("S03", "1.5"): "theo kết luận của Hội đồng thẩm định"}
REASONS = ("returns.late", "returns.code_not_in_scale", "returns.too_few_items", "returns.wrong_unit")


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def _units() -> tuple[Unit, ...]:
    names = [(f"S{n:02}", name, "so") for n, name in enumerate(WORDS["departments"], start=1)]
    communes = [f"Phường {name}" for name in WORDS["wards"]] + [f"Xã {name}" for name in WORDS["communes"]]
    communes.append(f"Đặc khu {WORDS['special_zone']}")
    names += [(f"X{n:02}", name, "xa") for n, name in enumerate(communes, start=1)]
    return tuple(
        Unit(unit_id=unit_id, name_vi=name, kind=group, unit_group=group, valid_from="2025-07-01", sort_order=order)
        for order, (unit_id, name, group) in enumerate(names, start=1)
    )


def _criteria() -> tuple[Criterion, ...]:
    criteria = []
    for number, area in enumerate(WORDS["areas"], start=1):
        top = sum((Decimal(row[1]) for row in area["criteria"]), Decimal(0))
        name = area["name"]
        criteria.append(Criterion(code=str(number), level="area", name_vi=name, max_points=top, rule="sum"))
        for place, (name, points, source, rule, article, *node) in enumerate(area["criteria"], start=1):
            criteria.append(
                Criterion(
                    code=f"{number}.{place}",
                    parent=str(number),
                    level="criterion",
                    name_vi=name,
                    max_points=points,
                    score_source=source,
                    rule=rule,
                    article=article,
                    link=Link(index_id="sipas", node_code=node[0], transform="linear") if node else None,
                )
            )
    return tuple(criteria)


def _rulebook(unit_group: str) -> Rulebook:
    cuts = (("xuat_sac", "Xuất sắc", "90"), ("tot", "Tốt", "80"), ("kha", "Khá", "70"), ("tb", "Trung bình", "0"))
    criteria = _criteria()
    return Rulebook(
        id=f"made-up-gia-dinh/2026-{unit_group}",
        title_vi="Bộ chỉ số cải cách hành chính năm 2026",
        decision="Quyết định số 00/QĐ-UBND, giả lập",
        issued="2026-01-15",
        source="giả lập",
        made_up=True,
        unit_group=unit_group,
        years=(2026, 2026),
        max_points=sum((criterion.max_points for criterion in criteria if not criterion.parent), Decimal(0)),
        denominator="applicable",
        rank_on="index_unrounded",
        ties="competition",
        rounding=Rounding(mode="half_up", leaf=2, total=2, index=2),
        bonus_cap=Decimal(0),
        penalty_cap=Decimal(0),
        absent_survey="fail",
        empty_group="fail",
        no_cases="fail",
        classes=tuple(RankClass(class_code=code, name_vi=name, from_pct=Decimal(low)) for code, name, low in cuts),
        criteria=criteria,
    )


def _sheet_rows(rulebook: Rulebook, unit_id: str, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    level = rng.uniform(0.72, 0.97)
    counted: dict[str, tuple[Decimal, Decimal]] = {}
    for leaf in rulebook.leaves():
        status = {("S06", "6.3"): "not_applicable", ("S12", "3.4"): "no_cases"}.get((unit_id, leaf.code), "scored")
        share = Decimal(str(round(min(1.0, max(0.2, rng.normal(level, 0.08))), 4)))
        points = leaf.max_points if status == "no_cases" else _cents(leaf.max_points * share)
        if status != "not_applicable":
            counted[leaf.code] = (points, leaf.max_points)
        yield {
            "criterion_code": leaf.code,
            "points": None if status == "not_applicable" else points,
            "max_points": leaf.max_points,
            "leaf_status": status,
            "score_source": leaf.score_source,
            "std_error": 0.0123 * float(leaf.max_points) if leaf.is_survey else None,
            "value_text": _value_text(leaf, share) if status == "scored" else None,
            "override_reason": OVERRIDDEN.get((unit_id, leaf.code)),
            "evidence_id": None if leaf.is_survey else f"Báo cáo số {rng.integers(10, 400)}/BC-CCHC ngày 12/11/2026",
        }
    for area in rulebook.tree.roots:
        inside = [pair for code, pair in counted.items() if code.startswith(f"{area.code}.")]
        yield {
            "criterion_code": area.code,
            "points": sum((points for points, _ in inside), Decimal(0)),
            "max_points": sum((top for _, top in inside), Decimal(0)),
            "leaf_status": "scored",
            "score_source": "",
            "std_error": None,
            "value_text": None,
            "override_reason": None,
            "evidence_id": None,
        }


def _value_text(leaf: Criterion, share: Decimal) -> str:
    if leaf.rule == "choice":
        return "B"
    if leaf.rule == "option_weights":
        return "A=12; B=9; C=2; D=0"
    return f"{100 * share:.10f}" if leaf.is_survey else f"{100 * share:.2f}"


def _unit_sheets(rulebooks: Iterable[Rulebook], units: Iterable[Unit], rng: np.random.Generator) -> pd.DataFrame:
    sheets = pd.DataFrame(
        [
            {"rulebook_id": rulebook.id, "unit_id": unit.unit_id, **row}
            for rulebook in rulebooks
            for unit in units
            if unit.unit_group == rulebook.unit_group
            for row in _sheet_rows(rulebook, unit.unit_id, rng)
        ]
    )
    checked = UNIT_SHEET.check(sheets.drop(columns="evidence_id"))
    return checked.merge(sheets[[*UNIT_SHEET.key, "evidence_id"]].astype("str"), on=list(UNIT_SHEET.key))


def _ranked(rulebooks: Iterable[Rulebook], sheets: pd.DataFrame) -> pd.DataFrame:
    ranked = []
    for rulebook in rulebooks:
        roots = [root.code for root in rulebook.tree.roots]
        areas = sheets[(sheets["rulebook_id"] == rulebook.id) & sheets["criterion_code"].isin(roots)]
        totals = {
            str(unit_id): (sum(rows["points"], Decimal(0)), sum(rows["max_points"], Decimal(0)))
            for unit_id, rows in areas.groupby("unit_id")
        }
        indices = {unit_id: 100 * points / top for unit_id, (points, top) in totals.items()}
        for unit_id, (points, top) in totals.items():
            index = indices[unit_id]
            reached = next(row for row in rulebook.classes if _cents(index) >= row.from_pct)
            ranked.append(
                {
                    "rulebook_id": rulebook.id,
                    "unit_id": unit_id,
                    "points": points,
                    "bonus": Decimal(0),
                    "penalty": Decimal(0),
                    "applicable_max": top,
                    "total_shown": points,
                    "index_pct": index.quantize(Decimal("0.000001")),
                    "index_shown": _cents(index),
                    "std_error": None,
                    "rank": 1 + sum(other > index for other in indices.values()),
                    "class_code": reached.class_code,
                    "class_name_vi": reached.name_vi,
                }
            )
    return RANKED.check(pd.DataFrame(ranked))


def _nodes() -> Iterator[tuple[str, str, str, str]]:
    yield "SIPAS", "", "overall", "Chỉ số hài lòng"
    for content in WORDS["contents"]:
        yield content["code"], "SIPAS", "content", content["name"]
        for letter, factor in zip("ABCDE", content["factors"], strict=False):
            code = f"{content['code']}.{letter}"
            yield code, content["code"], "factor", factor["name"]
            for place, name in enumerate(factor["items"], start=1):
                yield f"{code}{place}", code, "item", name


def make_nodes(nodes: Iterable[tuple[str, str, str, str]]) -> tuple[IndexNode, ...]:
    """Nodes of an index from code, parent, level and name; an item stands for the question of its own code."""
    return tuple(
        IndexNode(
            node_code=code,
            parent=parent,
            level=level,
            name_vi=name,
            name_en="",
            item_code=code if level == "item" else "",
        )
        for code, parent, level, name in nodes
    )


def make_index(nodes: Iterable[tuple[str, str, str, str]], **entries: Any) -> IndexDefinition:
    """An index of the year 2026 with the shares of satisfied answers; `entries` are further ones of its file."""
    usual: dict[str, Any] = {
        "satisfied_codes": ("4", "5"),
        "source": "giả lập",
        "combiners": (Combiner(from_year=2026, to_year=2026, combiner="items", basis="stated"),),
        "variants": (Variant(name="official", label_vi="Chính thức", weights="none", filter="all", official=True),),
    }
    return IndexDefinition(**{**usual, **entries}, nodes=make_nodes(nodes))


def _index() -> IndexDefinition:
    users = "Chỉ người đã dùng dịch vụ"
    return make_index(
        _nodes(),
        id="sipas",
        title_vi="Chỉ số hài lòng",
        definition="share_4_5",
        questionnaire="sipas-2024-2026",
        decision="Quyết định số 1001/QĐ-BNV ngày 11/12/2023",
        min_n=30,
        variants=(
            Variant(name="official", label_vi="Chính thức", weights="none", filter="all", official=True),
            Variant(name="weighted", label_vi="Có quyền số", weights="final", filter="all"),
            Variant(name="users_only", label_vi=users, weights="final", filter="users_only"),
        ),
    )


def _scores(index: IndexDefinition, unit_ids: list[str], rng: np.random.Generator) -> pd.DataFrame:
    scores = []
    for unit_id in unit_ids:
        n = 3480 if unit_id == PROVINCE else FEW_ANSWERS.get(unit_id, int(rng.integers(38, 62)))
        base = rng.uniform(76, 92)
        for node in index.nodes:
            value = float(np.clip(base + rng.normal(0, 4), 0, 100))
            answers = FEW_ITEM_ANSWERS.get((unit_id, node.node_code), n)
            scores.append(make_score(unit_id, node.node_code, "official", value, answers))
        scores.append(make_score(unit_id, "SIPAS", "weighted", base + rng.normal(0, 0.6), n))
        scores.append(make_score(unit_id, "SIPAS", "users_only", base - rng.uniform(0, 2), int(n * 0.7)))
    return INDEX_SCORES.check(pd.DataFrame(scores).assign(index_id="sipas", definition_id="share_4_5"))


def make_score(unit_id: str, node_code: str, variant: str, value: float, n: int) -> dict[str, Any]:
    error = 38 / np.sqrt(n)
    return {
        "unit_id": unit_id,
        "node_code": node_code,
        "variant": variant,
        "value_pct": value,
        "std_error": error,
        "df": n - 1.0,
        "ci_low": max(0.0, value - 1.96 * error),
        "ci_high": min(100.0, value + 1.96 * error),
        "n": n,
        "flag": "small_n" if n < 30 else "",
        "reason": None,
    }


def make_returns(by_unit: pd.DataFrame, rejections: pd.DataFrame, batches: pd.DataFrame) -> ReturnsReport:
    """Returns of which only what is printed is filled in."""
    nothing = by_unit.head(0)
    return ReturnsReport(by_unit, nothing, nothing, rejections, batches, 0)


def _returns(unit_ids: list[str], rng: np.random.Generator) -> ReturnsReport:
    forms, rejections = [], []
    for unit_id in unit_ids:
        rejected = rng.integers(0, 4, len(REASONS))
        valid = FEW_ANSWERS.get(unit_id, int(rng.integers(38, 62)))
        outstanding = int(rng.integers(2, 14))
        returned = valid + int(rejected.sum())
        forms.append((unit_id, returned + outstanding, returned, valid, int(rejected.sum()), outstanding))
        rejections += [(unit_id, reason, int(n)) for reason, n in zip(REASONS, rejected, strict=True) if n]
    columns = ["unit_id", "n_issued", "n_returned", "n_valid", "n_rejected", "n_outstanding"]
    by_reason = pd.DataFrame(rejections, columns=["unit_id", "reason", "n"])
    return make_returns(pd.DataFrame(forms, columns=columns), by_reason, _batches())


def _batches() -> pd.DataFrame:
    rows = [
        ("L01", "phieu-sipas-dot-1.xlsx", "2026-03-02", 2150, 2098, 0, 31, 21),
        ("L02", "phiếu bổ sung các xã.xlsx", "2026-03-20", 1480, 1395, 62, 14, 9),
        ("L03", "truc-tuyen.csv", "2026-04-02", 233, 160, 58, 10, 5),
    ]
    counts = ["n_rows", "n_accepted", "n_late", "n_duplicate", "n_set_aside"]
    frame = pd.DataFrame(rows, columns=["batch_id", "file_name", "received_on", *counts])
    return frame.assign(n_superseded=0, n_withdrawn=0, n_waiting=0)


def _weight_report(unit_ids: list[str], rng: np.random.Generator) -> pd.DataFrame:
    report = []
    for unit_id in ["", *unit_ids]:
        for number, step in enumerate(("design", "unknown_eligibility", "nonresponse", "rake"), 1):
            n = 50 if unit_id else 3480
            cv, low = float(rng.uniform(0.05, 0.6)), float(rng.uniform(1, 4))
            spread = {"sum": n * low * 2, "min": low, "max": low * 5, "max_over_min": 5.0}
            spread |= dict.fromkeys(("q05", "q25", "median", "q75", "q95"), low * 2)
            spread |= {"cv": cv, "kish_deff": 1 + cv**2, "kish_n": n / (1 + cv**2)}
            report.append(
                {"unit_id": unit_id, "step_no": number, "weight_step": step, "step_name": step, "n": n, **spread}
            )
    return WEIGHT_REPORT.check(pd.DataFrame(report))


def _margins() -> pd.DataFrame:
    rows = [
        ("done", 512340.0, 498221.5, 512340.0),
        ("refused", 530112.0, 544230.5, 530112.0),
        ("overdue", 210554.0, 180332.25, 210554.0),
    ]
    margins = pd.DataFrame(rows, columns=["category", "target", "before", "after"])
    return MARGINS.check(margins.assign(step="rake", margin="result_status", partition="", is_exact=True))


def make_manifest(mark: str, value: str, source: str) -> dict[str, Any]:
    """What of a draw's manifest is printed."""
    hashes = {name: f"{place}{mark}" * 32 for place, name in enumerate(("seed", "frame_hash", "plan_hash"), start=5)}
    return {**hashes, "public_value": {"value": value, "source": source}, "parties": []}


def make_head() -> RoundHead:
    return RoundHead(
        id="gia-dinh-2026",
        title_vi="Đợt điều tra xã hội học năm 2026",
        province_id=PROVINCE,
        province_vi="Tỉnh Giả Định",
        year=2026,
        made_up=True,
        rulebooks=("made-up-gia-dinh/2026-so", "made-up-gia-dinh/2026-xa"),
        units=UnitsPart(
            register_id="gia-dinh",
            on="2026-07-01",
            groups={"so": "sở, ban, ngành", "xa": "xã, phường, đặc khu"},
        ),
    )


def packaged_rules() -> InstrumentRules:
    """The packaged survey of the example."""
    return load_round(data_folder() / "rounds" / "made-up-gia-dinh-2026").surveys[0]


def make_results(seed: int = 2026) -> RoundResults:
    """The made-up round, the same for the same seed."""
    rng = np.random.Generator(np.random.PCG64(seed))
    units = _units()
    unit_ids = [unit.unit_id for unit in units]
    rulebooks = (_rulebook("so"), _rulebook("xa"))
    unit_sheets = _unit_sheets(rulebooks, units, rng)
    index = _index()
    return RoundResults(
        head=make_head(),
        units=units,
        rulebooks=rulebooks,
        ranked=_ranked(rulebooks, unit_sheets),
        unit_sheets=unit_sheets,
        surveys=(
            SurveyResults(
                instrument_id="khao-sat",
                title_vi="Đo lường sự hài lòng",
                index=index,
                index_scores=_scores(index, [PROVINCE, *unit_ids], rng),
                fieldwork=Fieldwork(
                    rules=packaged_rules(),
                    returns=_returns(unit_ids, rng),
                    weight_report=_weight_report(unit_ids, rng),
                    margins=_margins(),
                    manifest=make_manifest("a", "04 17 23 31 40 45", "Xổ số công khai ngày 10/01/2026"),
                ),
                facts=(MethodFact("returns", "Hạn nhận phiếu", "31/03/2026, giờ Việt Nam"),),
            ),
        ),
        result_hash="3f1c9a7b5d2e4860" * 4,
        software_version="0.1.0",
        input_hashes=(("Dàn mẫu", "6b" * 32), ("Phiếu đã nhận", "8d" * 32), ("Bảng chấm điểm", "9e" * 32)),
    )


def with_survey(results: RoundResults, place: int = 0, **changes: Any) -> RoundResults:
    """`results` with other values in one of its surveys, in its fieldwork or in its returns."""
    survey = results.surveys[place]
    if survey.fieldwork is not None:
        fieldwork = survey.fieldwork
        returns = replace(fieldwork.returns, **_taken(changes, fieldwork.returns))
        changed = replace(fieldwork, **{"returns": returns, **_taken(changes, fieldwork)})
        changes = {"fieldwork": changed, **changes}
    surveys = list(results.surveys)
    surveys[place] = replace(survey, **changes)
    return replace(results, surveys=tuple(surveys))


def _taken(changes: dict[str, Any], part: Fieldwork | ReturnsReport) -> dict[str, Any]:
    """Takes out the changes that are of a part."""
    return {field.name: changes.pop(field.name) for field in fields(part) if field.name in changes}
