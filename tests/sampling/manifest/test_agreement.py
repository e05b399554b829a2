"""The stand-alone file draws what the package draws, and refuses what it refuses: random frames, plans and seeds."""

import random
import unicodedata
from collections import Counter

import pandas as pd
import pytest
from draw_forger import ALONE, alone_rules, main_rules, plan_for, sealed, sizes

from errors import SurveyError
from sampling.frame import canonical_csv
from sampling.manifest import draw_csv, draw_plan, plan_of, read_frame_csv
from sampling.numbers import sha256_hex
from sampling.selection import StagePlan

PIECES = ["ă", "Đ", "ệ", "a", "Z", "0", " ", '"', ",", "'", ";", "|", "𝔘", "ß", "中", "-"]
UNIT = 'unit, "tên"'
ORDER_SAMPLING = ("pareto", "sequential_poisson")
NEAR_ONE = [["1.0000000000000", "0.5", "0.5000000000001"], ["1", "0.5", "0.5"], ["1.0000000000001", "0.5", "0.5"]]


def word(chance: random.Random) -> str:
    text = "".join(chance.choices(PIECES, k=chance.randint(1, 6)))
    return unicodedata.normalize("NFC", text).strip() or "x"


def size_text(chance: random.Random, spread: int) -> str:
    number = str(chance.randint(1, 10**spread) if spread else chance.randint(50, 99))
    return (
        number + "." + "".join(chance.choices("0123456789", k=chance.randint(1, 12)))
        if chance.random() < 0.5
        else number
    )


def units(chance: random.Random, stage: int, parents: list[str], method: str) -> list[dict[str, str]]:
    """One row a unit of a stage; the strata of stage 1 are columns, below the parent is the stratum."""
    rows, spread = [], chance.choice([0, 1, 3, 6] if method == "pps" else [0])
    for number, parent in enumerate(parents):
        count = chance.randint(30, 36) if method in ORDER_SAMPLING else chance.randint(1, 30 if stage == 1 else 8)
        sizes = [size_text(chance, spread) for _ in range(count)]
        if method == "pps" and chance.random() < 0.2:
            sizes = list(chance.choice(NEAR_ONE))
        for one, size in enumerate(sizes):
            identity = f"{word(chance)} {stage}.{number}.{one}"
            unit = parent if stage == 1 else "-"
            forced = "1" if chance.random() < 0.05 else "0"
            rows.append(
                {
                    "frame_unit_id": identity,
                    "psu_id": identity,
                    "stage": str(stage),
                    "parent_id": "" if stage == 1 else parent,
                    UNIT: unit,
                    "kind": "k",
                    "measure": size,
                    "must": forced,
                }
            )
    return rows


def random_round(chance: random.Random) -> tuple[bytes, dict[str, object]]:
    """A canonical frame of one to three stages and a plan for it, mostly drawable."""
    coordinated = chance.random() < 0.35
    depth = chance.choice([1, 1, 1, 1, 2, 2, 3])
    parents = sorted({word(chance) for _ in range(chance.randint(1, 4))})
    rows, stages = [], []
    for stage in range(1, depth + 1):
        method = chance.choice((["srs"], ["srs", *ORDER_SAMPLING])[stage < 3] if coordinated else ["srs", "pps", "pps"])
        own = units(chance, stage, parents, method)
        rows += own
        counts = Counter(f"{row[UNIT]}|{row['kind']}" if stage == 1 else row["parent_id"] for row in own)
        allocation = []
        for stratum, count in counts.items():
            is_order = method in ORDER_SAMPLING
            sample = chance.randint(11, 14) if is_order else chance.randint(1, count)
            reserve = chance.randint(0, 3 if is_order else count - sample) if stage == depth else 0
            allocation.append((stratum, count, sample, reserve))
        table = pd.DataFrame(allocation, columns=["stratum_id", "pop_size", "sample_size", "reserve_size"])
        size = None if method == "srs" else "measure"
        forced = "must" if chance.random() < 0.3 else None
        stages.append(StagePlan(method, table.assign(method=method), size, forced))
        parents = [row["frame_unit_id"] for row in own]
    start = {"programme": word(chance), "frame_source": "office", "start": f"{chance.getrandbits(64):016x}"}
    terms = {"source": "x", "at": "2026-07-15T18:30:00+07:00", "pattern": "[0-9]+"}
    kind = {"coordination": start} if coordinated else {"public_value": terms}
    plan = plan_of([UNIT, "kind"], stages, id_key="k", **kind)
    frame = pd.DataFrame(rows)
    return canonical_csv(frame, list(frame.columns), "frame_unit_id"), plan


def both_draw(frame: bytes, plan: dict[str, object], seed: str) -> tuple[bytes | None, bytes | None]:
    try:
        main = draw_csv(draw_plan(plan, read_frame_csv(frame), seed))
    except SurveyError:
        main = None
    case = ALONE.Case({"plan": plan, "seed": seed}, frame)
    rows = case.drawn()
    if isinstance(rows, str):
        return main, None
    head = ["frame_unit_id", "stage", "stratum_id", "draw_order", "is_reserve", "prn"]
    return main, ALONE.csv_bytes([head, *([str(cell) for cell in row] for row in rows)])


def agree(first: int, last: int) -> Counter[str]:
    """Compare the draws of these random rounds; what was drawn, to see that nothing is left out."""
    seen: Counter[str] = Counter()
    for number in range(first, last):
        chance = random.Random(number)
        frame, plan = random_round(chance)
        main, alone = both_draw(frame, plan, sha256_hex(str(number)))
        assert main == alone, f"round {number}"
        seen["refused" if main is None else "drawn"] += 1
        if main is not None:
            seen.update({stage["method"] for stage in plan["stages"]})
            seen[f"stages {len(plan['stages'])}"] += 1
            seen["forced"] += any(stage["forced"] for stage in plan["stages"])
            seen["reserve"] += any(one["reserve_size"] for one in plan["stages"][-1]["allocation"])
    return seen


@pytest.mark.full
def test_both_draw_the_same_cases() -> None:
    seen = agree(0, 80)
    wanted = ("srs", "pps", "pareto", "sequential_poisson", "stages 1", "stages 2", "stages 3", "forced", "reserve")
    assert [kind for kind in wanted if not seen[kind]] == []
    assert seen["drawn"] >= 30


@pytest.mark.slow
def test_both_draw_the_same_cases_a_thousand_times() -> None:
    assert agree(1_000, 3_000)["drawn"] >= 1_000


def test_sizes_within_a_hair_of_certainty_are_decided_exactly() -> None:
    """(n - c) x / X = 1 - 5e-14, 1 and 1 + 5e-14: certain from 1 on."""
    drawn = {}
    for number, texts in enumerate(NEAR_ONE):
        rows = [{"frame_unit_id": f"{k}", "psu_id": f"{k}", "u": "a", "measure": size} for k, size in enumerate(texts)]
        frame = canonical_csv(pd.DataFrame(rows), ["frame_unit_id", "psu_id", "u", "measure"], "frame_unit_id")
        table = pd.DataFrame({"stratum_id": ["a"], "pop_size": 3, "sample_size": 2, "reserve_size": 0, "method": "pps"})
        terms = {"source": "x", "at": "2026-07-15T18:30:00+07:00", "pattern": "[0-9]+"}
        plan = plan_of(["u"], [StagePlan("pps", table, "measure")], id_key="k", public_value=terms)
        main, alone = both_draw(frame, plan, sha256_hex("seed"))
        assert main == alone
        rows = draw_plan(plan, read_frame_csv(frame), sha256_hex("seed")).set_index("frame_unit_id")
        drawn[number] = bool(rows["is_certain"].get("0", False))
    assert drawn == {0: False, 1: True, 2: True}


def one_stratum(method: str, sample: int, mark: str = "0") -> tuple[bytes, dict[str, object]]:
    rows = [{"frame_unit_id": f"{k:02d}", "psu_id": "p", "u": "a", "measure": f"{50 + k}"} for k in range(40)]
    frame = pd.DataFrame(rows).assign(must=["0", mark] * 20)
    table = sizes({"a": 40}, sample, 2)
    stages = [StagePlan(method, table, None if method == "srs" else "measure", "must")]
    plan = plan_for("fresh" if method == "pps" else "coordinated", stages)
    return canonical_csv(frame, list(frame.columns), "frame_unit_id"), {**plan, "stratum_parts": ["u"]}


@pytest.mark.parametrize("method", ORDER_SAMPLING)
@pytest.mark.parametrize(("sample", "is_drawn"), [(9, False), (10, True)])
def test_order_sampling_needs_ten_units_left_to_chance(method: str, sample: int, is_drawn: bool) -> None:
    main, alone = both_draw(*one_stratum(method, sample), sha256_hex("seed"))
    assert main == alone and (main is not None) == is_drawn


@pytest.mark.parametrize("method", ["srs", "pps", *ORDER_SAMPLING])
@pytest.mark.parametrize("mark", ["", "2", "yes", "01", " 1"])
def test_marks_of_forced_units_are_0_or_1(method: str, mark: str) -> None:
    assert both_draw(*one_stratum(method, 25, mark), sha256_hex("seed")) == (None, None)


def test_borders_of_the_systematic_draw_by_hand() -> None:
    """Four units of size 1, two drawn: intervals [0, 2) [2, 4) [4, 6) [6, 8); points S, S + 4; S = floor(4U/2^64)."""
    ids, one = list("abcd"), dict.fromkeys("abcd", 1)
    found = ["".join(ALONE.systematic(ids, one, 2, quarter * 2**62)) for quarter in range(4)]
    assert found == ["ac", "ac", "bd", "bd"]
    assert ALONE.systematic(ids, one, 2, 2**63 - 1) == ["a", "c"]  # S = 1, and 2 when U is made a float


def test_intervals_wider_than_a_float_holds() -> None:
    size = {"a": 10**30, "b": 10**30 + 1, "c": 1}
    total = 2 * 10**30 + 2
    last = (10**30 * 2**64) // total  # the largest start that still falls on a
    assert last * total // 2**64 < 10**30 <= (last + 1) * total // 2**64
    assert ALONE.systematic(["a", "b", "c"], size, 1, last) == ["a"]
    assert ALONE.systematic(["a", "b", "c"], size, 1, last + 1) == ["b"]


def test_ranks_nearer_than_floats_tell_apart() -> None:
    words, size = {"b": 2**60, "a": 3 * 2**60 - 1}, {"b": 1, "a": 3}
    assert float(words["a"]) / size["a"] == float(words["b"]) / size["b"]
    assert ALONE.ranked(["b", "a"], size, 1, words, "sequential_poisson") == ["a"]


def test_a_whole_round_in_stages_agrees_from_commit_to_reserves() -> None:
    rows = [
        {"frame_unit_id": f"xã {k}", "stage": "1", "parent_id": "", "unit_id": "tỉnh", "size": f"{k + 1}.5"}
        for k in range(6)
    ]
    rows += [
        {"frame_unit_id": f"hồ sơ {k}.{n}", "stage": "2", "parent_id": f"xã {k}", "unit_id": "-", "size": "1"}
        for k in range(6)
        for n in range(9)
    ]
    frame = pd.DataFrame(rows).assign(psu_id="p")
    columns = ["stratum_id", "pop_size", "sample_size", "reserve_size"]
    first = pd.DataFrame([("tỉnh", 6, 3, 0)], columns=columns).assign(method="pps")
    second = pd.DataFrame([(f"xã {k}", 9, 4, 2) for k in range(6)], columns=columns).assign(method="srs")
    plan = plan_for(stages=[StagePlan("pps", first, "size"), StagePlan("srs", second)])
    files = sealed(plan=plan, frame=canonical_csv(frame, list(frame.columns), "frame_unit_id"))
    assert main_rules(files) == alone_rules(files) == []
    assert files["manifest"]["draw_rows"] == 3 + 3 * 6
