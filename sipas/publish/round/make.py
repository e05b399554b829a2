"""Step workbook: results, unit sheets, sub-scores, returns, weights and method of a round, filled from its steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from sampling.numbers import canonical_json, sha256_hex
from sipas.appraisal import current_inputs
from sipas.indices import IndexDefinition, given_id
from sipas.publish.labels import format_date, format_number, label
from sipas.publish.round.pack import (
    REOPENED,
    TAKEN_OVER,
    ClassFacts,
    CriterionFacts,
    DrawFacts,
    IndexFacts,
    MethodFact,
    NodeFacts,
    RoundFacts,
    RoundPack,
    RulebookFacts,
    SurveyFacts,
    VariantFacts,
)
from sipas.publish.round.tables import BATCHES, MARGINS, REJECTIONS, RESPONSES, WEIGHTS
from sipas.publish.round.weightfacts import margin_rows, weight_lines, weight_rows
from sipas.publish.round.workbook import round_workbook
from sipas.rulebook import Criterion, Rulebook
from sipas.steps.declare import Made, Reads, Step
from sipas.steps.given import Given
from sipas.steps.merge import entries_of
from sipas.steps.outcomes import Ledger, returns_report
from sipas.steps.survey import joined_strata
from sipas.steps.values import FACTS as VALUES_FACTS


def make_workbook(given: Given) -> Made:
    """The workbook of the round. Raises what `round_workbook` raises."""
    return Made({"workbook.xlsx": round_workbook(round_pack(given))})


def round_pack(given: Given) -> RoundPack:
    """Everything the workbook shows, as plain values."""
    head = given.head
    indices = {one.index.id: one.index for one in given.instruments.values()}
    sources = {one.index.id: one.values_rules.source_vi for one in given.taken_over}
    units = [*(one.model_dump() for one in given.rated_units()), *_closed(given)]
    is_made_up = head.made_up or any(one.made_up for one in given.rulebooks)
    is_made_up = is_made_up or any(one.made_up for one in indices.values())
    scores = [one.table("score/index_scores") for one in given.surveys]
    scores += [one.table("values/index_scores") for one in given.taken_over]
    return RoundPack(
        facts=RoundFacts(
            round_id=head.id,
            province_vi=head.province_vi,
            year=head.year,
            campaign_vi=head.title_vi,
            province_unit_id=head.province_id,
            result_hash=_result_hash(given),
            software_version=given.setting("software_version"),
            is_made_up=is_made_up,
        ),
        units=pd.DataFrame(units)[["unit_id", "name_vi", "unit_group", "sort_order"]],
        groups=head.units.groups,
        rulebooks=tuple(_rulebook(book, indices) for book in given.rulebooks),
        results=given.table("merge/results"),
        sheets=_sheets(given),
        indices=tuple(index_facts(one, head.year, sources.get(one.id, "")) for one in indices.values()),
        index_scores=pd.concat(scores, ignore_index=True),
        surveys=tuple(_values(one) if one in given.taken_over else _survey(one) for one in given.instruments.values()),
        input_hashes=tuple(sorted(set(_input_hashes(given)))),
        method_facts=tuple(_round_lines(given)),
    )


def ledger_of(given: Given) -> Ledger:
    """What the ledger says of the returns of one instrument."""
    pairs = given.table("draw/pairs") if given.has("draw/pairs") else None
    return Ledger(given.ledger("cases"), given.ledger("rows"), given.ledger("batches"), pairs)


def _values(given: Given) -> SurveyFacts:
    """What is printed of one instrument without respondents: whose figures it has, and what they came in."""
    rules, facts = given.values_rules, given.facts(f"values/{VALUES_FACTS}")
    with_errors = ", ".join(facts["nodes_with_errors"])
    errors = f"Cơ quan cung cấp cho sai số chuẩn của: {with_errors}. " if with_errors else ""
    lines = [
        (TAKEN_OVER, "Nguồn", rules.source_vi),
        (TAKEN_OVER, "Tệp nhận được", facts["file_name"]),
        (TAKEN_OVER, "SHA-256 của tệp", facts["file"]),
        (TAKEN_OVER, "Số đơn vị có giá trị", format_number(facts["n_units"], 0)),
        (TAKEN_OVER, "Đơn vị đã kết thúc trong đợt, không dùng giá trị", ", ".join(facts["ended"])),
        ("Sai số", "Số liệu của cơ quan khác", f"{errors}Giá trị không kèm sai số chuẩn được coi là không có sai số"),
    ]
    return SurveyFacts(
        instrument_id=given.instrument_id,
        title_vi=rules.title,
        short_vi=rules.short_vi,
        index_id=given.index.id,
        responses=RESPONSES.empty(),
        rejections=REJECTIONS.empty(),
        batches=BATCHES.empty(),
        weights=WEIGHTS.empty(),
        margins=MARGINS.empty(),
        method_facts=tuple(MethodFact(*line) for line in lines if line[2]),
    )


def _survey(given: Given) -> SurveyFacts:
    """What is printed of one survey."""
    rules, manifest = given.rules, given.facts("draw/manifest.json")
    returned = returns_report(ledger_of(given), given.table("draw/sample"), given.units_of_today())
    margins = margin_rows(given.table("weight/margins"), given.rated_units(), rules)
    return SurveyFacts(
        instrument_id=given.instrument_id,
        title_vi=rules.title,
        short_vi=rules.short_vi,
        index_id=given.index.id,
        responses=returned.by_unit,
        rejections=returned.rejections,
        batches=returned.batches,
        weights=weight_rows(given.table("weight/weight_report")),
        margins=margins,
        draw=_draw(manifest),
        method_facts=_method(given, manifest),
    )


def _result_hash(given: Given) -> str:
    """SHA-256 over the hashes of everything the workbook is made from."""
    own = {"": dict(given.hashes), **{name: dict(one.hashes) for name, one in given.instruments.items()}}
    return sha256_hex(canonical_json(own))


def _input_hashes(given: Given) -> Iterator[tuple[str, str]]:
    """Vietnamese name and hash of every input, received files among them; with the instrument where there are several.

    What is pinned bears its own id, so it needs no other mark; what several share comes more than once.
    """
    yield from ((_name(key), sha) for key, sha in given.hashes.items())
    for instrument_id, one in given.instruments.items():
        mark = f" ({instrument_id})" if len(given.instruments) > 1 else ""
        for key, sha in one.hashes.items():
            yield _name(key) + ("" if key.split("/")[0] in _PIN_KINDS else mark), sha
        if one in given.taken_over:
            yield f"{label('input', 'values_file')}{mark}", one.facts(f"values/{VALUES_FACTS}")["file"]
            continue
        batches = one.ledger("batches")
        for batch_id, sha in batches[["batch_id", "sha256"]].itertuples(index=False, name=None):
            yield f"{label('input', 'file')} {batch_id}{mark}", sha


def _name(key: str) -> str:
    """Vietnamese name of an input: a pin by its kind and id, an output or a ledger read by its own name."""
    head, _, rest = key.partition("/")
    if head in _PIN_KINDS:
        return f"{label('input', head)} {rest}".strip()
    return label("input", rest)


def _closed(given: Given) -> list[dict[str, Any]]:
    """Units closed in the field: not rated any more, but their forms stay in the counts."""
    today = given.units_of_today()
    closed = [one.model_dump() for one in given.units_at_draw() if not today[one.unit_id]]
    return [{**one, "unit_group": "", "name_vi": f"{one['name_vi']} (đã giải thể)"} for one in closed]


def _rulebook(book: Rulebook, indices: Mapping[str, IndexDefinition]) -> RulebookFacts:
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
        criteria=tuple(_criterion(book.criterion(node.code), indices) for node in book.tree.depth_first()),
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


def _criterion(one: Criterion, indices: Mapping[str, IndexDefinition]) -> CriterionFacts:
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
        variant=indices[link.index_id].variant(link.variant).name if link else "",
    )


def index_facts(index: IndexDefinition, year: int, source_vi: str = "") -> IndexFacts:
    """An index as its readers know it; source_vi: whose figures its values are, "" where they are counted here."""
    if source_vi:
        return _taken_over(index, source_vi)
    return IndexFacts(
        index_id=index.id,
        title_vi=index.title_vi,
        definition_id=index.definition,
        definition_vi=_definition_words(index),
        questionnaire_id=index.questionnaire,
        decision=index.decision,
        item_value=index.item_value,
        combiner=index.combiner(year).combiner,
        combiner_basis=index.combiner(year).basis,
        combiner_note=index.combiner(year).note,
        min_n=index.min_n,
        variants=tuple(
            VariantFacts(one.name, one.weights, one.filter, one.official, one.label_vi) for one in index.variants
        ),
        nodes=tuple(NodeFacts(one.node_code, one.parent, one.level, one.name_vi) for one in index.nodes),
    )


def _taken_over(index: IndexDefinition, source_vi: str) -> IndexFacts:
    """An index of which only the official values are known, and nothing of how they were counted."""
    return IndexFacts(
        index_id=index.id,
        title_vi=index.title_vi,
        definition_id=given_id(index),
        definition_vi=f"Giá trị do cơ quan khác cung cấp: {source_vi}",
        questionnaire_id="",
        decision=index.decision,
        combiner="",
        item_value="given",
        min_n=0,
        variants=(VariantFacts(index.official.name, "given", "given", True, index.official.label_vi),),
        nodes=tuple(NodeFacts(one.node_code, one.parent, one.level, one.name_vi) for one in index.nodes),
        source_vi=source_vi,
    )


def _definition_words(index: IndexDefinition) -> str:
    if index.item_value == "mean":
        return f"Điểm trung bình của các trả lời hợp lệ chia cho {index.full_code}, nhân 100"
    return f"Tỷ lệ trả lời mức {' và '.join(index.satisfied_codes)} trên số trả lời hợp lệ"


def _sheets(given: Given) -> pd.DataFrame:
    """Unit sheets with the evidence named in the entry that counts."""
    key = ["rulebook_id", "unit_id", "criterion_code"]
    entries = given.ledger("appraisals")
    counted = [current_inputs(entries_of(entries, book.id)).assign(rulebook_id=book.id) for book in given.rulebooks]
    evidence = pd.concat(counted, ignore_index=True)[[*key, "evidence_id"]].rename(columns={"evidence_id": "evidence"})
    return given.table("merge/unit_sheets").merge(evidence, on=key, how="left", validate="one_to_one")


def _draw(manifest: Mapping[str, Any]) -> DrawFacts:
    return DrawFacts(
        seed=manifest["seed"],
        frame_hash=manifest["frame_hash"],
        plan_hash=manifest["plan_hash"],
        public_value=manifest["public_value"]["value"],
        public_source_vi=manifest["public_value"]["source"],
        nonces=tuple(party["nonce"] for party in manifest["parties"]),
    )


def _method(given: Given, manifest: Mapping[str, Any]) -> tuple[MethodFact, ...]:
    """Lines of one instrument: frame, receipt, reserves, weights, errors."""
    rules, plan, frame = given.rules, manifest["plan"], given.facts("frame/frame_facts.json")
    window = " đến ".join(format_date(plan[edge]) for edge in ("window_start", "window_end"))
    bears_dates = plan["target"] == "transaction"
    lines = [
        ("Dàn mẫu", "Đơn vị chọn mẫu", {"transaction": "hồ sơ", "person": "người"}[plan["target"]]),
        *([("Dàn mẫu", "Thời gian lấy hồ sơ", window)] if bears_dates else []),
        ("Dàn mẫu", "Số đơn vị mẫu trong dàn", format_number(frame["counts"]["on_frame"], 0)),
        ("Dàn mẫu", "Không có thông tin liên hệ", format_number(frame["without_contact"], 0)),
        ("Thu phiếu", "Hạn nhận phiếu", format_date(rules.fieldwork.cutoff)),
        *(("Mẫu dự phòng", f"Tầng {one['stratum_id']}", _change(one)) for one in _rows(given.ledger("reserves"))),
    ]
    joined = "; ".join(f"{a} vào {b}" for a, b in joined_strata(given)) or "không có"
    weights = weight_lines(rules.weights, given.facts("weight/joined.json")["joined"])
    errors = MethodFact("Sai số", "Tầng đã ghép để tính sai số", joined)
    return (*(MethodFact(group, name, value) for group, name, value in lines), *weights, errors)


def _round_lines(given: Given) -> Iterator[MethodFact]:
    """Lines of the round as a whole: instruments that were cancelled, units that ended in the field, reopenings."""
    for one in _rows(given.ledger("cancelled")):
        yield MethodFact("Phiếu khảo sát", one["title_vi"], f"đã hủy ngày {format_date(one['day'])}: {one['reason']}")
    for one in _rows(given.ledger("events")):
        what = f"sáp nhập vào {one['successor_id']}" if one["successor_id"] else "giải thể"
        name = f"{one['unit_id']}, từ {format_date(one['effective_on'])}"
        yield MethodFact("Đơn vị", name, f"{what}, theo {one['decision']}")
    for one in _rows(given.ledger("reopenings")):
        name = f"Lần {one['reopen_no']}, {format_date(one['day'])}"
        until = format_date(one["counts_until"])
        yield MethodFact(REOPENED, name, f"{one['reason']} (tính phiếu nhận từ ngày đó đến hết {until})")


def _change(change: Mapping[str, Any]) -> str:
    what = {"release": "phát thêm", "withdraw": "rút bớt"}[change["kind"]]
    return f"{what} thứ tự {change['first_order']}-{change['last_order']}: {change['reason']}"


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in table.to_dict("records")]


_PIN_KINDS = ("round", "units", "questionnaire", "index", "rulebook")
WORKBOOK = Step(
    "workbook",
    "round",
    make_workbook,
    Reads(
        outputs=("merge/results", "merge/unit_sheets"),
        pins=("round", "units", "rulebook"),
        ledger=("appraisals", "events", "reopenings", "cancelled"),
        head=("id", "title_vi", "province_id", "province_vi", "year", "made_up", "units"),
    ),
    each=Reads(
        outputs=(
            "frame/frame_facts.json",
            "draw/manifest.json",
            "draw/sample",
            "weight/weighted_cases",
            "weight/joined.json",
            "weight/weight_report",
            "weight/margins",
            "score/index_scores",
        ),
        maybe=("draw/pairs",),
        pins=("units", "questionnaire", "index"),
        ledger=("cases", "rows", "batches", "reserves", "events"),
        rules=("title_vi", "short_vi", "unit_groups", "fieldwork.cutoff", "weights", "codes"),
        head=("title_vi", "units"),
    ),
    each_values=Reads(
        outputs=("values/index_scores", f"values/{VALUES_FACTS}"),
        pins=("index",),
        rules=("title_vi", "short_vi", "source_vi"),
        head=("title_vi",),
    ),
    settings=("software_version",),
)
