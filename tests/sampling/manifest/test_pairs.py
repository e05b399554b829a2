"""Who rates whom: the plan fixes it, the stand-alone file draws the same pairs and refuses the same lists."""

import pandas as pd
import pytest
from draw_forger import ALONE, GIVEN, alone_rules, main_rules, plan_for, rater_plan, reseal, sealed, sealed_raters
from hypothesis import event, given, settings
from hypothesis import strategies as st
from sampled import sampled

from errors import FaultsFound, SurveyError
from sampling.frame import canonical_csv
from sampling.manifest import plan_pairs_csv, read_frame_csv, verify
from sampling.numbers import sha256_hex

SEED = "0123456789abcdef" * 4
UNITS, KINDS, GROUPS = ("S1", "S2", "Xã, 1", "X2"), ("so", "xa"), ("HD", "LD", "Đ")
HEADER = b"rater_id,rated_unit_id,rater_group,pattern\n"


def frame_of(people: list[tuple[str, str]]) -> bytes:
    """people: group and own unit of each."""
    frame = pd.DataFrame(people, columns=["nhóm", "own"], dtype="str")
    frame["frame_unit_id"] = [f'cán bộ "{k:02d}"' for k in range(len(people))]
    return canonical_csv(frame, ["frame_unit_id", "nhóm", "own"], "frame_unit_id")


def plan_of_raters(quotas: list[tuple[object, ...]], rated: list[tuple[str, str]]) -> dict[str, object]:
    names = ("rater_group", "unit_group", "rated_unit_id", "pattern", "quota", "exclude_own", "short_list")
    return {
        "quotas": [dict(zip(names, row, strict=True)) for row in quotas],
        "rated_units": [{"rated_unit_id": unit, "unit_group": kind} for unit, kind in rated],
        "rater_columns": {"rater_group": "nhóm", "own_unit_id": "own"},
    }


def both(frame: bytes, plan: dict[str, object], seed: str) -> tuple[bytes | None, bytes | None]:
    """pairs.csv of the package and of the stand-alone file; None where the lists are refused."""
    try:
        main = plan_pairs_csv(plan, read_frame_csv(frame), seed)
    except SurveyError:
        main = None
    pairs = ALONE.Case({"plan": plan, "seed": seed}, frame).try_to(ALONE.redraw_pairs)
    alone = None if isinstance(pairs, str) else HEADER + ALONE.csv_bytes([list(one) for one in pairs])
    return main, alone


@st.composite
def lists(draw) -> tuple[bytes, dict[str, object]]:
    """Lists of one to three groups, rated units, a matrix that mostly fits them."""
    groups = draw(st.lists(st.sampled_from(GROUPS), min_size=1, unique=True))
    people = [(group, one) for group in groups for one in draw(st.lists(st.sampled_from(["", *UNITS]), min_size=3))]
    rated = [(one, draw(st.sampled_from(KINDS))) for one in draw(st.permutations(UNITS))]
    rules = st.tuples(
        st.sampled_from(["each", "all"]),
        st.sampled_from([0, 1, 2, 3, 4, 9]),
        st.booleans(),
        st.sampled_from(["census", "census", "census", "fail"]),
    )
    kinds = sorted({kind for _, kind in rated})
    quotas = [(group, kind, "", *draw(rules)) for group in groups for kind in kinds]
    quotas += [(draw(st.sampled_from(groups)), "", one, *draw(rules)) for one in draw(st.sets(st.sampled_from(UNITS)))]
    stranger = draw(
        st.sampled_from([None] * 8 + [("XX", "so", ""), ("HD", "", "S9"), ("HD", "so", "S1"), ("HD", "", "")])
    )
    quotas += [(*stranger, "each", 1, True, "census")] if stranger else []
    return frame_of(people), plan_of_raters(draw(st.permutations(quotas)), rated)


@pytest.mark.full
@settings(max_examples=sampled(20, 60))
@given(lists(), st.integers(0, 2**32))
def test_both_draw_the_same_pairs_or_refuse_the_same_lists(made, number: int) -> None:
    main, alone = both(*made, sha256_hex(str(number)))
    event("refused" if main is None else "drawn")
    assert main == alone


def test_pairs_by_hand() -> None:
    """Two patterns and the quota of one unit, straight from the words of the method."""
    people = [("HD", unit) for unit in ("", "S1", "S2", "", "X2")] + [("LD", unit) for unit in ("S1", "S1", "S2", "")]
    ids = [f'cán bộ "{k:02d}"' for k in range(9)]
    own = {one: unit for one, (_, unit) in zip(ids, people, strict=True)}
    rows = [("HD", "so", "", "all", 3, True, "fail"), ("LD", "so", "", "each", 2, True, "fail")]
    rows += [("LD", "", "S2", "each", 3, False, "fail")]
    first = sorted(ids[:5], key=lambda one: sha256_hex(f"{SEED}|{one}"))[:3]
    pairs = [(one, unit, "HD", "all") for one in first for unit in ("S1", "S2") if own[one] != unit]
    for unit, n, may in (("S1", 2, ids[7:]), ("S2", 3, ids[5:])):
        seed = sha256_hex(f"{SEED}|pairs:{unit}")
        pairs += [(one, unit, "LD", "each") for one in sorted(may, key=lambda one: sha256_hex(f"{seed}|{one}"))[:n]]
    expected = HEADER.decode() + "".join(
        ",".join(['"' + rater.replace('"', '""') + '"', *rest]) + "\n" for rater, *rest in sorted(pairs)
    )
    assert {unit for _, unit, *_ in pairs} == {"S1", "S2"} and len(pairs) >= 9
    main, alone = both(frame_of(people), plan_of_raters(rows, [("S2", "so"), ("S1", "so")]), SEED)
    assert main == alone == expected.encode()


TWO = [("HD", ""), ("HD", "S1"), ("LD", "S1")]
RATED = [("S1", "so"), ("S2", "so")]
WHOLE = [("HD", "so", "", "each", 1, True, "census"), ("LD", "so", "", "each", 0, True, "census")]
ONE_UNIT = ("LD", "", "S1", "each", 1, True, "census")


@pytest.mark.parametrize(
    ("quotas", "rated", "rules"),
    [
        (WHOLE, RATED, []),
        (WHOLE[:1], RATED, ["pairs.no_quota"]),
        ([*WHOLE, ("PX", "so", "", "each", 1, True, "census")], RATED, ["pairs.unknown"]),
        ([*WHOLE, ("LD", "xa", "", "each", 1, True, "census")], RATED, ["pairs.unknown"]),
        ([*WHOLE, ("LD", "", "S3", "each", 1, True, "census")], RATED, ["pairs.unknown"]),
        ([*WHOLE, ("LD", "so", "S1", "each", 0, True, "census")], RATED, ["pairs.target"]),
        ([*WHOLE, ("LD", "", "", "each", 1, True, "census")], RATED, ["pairs.target"]),
        ([*WHOLE, WHOLE[0]], RATED, ["pairs.repeated"]),
        (WHOLE, [*RATED, RATED[0]], ["pairs.repeated"]),
        (WHOLE, [*RATED, ("X1", "xa")], ["pairs.unrated"]),
        ([*WHOLE, ONE_UNIT], RATED, ["pairs.empty_list"]),
        ([("HD", "so", "", "each", 2, True, "fail"), WHOLE[1]], RATED, ["pairs.short_list"]),
        ([("HD", "so", "", "all", 2, True, "fail"), WHOLE[1]], RATED, []),
        ([("HD", "so", "", "all", 3, True, "fail"), WHOLE[1]], RATED, ["pairs.short_list"]),
    ],
)
def test_lists_that_cannot_be_drawn_from_are_refused_by_both(quotas, rated, rules) -> None:
    frame, plan = frame_of(TWO), plan_of_raters(quotas, rated)
    main, alone = both(frame, plan, SEED)
    assert main == alone and (main is None) == bool(rules)
    if rules:
        with pytest.raises(FaultsFound) as caught:
            plan_pairs_csv(plan, read_frame_csv(frame), SEED)
        assert sorted({one.rule for one in caught.value.faults}) == rules


@pytest.mark.full
def test_a_list_whose_first_people_sit_in_the_unit_gives_a_file_without_pairs() -> None:
    """`all` takes its people before it looks where they sit."""
    people, rows = [("HD", "S1"), ("HD", "")], [("HD", "so", "", "all", 1, True, "census")]
    found = {both(frame_of(people), plan_of_raters(rows, [("S1", "so")]), sha256_hex(str(k))) for k in range(20)}
    assert (HEADER, HEADER) in found and len(found) == 2 and all(main == alone for main, alone in found)


@pytest.mark.parametrize("part", ["quotas", "rated_units", "rater_columns"])
def test_a_plan_says_all_about_raters_or_nothing(part: str) -> None:
    files = sealed_raters()
    del files["manifest"]["plan"][part]
    assert main_rules(files) == alone_rules(files) == ["verify.parts"]
    found = {fault.column for fault in verify(files["manifest"], files["frame"])}
    assert found == {f"plan.{part}"}


def test_nothing_can_be_sealed_that_no_list_can_meet() -> None:
    plan = rater_plan()
    plan["quotas"][1]["quota"] = 31
    with pytest.raises(FaultsFound) as caught:
        sealed(plan=plan, frame=sealed_raters()["frame"])
    assert [one.rule for one in caught.value.faults] == ["pairs.short_list"]


def test_a_fault_names_what_is_wrong_with_the_lists() -> None:
    files = sealed_raters()
    files["manifest"]["plan"]["rated_units"].append({"rated_unit_id": "X1", "unit_group": "huyện"})
    faults = verify(reseal(files, keep="pairs")["manifest"], files["frame"])
    assert [(one.rule, one.column, one.got, one.values["reason"]) for one in faults] == [
        ("verify.drawable", "rated_unit_id", "X1", "pairs.unrated")
    ]


def test_a_round_without_quotas_has_no_pairs() -> None:
    files = sealed()
    assert files["manifest"]["pairs_hash"] == "" and files["pairs"] is None
    assert not {"quotas", "rated_units", "rater_columns"} & set(plan_for())


@pytest.mark.full
def test_the_file_of_an_outsider_is_held_against_the_draw() -> None:
    files = sealed_raters()
    assert files["manifest"]["pairs_hash"] == sha256_hex(files["pairs"])
    files["pairs"] += b"\n"
    faults = verify(*(files[name] for name in GIVEN[:2]), pairs_file=files["pairs"])
    assert [(one.rule, one.column, one.expected) for one in faults] == [
        ("verify.pairs_hash", "pairs.csv", files["manifest"]["pairs_hash"])
    ]
