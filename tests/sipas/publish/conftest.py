"""A made-up round of the size of a province: 18 departments, 60 communes, 8 areas, 39 items."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sipas.publish.round.pack import (
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

WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("fake_round.toml").read_text(encoding="utf-8"))
PROVINCE = "T00"
CENT = Decimal("0.01")
FEW_ANSWERS = {"X17": 6, "X60": 9}
FEW_ITEM_ANSWERS = {("X05", "II.E3"): 7}
REASONS = ("returns.late", "returns.code_not_in_scale", "returns.too_few_items", "returns.wrong_unit")


# Syllables of written Vietnamese without tone marks: what no English word but the shortest looks like.
SYLLABLE = re.compile(
    r"(ngh|ng|nh|gh|gi|g|kh|k|ch|c|th|tr|t|ph|qu|b|d|đ|h|l|m|n|p|r|s|v|x)?[aăâeêioôơuưy]{1,3}(ng|nh|ch|c|m|n|p|t)?"
)
ABBREVIATIONS = {
    "sipas",
    "kad",
    "kps",
    "stt",
    "ktc",
    "sha",
    "bc",
    "cchc",
    "qđ",
    "ubnd",
    "bnv",
    "kish",
    "xlsx",
    "csv",
    "b",
    "c",
    "d",
    "s",
    "x",
    "l",
    "n",
}
ENGLISH_SYLLABLES = {"the", "at", "it", "up", "not", "but", "out", "one", "due", "day", "date", "done", "mean", "note"}
TONES = "\u0300\u0301\u0303\u0309\u0323"


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def _units() -> pd.DataFrame:
    names = [(f"S{n:02}", name, "so") for n, name in enumerate(WORDS["departments"], start=1)]
    communes = [f"Phường {name}" for name in WORDS["wards"]] + [f"Xã {name}" for name in WORDS["communes"]]
    communes.append(f"Đặc khu {WORDS['special_zone']}")
    names += [(f"X{n:02}", name, "xa") for n, name in enumerate(communes, start=1)]
    names.append((PROVINCE, "Tỉnh Giả Định", ""))
    frame = pd.DataFrame(names, columns=["unit_id", "name_vi", "unit_group"])
    return frame.assign(sort_order=range(1, len(frame) + 1))


def _criteria() -> tuple[CriterionFacts, ...]:
    found = []
    for number, area in enumerate(WORDS["areas"], start=1):
        top = sum((Decimal(one[1]) for one in area["criteria"]), Decimal(0))
        found.append(CriterionFacts(str(number), "", "area", area["name"], top, "", "sum"))
        for place, (name, most, source, rule, article, *node) in enumerate(area["criteria"], start=1):
            link = ("sipas", node[0], "official") if node else ("", "", "")
            code = f"{number}.{place}"
            found.append(
                CriterionFacts(code, str(number), "criterion", name, Decimal(most), source, rule, article, "", *link)
            )
    return tuple(found)


def _rulebook(unit_group: str) -> RulebookFacts:
    cuts = (("xuat_sac", "Xuất sắc", "90"), ("tot", "Tốt", "80"), ("kha", "Khá", "70"), ("tb", "Trung bình", "0"))
    criteria = _criteria()
    return RulebookFacts(
        rulebook_id=f"made-up-gia-dinh/2026-{unit_group}",
        title_vi="Bộ chỉ số cải cách hành chính năm 2026",
        decision="Quyết định số 00/QĐ-UBND, giả lập",
        issued="2026-01-15",
        unit_group=unit_group,
        max_points=sum((one.max_points for one in criteria if not one.parent), Decimal(0)),
        denominator="applicable",
        rank_on="index_unrounded",
        ties="competition",
        rounding_mode="half_up",
        absent_survey="fail",
        classes=tuple(ClassFacts(code, name, Decimal(low)) for code, name, low in cuts),
        criteria=criteria,
        made_up=True,
    )


def _sheet_rows(book: RulebookFacts, unit_id: str, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    level = rng.uniform(0.72, 0.97)
    leaves: dict[str, tuple[Decimal, Decimal]] = {}
    for one in book.criteria:
        if not one.parent:
            continue
        status = {("S06", "6.3"): "not_applicable", ("S12", "3.4"): "no_cases"}.get((unit_id, one.code), "scored")
        share = Decimal(str(round(min(1.0, max(0.2, rng.normal(level, 0.08))), 4)))
        points = one.max_points if status == "no_cases" else _cents(one.max_points * share)
        if status == "scored":
            leaves[one.code] = (points, one.max_points)
        elif status == "no_cases":
            leaves[one.code] = (one.max_points, one.max_points)
        yield {
            "criterion_code": one.code,
            "points": None if status == "not_applicable" else points,
            "max_points": one.max_points,
            "leaf_status": status,
            "score_source": one.score_source,
            "std_error": 0.0123 * float(one.max_points) if one.is_survey else None,
            "value_text": _value_text(one, share) if status == "scored" else None,
            "override_reason": "theo kết luận của Hội đồng thẩm định"
            if (unit_id, one.code) == ("S03", "1.5")
            else None,
            "evidence": f"Báo cáo số {rng.integers(10, 400)}/BC-CCHC ngày 12/11/2026" if not one.is_survey else None,
        }
    for area in book.roots:
        inside = [pair for code, pair in leaves.items() if code.startswith(f"{area.code}.")]
        yield {
            "criterion_code": area.code,
            "points": sum((points for points, _ in inside), Decimal(0)),
            "max_points": sum((most for _, most in inside), Decimal(0)),
            "leaf_status": "scored",
            "score_source": "",
            "std_error": None,
            "value_text": None,
            "override_reason": None,
            "evidence": None,
        }


def _value_text(one: CriterionFacts, share: Decimal) -> str:
    if one.rule == "choice":
        return "B"
    if one.rule == "option_weights":
        return "A=12; B=9; C=2; D=0"
    return f"{100 * share:.10f}" if one.is_survey else f"{100 * share:.2f}"


def _sheets(books: tuple[RulebookFacts, ...], units: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    found = []
    for book in books:
        for unit_id in units.loc[units["unit_group"] == book.unit_group, "unit_id"]:
            found += [
                {"rulebook_id": book.rulebook_id, "unit_id": unit_id, **row} for row in _sheet_rows(book, unit_id, rng)
            ]
    return pd.DataFrame(found)


def _results(books: tuple[RulebookFacts, ...], sheets: pd.DataFrame) -> pd.DataFrame:
    found = []
    for book in books:
        roots = {one.code for one in book.roots}
        mine = sheets[(sheets["rulebook_id"] == book.rulebook_id) & sheets["criterion_code"].isin(roots)]
        totals = {
            unit_id: (sum(rows["points"], Decimal(0)), sum(rows["max_points"], Decimal(0)))
            for unit_id, rows in mine.groupby("unit_id")
        }
        indices = {unit_id: 100 * points / most for unit_id, (points, most) in totals.items()}
        ranked = [unit_id for unit_id in indices if unit_id != "S14"]
        for unit_id, (points, most) in totals.items():
            index = indices[unit_id]
            one = next(one for one in book.classes if _cents(index) >= one.from_pct)
            found.append(
                {
                    "rulebook_id": book.rulebook_id,
                    "unit_id": unit_id,
                    "points": points,
                    "applicable_max": most,
                    "index_pct": index.quantize(Decimal("0.000001")),
                    "index_shown": _cents(index),
                    "bonus": Decimal(0),
                    "penalty": Decimal(0),
                    "total_shown": points,
                    "rank": 1 + sum(indices[other] > index for other in ranked) if unit_id in ranked else None,
                    "class_code": one.class_code,
                    "class_name_vi": one.name_vi,
                }
            )
    return pd.DataFrame(found).astype({"rank": "Int64"})


def _index() -> IndexFacts:
    nodes = [NodeFacts("SIPAS", "", "overall", "Chỉ số hài lòng")]
    for content in WORDS["contents"]:
        nodes.append(NodeFacts(content["code"], "SIPAS", "content", content["name"]))
        for letter, factor in zip("ABCDE", content["factors"], strict=False):
            code = f"{content['code']}.{letter}"
            nodes.append(NodeFacts(code, content["code"], "factor", factor["name"]))
            items = enumerate(factor["items"], start=1)
            nodes += [NodeFacts(f"{code}{place}", code, "item", name) for place, name in items]
    return IndexFacts(
        index_id="sipas",
        title_vi="Chỉ số hài lòng",
        definition_id="share_4_5",
        definition_vi="Tỷ lệ phần trăm câu trả lời hài lòng và rất hài lòng (mức 4 và 5) trên số câu trả lời hợp lệ.",
        questionnaire_id="sipas-2024-2026",
        decision="Quyết định số 1001/QĐ-BNV ngày 11/12/2023",
        item_value="share",
        combiner="items",
        min_n=30,
        variants=(
            VariantFacts("official", "none", "all", is_official=True),
            VariantFacts("weighted", "final", "all", is_official=False),
            VariantFacts("users_only", "final", "users_only", is_official=False),
        ),
        nodes=tuple(nodes),
    )


def _scores(index: IndexFacts, unit_ids: list[str], rng: np.random.Generator) -> pd.DataFrame:
    found = []
    for unit_id in unit_ids:
        n = 3480 if unit_id == PROVINCE else FEW_ANSWERS.get(unit_id, int(rng.integers(38, 62)))
        base = rng.uniform(76, 92)
        for node in index.nodes:
            value = float(np.clip(base + rng.normal(0, 4), 0, 100))
            answers = FEW_ITEM_ANSWERS.get((unit_id, node.node_code), n)
            found.append(_score(unit_id, node.node_code, "official", value, answers))
        found.append(_score(unit_id, "SIPAS", "weighted", base + rng.normal(0, 0.6), n))
        found.append(_score(unit_id, "SIPAS", "users_only", base - rng.uniform(0, 2), int(n * 0.7)))
    return pd.DataFrame(found).assign(index_id="sipas", definition_id="share_4_5")


def _score(unit_id: str, node_code: str, variant: str, value: float, n: int) -> dict[str, Any]:
    error = 38 / np.sqrt(n)
    return {
        "unit_id": unit_id,
        "node_code": node_code,
        "variant": variant,
        "value_pct": value,
        "std_error": error,
        "n": n,
        "flag": "small_n" if n < 30 else None,
        "ci_low": max(0.0, value - 1.96 * error),
        "ci_high": min(100.0, value + 1.96 * error),
        "reason": None,
    }


def _responses(unit_ids: list[str], rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    issued, rejections = [], []
    for unit_id in unit_ids:
        rejected = rng.integers(0, 4, len(REASONS))
        valid = FEW_ANSWERS.get(unit_id, int(rng.integers(38, 62)))
        outstanding = int(rng.integers(2, 14))
        returned = valid + int(rejected.sum())
        issued.append((unit_id, returned + outstanding, returned, outstanding, valid))
        rejections += [(unit_id, reason, int(n)) for reason, n in zip(REASONS, rejected, strict=True) if n]
    return (
        pd.DataFrame(issued, columns=["unit_id", "n_issued", "n_returned", "n_outstanding", "n_valid"]),
        pd.DataFrame(rejections, columns=["unit_id", "reason", "n"]),
    )


def _batches() -> pd.DataFrame:
    rows = [
        ("L01", "phieu-sipas-dot-1.xlsx", "2026-03-02", 2150, 2098, 0, 31, 21),
        ("L02", "phiếu bổ sung các xã.xlsx", "2026-03-20", 1480, 1395, 62, 14, 9),
        ("L03", "truc-tuyen.csv", "2026-04-02", 233, 160, 58, 10, 5),
    ]
    counts = ["n_rows", "n_accepted", "n_late", "n_duplicate", "n_set_aside"]
    frame = pd.DataFrame(rows, columns=["batch_id", "file_name", "received_on", *counts])
    return frame.assign(n_superseded=0, n_withdrawn=0, n_waiting=0)


def _weights(unit_ids: list[str], rng: np.random.Generator) -> pd.DataFrame:
    found = []
    for unit_id in ["", *unit_ids]:
        for number, step in enumerate(("design", "unknown_eligibility", "nonresponse", "rake", "final"), 1):
            n = 50 if unit_id else 3480
            cv = float(rng.uniform(0.05, 0.6))
            low = float(rng.uniform(1, 4))
            found.append((unit_id, number, step, "", n, n * low * 2, low, low * 5, cv, 1 + cv**2, n / (1 + cv**2)))
    names = ["unit_id", "step_no", "weight_step", "step_name"]
    names += ["n", "weight_sum", "weight_min", "weight_max", "cv", "kish_deff", "kish_n"]
    return pd.DataFrame(found, columns=names)


def _margins() -> pd.DataFrame:
    rows = [
        ("Giới tính", "Nam", "", 512340.0, 498221.5, 512340.0),
        ("Giới tính", "Nữ", "", 530112.0, 544230.5, 530112.0),
        ("Nhóm tuổi", "18 đến 29", "", 210554.0, 180332.25, 210554.0),
        ("Nhóm tuổi", "30 đến 49", "", 455120.0, 470118.25, 455120.0),
        ("Nhóm tuổi", "Từ 50", "", 376778.0, 392001.5, 376778.0),
    ]
    return pd.DataFrame(rows, columns=["margin_vi", "category_vi", "partition", "target", "before", "after"])


def make_pack(seed: int = 2026) -> RoundPack:
    """The made-up round, the same for the same seed."""
    rng = np.random.Generator(np.random.PCG64(seed))
    units = _units()
    rated = units.loc[units["unit_group"] != "", "unit_id"].tolist()
    books = (_rulebook("so"), _rulebook("xa"))
    sheets = _sheets(books, units, rng)
    index = _index()
    responses, rejections = _responses(rated, rng)
    return RoundPack(
        facts=RoundFacts(
            round_id="gia-dinh-2026",
            province_vi="Tỉnh Giả Định",
            year=2026,
            campaign_vi="Đợt điều tra xã hội học năm 2026",
            province_unit_id=PROVINCE,
            result_hash="3f1c9a7b5d2e4860" * 4,
            software_version="0.1.0",
            is_made_up=True,
            log_head="9d41c07be2a35f68",
        ),
        units=units,
        groups={"so": "sở, ban, ngành", "xa": "xã, phường, đặc khu"},
        rulebooks=books,
        results=_results(books, sheets),
        sheets=sheets,
        indices=(index,),
        index_scores=_scores(index, [PROVINCE, *rated], rng),
        surveys=(
            SurveyFacts(
                instrument_id="khao-sat",
                title_vi="Đo lường sự hài lòng",
                index_id="sipas",
                responses=responses,
                rejections=rejections,
                batches=_batches(),
                weights=_weights(rated, rng),
                margins=_margins(),
                draw=DrawFacts("5a" * 32, "6b" * 32, "7c" * 32, "04 17 23 31 40 45", "Xổ số công khai ngày 10/01/2026"),
                method_facts=(MethodFact("Thu thập", "Hạn nhận phiếu", "31/03/2026, giờ Việt Nam"),),
            ),
        ),
        input_hashes=(("Dàn mẫu", "6b" * 32), ("Phiếu đã nhận", "8d" * 32), ("Bảng chấm điểm", "9e" * 32)),
    )


@pytest.fixture(scope="session")
def pack() -> RoundPack:
    return make_pack()


@pytest.fixture(scope="session")
def pack_of_seed() -> Callable[[int], RoundPack]:
    return make_pack


def with_survey(pack: RoundPack, place: int = 0, **changes: Any) -> RoundPack:
    """`pack` with other values in one of its surveys."""
    surveys = list(pack.surveys)
    surveys[place] = replace(surveys[place], **changes)
    return replace(pack, surveys=tuple(surveys))


@pytest.fixture(scope="session")
def resurvey() -> Callable[..., RoundPack]:
    return with_survey


def find_strange_words(texts: Iterable[str]) -> set[str]:
    """Words that are not Vietnamese syllables, abbreviations of the office, or numbers and hashes."""
    strange = set()
    for text in set(texts):
        for word in re.findall(r"[^\W\d_]+", re.sub(r"\b[0-9a-f]*\d[0-9a-f]*\b", "", text.casefold())):
            parts = unicodedata.normalize("NFD", word)
            plain = unicodedata.normalize("NFC", "".join(part for part in parts if part not in TONES))
            if word not in ABBREVIATIONS and (not SYLLABLE.fullmatch(plain) or word in ENGLISH_SYLLABLES):
                strange.add(word)
    return strange


@pytest.fixture(scope="session")
def strange_words() -> Callable[[Iterable[str]], set[str]]:
    return find_strange_words
