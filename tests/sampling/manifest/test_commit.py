"""Sealing, opening, releasing: what is refused before it is published, and what the records hold."""

import re

import pandas as pd
import pytest
from draw_forger import (
    COMMITTED,
    OPENED,
    PARTIES,
    TERMS,
    VALUE,
    Decision,
    alone_rules,
    main_rules,
    new_change,
    plan_for,
    sealed,
    sealed_rows,
    sizes,
    small_frame,
)
from sampled import sampled

from errors import DataError, DesignError, SurveyError
from sampling.frame import canonical_csv, frame_csv
from sampling.manifest import (
    Opening,
    commit_hash,
    draw_csv,
    issued_counts,
    make_manifest,
    new_commit,
    plan_of,
    read_frame_csv,
    reserves_of,
    stages_of,
    verify,
)
from sampling.numbers import canonical_json, sha256_hex
from sampling.selection import StagePlan, after_release

FRAME = frame_csv(small_frame())
PROMISES = tuple((one.name, one.commitment) for one in PARTIES)
OPENINGS = tuple(Opening(one.name, one.nonce, OPENED) for one in PARTIES)


def commit(**changes) -> dict[str, object]:
    usual = {
        "round_id": "gd-2026",
        "plan": plan_for(),
        "frame_file": FRAME,
        "commitments": PROMISES,
        "committed_at": COMMITTED,
    }
    return new_commit(**{**usual, **changes})


def refused(rule: str, act, *args, **kwargs) -> SurveyError:
    with pytest.raises(SurveyError) as caught:
        act(*args, **kwargs)
    assert caught.value.rule == rule
    return caught.value


def with_terms(**changes: str) -> dict[str, object]:
    return {**plan_for(), "public_value": {**TERMS, **changes}}


def test_a_commit_seals_frame_and_plan_and_says_nothing_secret() -> None:
    record = commit()
    assert record["frame_hash"] == sha256_hex(FRAME) and record["frame_rows"] == 60
    assert record["plan_hash"] == sha256_hex(canonical_json(plan_for()))
    assert (record["commit_no"], record["prev_commit_hash"]) == (1, "")
    assert not [one.nonce for one in PARTIES if one.nonce in canonical_json(record)]
    again = commit(previous=[record], committed_at="2026-07-14T09:00:00+07:00")
    assert (again["commit_no"], again["prev_commit_hash"]) == (2, commit_hash(record))


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("verify.parts", {"round_id": ""}),
        ("verify.parts", {"committed_at": "2026-07-13 09:00"}),
        ("verify.parts", {"committed_at": "2026-07-13T09:00:00"}),
        ("verify.parts", {"commitments": PROMISES[:1]}),
        ("verify.parts", {"commitments": (PROMISES[0], ("Mặt trận", "abc"))}),
        ("verify.parts", {"plan": {**plan_for(), "share": 0.1}}),
        ("verify.parts", {"plan": {**plan_for(), "mode": "free"}}),
        ("verify.parts", {"plan": {}}),
        ("verify.times", {"committed_at": TERMS["at"]}),
        ("draw.pattern", {"plan": with_terms(pattern="([0-9]+)+")}),
        ("verify.parties", {"commitments": (PROMISES[0], PROMISES[0])}),
        ("verify.frame_canonical", {"frame_file": FRAME.replace(b"\n", b"\r\n")}),
        ("draw.population", {"frame_file": FRAME.replace(b"U1,U1", b"U2,U2", 1)}),
        ("verify.commit_chain", {"previous": [{**commit(), "round_id": "gd-2025"}]}),
        ("verify.coordination", {"plan": {**plan_for("coordinated")}, "commitments": ()}),
    ],
)
def test_what_could_not_be_verified_is_not_sealed(rule: str, changes: dict[str, object]) -> None:
    if rule == "verify.coordination":
        changes["plan"]["coordination"] = {**changes["plan"]["coordination"], "frame_source": "rated_unit"}
    refused(rule, commit, **changes)


def opened(**changes) -> object:
    usual = {"plan": plan_for(), "frame_file": FRAME, "commits": [commit()], "openings": OPENINGS, "value": VALUE}
    return make_manifest(**{**usual, **changes})


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("draw.nonces", {"openings": OPENINGS[:1]}),
        ("draw.nonces", {"openings": (*OPENINGS, Opening("x", "y", OPENED))}),
        ("verify.commitment", {"openings": (OPENINGS[0], Opening(PARTIES[1].name, "other", OPENED))}),
        ("verify.times", {"openings": (OPENINGS[0], Opening(*vars(PARTIES[1]).values(), TERMS["at"]))}),
        ("verify.times", {"openings": (OPENINGS[0], Opening(*vars(PARTIES[1]).values(), "2026-07-13T08:00:00+07:00"))}),
        ("draw.public_value", {"value": ""}),
        ("draw.line_break", {"value": "48207\n"}),
        ("verify.pattern", {"value": "482071"}),
        ("verify.commit", {"frame_file": FRAME.replace(b"2026-01-05", b"2026-01-06", 1)}),
        ("verify.commit", {"plan": {**plan_for(), "target": "person"}}),
        ("verify.commit_chain", {"commits": []}),
        ("verify.commit_chain", {"commits": [commit(), commit()]}),
    ],
)
def test_what_could_not_be_verified_is_not_drawn(rule: str, changes: dict[str, object]) -> None:
    refused(rule, opened, **changes)


def test_the_list_is_the_one_the_manifest_hashes() -> None:
    manifest, drawn = opened()
    assert manifest.draw_hash == sha256_hex(draw_csv(drawn)) and manifest.draw_rows == len(drawn) == 24
    head, first, *_ = draw_csv(drawn).decode().splitlines()
    assert head == "frame_unit_id,stage,stratum_id,draw_order,is_reserve,prn"
    row = drawn.sort_values("frame_unit_id").iloc[0]
    digest = sha256_hex(f"{manifest.seed}|{row['frame_unit_id']}")
    assert (
        first == f"{row['frame_unit_id']},1,{row['stratum_id']},{row['draw_order']},{int(row['is_reserve'])},{digest}"
    )


def test_a_coordinated_programme_draws_by_its_start() -> None:
    files = sealed("coordinated")
    one = files["manifest"]
    assert one["parties"] == [] and one["public_value"] is None
    assert one["seed"] == sha256_hex("prn1\ncoordinated\nSIPAS 2026-2030\n")
    plan = {**one["plan"], "coordination": {**one["plan"]["coordination"], "start": "8000000000000000"}}
    other = sealed("coordinated", plan)
    assert other["manifest"]["seed"] == one["seed"] and other["manifest"]["draw_hash"] != one["draw_hash"]


def decide(kind: str, count: int, stratum: str = "U0", people: tuple[str, str] = ("Lê A", "Đỗ B")) -> Decision:
    return Decision(kind, stratum, count, "2026-08-01T08:00:00+07:00", "thiếu phiếu", people)


def test_changes_move_the_issued_count_and_the_weights() -> None:
    manifest, drawn = opened()
    facts, plan = manifest.facts(), manifest.plan
    changes: list[dict[str, object]] = []
    for kind, count, expected in (("release", 2, 7), ("withdraw", 1, 6), ("release", 2, 8), ("withdraw", 8, 0)):
        changes.append(new_change(facts, drawn, changes, decide(kind, count)))
        assert issued_counts(plan, changes) == {"U0": expected, "U1": 5, "U2": 5}
        final = after_release(drawn, stages_of(plan)[-1].allocation, issued_counts(plan, changes))
        weights = final.loc[final["stratum_id"] == "U0", "design_weight"].dropna()
        assert len(weights) == expected and weights.sum() == pytest.approx(20 * (expected > 0))
    spans = [(one["first_order"], one["last_order"], len(one["frame_unit_ids"])) for one in changes]
    assert spans == [(6, 7, 2), (7, 7, 1), (7, 8, 2), (1, 8, 8)]
    assert verify(facts, FRAME, reserves=reserves_of(facts, changes)) == []


@pytest.mark.parametrize(
    ("rule", "decision"),
    [
        ("verify.change_beyond", decide("release", 4)),
        ("verify.change_beyond", decide("withdraw", 6)),
        ("verify.change_beyond", decide("release", 0)),
        ("verify.parts", decide("swap", 1)),
        ("verify.change_people", decide("release", 1, people=("Lê A", "LÊ  A"))),
        ("verify.change_people", decide("release", 1, people=("", "Đỗ B"))),
        ("verify.change_stratum", decide("release", 1, "U9")),
        ("verify.change_time", Decision("release", "U0", 1, "2026-07-15T18:00:00+07:00", "x", ("Lê A", "Đỗ B"))),
    ],
)
def test_a_change_that_would_not_verify_is_not_made(rule: str, decision: Decision) -> None:
    manifest, drawn = opened()
    refused(rule, new_change, manifest.facts(), drawn, [], decision)


def test_plan_and_stages_are_one_thing() -> None:
    stages = [StagePlan("pps", sizes({"a": 9}), "size", "must"), StagePlan("srs", sizes({"b": 4, "c": 5}))]
    plan = plan_of(["x"], stages, id_key="k", public_value=TERMS, window_start="2026-01-01")
    assert plan["window_start"] == "2026-01-01"
    for before, after in zip(stages, stages_of(plan), strict=True):
        assert (before.method, before.size, before.forced, after.start) == (
            after.method,
            after.size,
            after.forced,
            None,
        )
        columns = ["stratum_id", "pop_size", "sample_size", "reserve_size"]
        pd.testing.assert_frame_equal(before.allocation[columns], after.allocation[columns], check_dtype=False)
    assert sha256_hex(canonical_json(plan)) == sha256_hex(
        canonical_json(plan_of(["x"], stages, id_key="k", public_value=dict(TERMS), window_start="2026-01-01"))
    )


@pytest.mark.parametrize("text", ['a "b"', "a,b", "a\nb", " a", "", "Đ", "NA", "null", "0012", "1.10"])
def test_a_frame_is_read_back_as_it_was_written(text: str) -> None:
    frame = pd.DataFrame({"frame_unit_id": ["b", "a"], "x": [text, "y"]}, dtype="str")
    content = canonical_csv(frame, ["frame_unit_id", "x"], "frame_unit_id")
    assert read_frame_csv(content)["x"].tolist() == ["y", text]


@pytest.mark.parametrize(
    "content",
    [
        b"frame_unit_id,x\r\na,1\r\n",
        b"\xef\xbb\xbfframe_unit_id,x\na,1\n",
        b"frame_unit_id,x\na,1",
        b"frame_unit_id,x\nb,1\na,1\n",
        b'frame_unit_id,x\na,"1"\n',
        b"frame_unit_id,x\n\na,1\n",
        b"frame_unit_id,x\na,1,2\n",
        b"frame_unit_id,frame_unit_id\na,1\n",
        b"frame_unit_id,x\na,\xff\n",
        b"frame_unit_id,x\n",
        b"id,x\na,1\n",
        b"",
    ],
)
def test_only_the_canonical_form_is_read(content: bytes) -> None:
    with pytest.raises(DataError) as caught:
        read_frame_csv(content)
    assert caught.value.rule == "verify.frame_canonical"


def test_many_rows_are_verified_by_both() -> None:
    files = sealed_rows(sampled(20_000, 200_000))
    assert main_rules(files) == []
    assert alone_rules(files) == []


def test_the_outsider_is_told_of_a_repeated_seal() -> None:
    files = sealed()
    files["commit"] = files["manifest"]["commits"][0]
    (fault,) = verify(files["manifest"], files["frame"], commit=files["commit"])
    assert fault.rule == "verify.kept_commit"
    assert re.fullmatch("[0-9a-f]{64}", fault.expected) and fault.expected == commit_hash(files["commit"])


def test_errors_are_ours() -> None:
    assert isinstance(refused("verify.parts", commit, plan={}), DesignError)
