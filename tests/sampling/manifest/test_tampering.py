"""Every tampering is named, by both verifiers, by the one check made for it: without that check it goes unseen."""

import copy
import functools

import pytest
from draw_forger import (
    ALONE,
    alone_rules,
    copied,
    main_rules,
    plan_for,
    rechain,
    reseal,
    sealed,
    sealed_raters,
    sizes,
)

from sampling.manifest import CHECKS, Party, commit_hash, programme_seed
from sampling.numbers import canonical_json, sha256_hex
from sampling.selection import StagePlan


@functools.cache
def _honest(mode: str) -> dict[str, object]:
    return sealed_raters() if mode == "raters" else sealed(mode)


def honest(mode: str = "fresh") -> dict[str, object]:
    return copied(_honest(mode))


def change(files: dict[str, object], path: str, value: object) -> dict[str, object]:
    """Set one part: manifest.plan.stages.0.method."""
    *steps, last = path.split(".")
    part = files
    for step in steps:
        part = part[int(step)] if step.isdigit() else part[step]
    part[int(last) if last.isdigit() else last] = value
    return files


TAMPERINGS = []


def tampering(rule: str, mode: str = "fresh"):
    def keep(function):
        TAMPERINGS.append(pytest.param(rule, mode, function, id=function.__name__))
        return function

    return keep


@tampering("verify.format")
def manifest_of_another_format(files):
    return change(files, "manifest.format", "prn2")


@tampering("verify.format")
def commit_of_another_format(files):
    files["manifest"]["commits"][-1]["format"] = "prn1"
    rechain(files)
    return files


@tampering("verify.format")
def reserves_of_another_format(files):
    return change(files, "reserves.format", "prn1")


@tampering("verify.parts")
def a_part_nobody_declared(files):
    return change(files, "manifest.note", "text")


@tampering("verify.parts")
def a_number_that_is_a_boolean(files):
    first, second = files["manifest"]["commits"]
    first["commit_no"] = True
    second["prev_commit_hash"] = commit_hash(first)
    files["commit"] = copy.deepcopy(second)
    return files


@tampering("verify.parts")
def a_fraction_in_the_plan(files):
    files["manifest"]["plan"]["share"] = 0.5
    return reseal(files)


@tampering("verify.parts")
def a_control_character_in_a_nonce(files):
    files["manifest"]["parties"][0]["nonce"] = "một\tsố"
    return reseal(files)


@tampering("verify.parts")
def a_change_without_a_reason(files):
    return change(files, "reserves.changes.0.reason", "")


@tampering("verify.coordination", "coordinated")
def coordinated_on_the_frame_of_the_rated_unit(files):
    files["manifest"]["plan"]["coordination"]["frame_source"] = "rated_unit"
    return reseal(files)


@tampering("verify.plan_hash")
def another_id_key(files):
    return change(files, "manifest.plan.id_key", "khóa 2026-2")


@tampering("verify.plan_hash")
def another_hash_of_the_plan_sealed(files):
    files["manifest"]["plan_hash"] = "0" * 64
    return reseal(files, keep="plan_hash")


@tampering("verify.frame_hash")
def a_changed_frame_byte(files):
    files["frame"] = files["frame"].replace(b"2026-01-05", b"2026-01-06", 1)
    return files


@tampering("verify.frame_hash")
def a_changed_frame_byte_and_a_forged_draw(files):
    files["frame"] = files["frame"].replace(b"U1,U1", b"U1,U2", 1)
    return reseal(files, keep="frame_hash")


@tampering("verify.frame_canonical")
def rows_in_another_order(files):
    head, *rows = files["frame"].splitlines(keepends=True)
    files["frame"] = b"".join([head, *reversed(rows)])
    return reseal(files)


@tampering("verify.frame_canonical")
def windows_line_ends(files):
    files["frame"] = files["frame"].replace(b"\n", b"\r\n")
    return reseal(files)


@tampering("verify.frame_canonical")
def needless_quotes(files):
    files["frame"] = files["frame"].replace(b",done\n", b',"done"\n', 1)
    return reseal(files)


@tampering("verify.frame_rows")
def another_count_of_rows_sealed(files):
    files["manifest"]["frame_rows"] = 61
    return reseal(files)


@tampering("verify.parties")
def one_party_twice(files):
    files["manifest"]["parties"][1]["name"] = files["manifest"]["parties"][0]["name"]
    return reseal(files)


@tampering("verify.commitment")
def another_nonce_than_promised(files):
    files["manifest"]["parties"][0]["nonce"] += "x"
    return reseal(files, keep="commitment")


@tampering("verify.commit_chain")
def the_first_commit_hidden(files):
    del files["manifest"]["commits"][0]
    return files


@tampering("verify.commit_chain")
def the_first_commit_replaced(files):
    files["manifest"]["commits"][0]["committed_at"] = "2026-07-10T08:00:01+07:00"
    return files


@tampering("verify.commit_chain")
def a_number_skipped(files):
    files["manifest"]["commits"][1]["commit_no"] = 3
    rechain(files, keep="chain")
    return files


@tampering("verify.commit_chain")
def a_commit_of_another_round_before(files):
    first, second = files["manifest"]["commits"]
    first["round_id"] = "gd-2025"
    second["prev_commit_hash"] = commit_hash(first)
    rechain(files, keep="chain commit_fields")
    return files


@tampering("verify.commit_chain")
def commits_that_go_back_in_time(files):
    files["manifest"]["commits"][0]["committed_at"] = "2026-07-14T08:00:00+07:00"
    rechain(files)
    return files


@tampering("verify.commit")
def a_commit_of_other_rows(files):
    files["manifest"]["commits"][-1]["frame_rows"] = 59
    rechain(files, keep="commit_fields")
    return files


@tampering("verify.commit")
def a_frame_swapped_after_the_commit(files):
    files["frame"] = files["frame"].replace(b"2026-01-05", b"2026-01-06", 1)
    return reseal(files, keep="commit_fields")


@tampering("verify.commit")
def a_plan_swapped_after_the_commit(files):
    files["manifest"]["plan"]["stages"][0]["allocation"][0]["sample_size"] = 6
    return reseal(files, keep="commit_fields")


@tampering("verify.commit")
def a_promise_swapped_after_the_commit(files):
    files["manifest"]["parties"][0]["nonce"] += "x"
    return reseal(files, keep="commit_fields")


@tampering("verify.kept_commit")
def sealed_again_in_secret(files):
    """Everything agrees with itself: only the record somebody kept tells that another one had been published."""
    files["manifest"]["plan"]["stages"][0]["allocation"][0]["sample_size"] = 6
    return reseal(files, keep="kept")


@tampering("verify.kept_commit")
def the_kept_commit_is_an_earlier_one(files):
    files["commit"] = copy.deepcopy(files["manifest"]["commits"][0])
    return files


@tampering("verify.times")
def a_nonce_opened_after_the_public_draw(files):
    return change(files, "manifest.parties.0.opened_at", "2026-07-15T18:30:01+07:00")


@tampering("verify.times")
def a_nonce_opened_at_the_public_draw_in_another_zone(files):
    return change(files, "manifest.parties.1.opened_at", "2026-07-15T11:30:00Z")


@tampering("verify.times")
def a_nonce_opened_before_the_commit(files):
    return change(files, "manifest.parties.0.opened_at", "2026-07-13T08:59:59+07:00")


@tampering("verify.times")
def committed_after_the_public_draw(files):
    files["manifest"]["commits"][-1]["committed_at"] = "2026-07-15T18:31:00+07:00"
    rechain(files)
    return files


def _other_terms(files, name, value):
    files["manifest"]["commits"][-1]["public_value"][name] = value
    rechain(files)
    return files


@tampering("verify.public_terms")
def another_source_in_the_commit(files):
    return _other_terms(files, "source", "Xổ số miền Nam")


@tampering("verify.public_terms")
def another_pattern_in_the_commit(files):
    return _other_terms(files, "pattern", "[0-9]{6}")


@tampering("verify.public_terms")
def another_time_in_the_commit(files):
    return _other_terms(files, "at", "2026-07-16T18:30:00+07:00")


@tampering("verify.public_terms")
def another_time_in_the_manifest(files):
    return change(files, "manifest.public_value.at", "2026-07-16T18:30:00+07:00")


@tampering("verify.public_terms")
def another_source_in_the_plan(files):
    files["manifest"]["plan"]["public_value"]["source"] = "Xổ số miền Trung"
    return reseal(files)


@tampering("verify.pattern")
def a_value_of_another_form(files):
    files["manifest"]["public_value"]["value"] = files["value"] = "48207 "
    return reseal(files)


@tampering("verify.pattern")
def digits_of_another_script(files):
    files["manifest"]["public_value"]["value"] = files["value"] = "４８２０７"
    return _pattern(files, "\\d{5}")


def _pattern(files, pattern):
    for record in (files["manifest"], files["manifest"]["plan"], *files["manifest"]["commits"]):
        record["public_value"]["pattern"] = pattern
    return reseal(files)


@tampering("verify.pattern")
def a_pattern_that_is_none(files):
    return _pattern(files, "[0-9")


@tampering("verify.pattern")
def a_pattern_that_would_take_years(files):
    files["manifest"]["public_value"]["value"] = files["value"] = "1" * 60 + "x"
    return _pattern(files, "([0-9]+)+")


@tampering("verify.public_value")
def another_value_than_in_the_newspaper(files):
    files["manifest"]["public_value"]["value"] = "48208"
    return reseal(files)


@tampering("verify.seed")
def a_chosen_seed(files):
    files["manifest"]["seed"] = "f" * 64
    return reseal(files, keep="seed")


@tampering("verify.seed", "coordinated")
def a_chosen_seed_for_the_programme(files):
    files["manifest"]["seed"] = programme_seed("SIPAS 2026-2031")
    return reseal(files, keep="seed")


@tampering("verify.drawable")
def a_row_dropped_and_all_resealed(files):
    files["frame"] = files["frame"].replace(files["frame"].splitlines(keepends=True)[7], b"")
    files["manifest"]["frame_rows"] = 59
    return reseal(files, keep="draw")


@tampering("verify.drawable")
def a_row_added_and_all_resealed(files):
    last = files["frame"].splitlines(keepends=True)[-1]
    files["frame"] += last.replace(b"-059", b"-060")
    files["manifest"]["frame_rows"] = 61
    return reseal(files, keep="draw")


@tampering("verify.drawable")
def an_id_twice_and_all_resealed(files):
    head, first, _, *rows = files["frame"].splitlines(keepends=True)
    files["frame"] = b"".join([head, first, first, *rows])
    return reseal(files, keep="draw")


@tampering("verify.drawable")
def another_stratum_label_and_all_resealed(files):
    files["manifest"]["plan"]["stages"][0]["allocation"][0]["stratum_id"] = "U9"
    return reseal(files, keep="draw")


@tampering("verify.drawable")
def a_column_the_frame_does_not_have(files):
    files["manifest"]["plan"]["stratum_parts"] = ["district"]
    return reseal(files, keep="draw")


@tampering("verify.draw_hash")
def another_list(files):
    files["reserves"] = None
    return change(files, "manifest.draw_hash", "0" * 64)


@tampering("verify.draw_hash")
def another_count_of_drawn_cases(files):
    return change(files, "manifest.draw_rows", 25)


@tampering("verify.draw_hash")
def a_changed_id_and_all_resealed_but_the_list(files):
    files["frame"] = files["frame"].replace("hồ sơ-000".encode(), "hồ sơ-00".encode())
    files["manifest"]["draw_hash"] = sha256_hex("another list")
    return reseal(files, keep="draw")


@tampering("verify.plan_hash", "raters")
def another_quota(files):
    return reseal(change(files, "manifest.plan.quotas.1.quota", 5), keep="plan_hash")


@tampering("verify.plan_hash", "raters")
def another_rated_unit(files):
    return reseal(change(files, "manifest.plan.rated_units.0.rated_unit_id", "NHA"), keep="plan_hash")


@tampering("verify.plan_hash", "raters")
def another_group_of_a_rated_unit(files):
    for one in files["manifest"]["plan"]["rated_units"]:
        one["unit_group"] = "so" if one["rated_unit_id"] == "U0" else "xa"
    return reseal(files, keep="plan_hash")


@tampering("verify.plan_hash", "raters")
def quotas_of_two_groups_of_raters_exchanged(files):
    for one in files["manifest"]["plan"]["quotas"]:
        one["rater_group"] = {"LD": "HD", "HD": "LD"}[one["rater_group"]]
    return reseal(files, keep="plan_hash")


@tampering("verify.parts", "raters")
def a_note_beside_a_rated_unit(files):
    files["manifest"]["plan"]["rated_units"][0]["note"] = "text"
    return reseal(files)


@tampering("verify.drawable", "raters")
def a_group_of_raters_without_a_quota_and_all_resealed(files):
    files["manifest"]["plan"]["quotas"] = files["manifest"]["plan"]["quotas"][:2]
    return reseal(files, keep="pairs")


@tampering("verify.drawable", "raters")
def a_label_of_a_group_nobody_bears_and_all_resealed(files):
    files["manifest"]["plan"]["quotas"][0]["rater_group"] = "HĐ"
    return reseal(files, keep="pairs")


@tampering("verify.drawable", "raters")
def a_column_of_raters_the_frame_does_not_have(files):
    files["manifest"]["plan"]["rater_columns"]["own_unit_id"] = "own"
    return reseal(files, keep="pairs")


@tampering("verify.pairs_hash", "raters")
def a_forged_hash_of_the_pairs(files):
    return change(files, "manifest.pairs_hash", "0" * 64)


@tampering("verify.pairs_hash", "raters")
def pairs_that_are_denied(files):
    return change(files, "manifest.pairs_hash", "")


@tampering("verify.pairs_hash", "raters")
def a_friend_instead_of_the_drawn_rater(files):
    """File and hash agree with each other; only the draw tells."""
    drawn = {line.split(b",")[0] for line in files["pairs"].splitlines()}
    friend = next(one for one in files["frame"].splitlines()[1:] if one.split(b",")[0] not in drawn).split(b",")[0]
    head, first, *rest = files["pairs"].splitlines(keepends=True)
    files["pairs"] = b"".join([head, first.replace(first.split(b",")[0], friend), *rest])
    return change(files, "manifest.pairs_hash", sha256_hex(files["pairs"]))


@tampering("verify.pairs_hash", "raters")
def a_pair_left_out_of_the_file(files):
    files["pairs"] = b"".join(files["pairs"].splitlines(keepends=True)[:-1])
    return files


@tampering("verify.pairs_hash", "raters")
def a_file_of_pairs_with_other_line_ends(files):
    files["pairs"] = files["pairs"].replace(b"\n", b"\r\n")
    return files


@tampering("verify.pairs_hash", "raters")
def another_quota_sealed_and_the_old_pairs(files):
    files["manifest"]["plan"]["quotas"][1]["quota"] = 5
    return reseal(files, keep="pairs")


@tampering("verify.pairs_hash", "raters")
def another_label_of_a_group_sealed_and_the_old_pairs(files):
    for one in files["manifest"]["plan"]["rated_units"]:
        one["unit_group"] = "so" if one["rated_unit_id"] == "U0" else "xa"
    return reseal(files, keep="pairs")


@tampering("verify.pairs_hash", "raters")
def another_rated_unit_sealed_and_the_old_pairs(files):
    files["manifest"]["plan"]["rated_units"][0]["rated_unit_id"] = "NHA"
    return reseal(files, keep="pairs")


@tampering("verify.pairs_hash")
def pairs_in_a_round_without_quotas(files):
    return change(files, "manifest.pairs_hash", "0" * 64)


@tampering("verify.pairs_hash")
def a_file_of_pairs_in_a_round_without_quotas(files):
    files["pairs"] = b"rater_id,rated_unit_id,rater_group,pattern\n"
    return files


@tampering("verify.change_draw")
def reserves_of_another_draw(files):
    return change(files, "reserves.draw_hash", "0" * 64)


@tampering("verify.change_draw")
def reserves_of_another_round(files):
    return change(files, "reserves.round_id", "gd-2025")


@tampering("verify.change_no")
def a_decision_missing(files):
    return change(files, "reserves.changes.3.change_no", 5)


@tampering("verify.change_time")
def released_before_the_draw(files):
    return change(files, "reserves.changes.0.decided_at", "2026-07-15T18:29:59+07:00")


@tampering("verify.change_time")
def decisions_that_go_back_in_time(files):
    return change(files, "reserves.changes.2.decided_at", "2026-07-31T08:00:00+07:00")


@tampering("verify.change_stratum")
def released_in_a_stratum_that_is_none(files):
    files["reserves"]["changes"][0].update(stratum_id="U9", first_order=1)
    del files["reserves"]["changes"][1]
    for number, one in enumerate(files["reserves"]["changes"], start=1):
        one["change_no"] = number
    return files


@tampering("verify.change_gap")
def a_reserve_passed_over(files):
    one = files["reserves"]["changes"][3]
    one["first_order"] = 7
    del one["frame_unit_ids"][0]
    return files


@tampering("verify.change_gap")
def released_twice(files):
    again = {**copy.deepcopy(files["reserves"]["changes"][3]), "change_no": 5}
    files["reserves"]["changes"].append(again)
    return files


@tampering("verify.change_gap")
def withdrawn_from_the_middle(files):
    one = files["reserves"]["changes"][2]
    one.update(first_order=4, last_order=4, frame_unit_ids=_drawn_ids(files, "U1")[3:4])
    return files


def _drawn_ids(files, stratum):
    drawn = ALONE.Case(files["manifest"], files["frame"]).drawn()
    return [row[0] for row in sorted(drawn, key=lambda row: row[3]) if row[2] == stratum]


@tampering("verify.change_beyond")
def released_beyond_the_reserve(files):
    files["reserves"]["changes"][3].update(last_order=9, frame_unit_ids=_drawn_ids(files, "U2")[5:9])
    return files


@tampering("verify.change_ids")
def a_substitute_instead_of_the_next_reserve(files):
    one = files["reserves"]["changes"][3]
    one["frame_unit_ids"][0] = _drawn_ids(files, "U2")[7]
    return files


@tampering("verify.change_ids")
def reserves_in_another_order(files):
    files["reserves"]["changes"][3]["frame_unit_ids"].reverse()
    return files


@tampering("verify.change_people")
def nobody_proposed(files):
    return change(files, "reserves.changes.0.proposer", " ")


@tampering("verify.change_people")
def nobody_approved(files):
    return change(files, "reserves.changes.0.approver", "")


@tampering("verify.change_people")
def one_person_proposed_and_approved(files):
    return change(files, "reserves.changes.0.approver", " lê  a ")


@pytest.mark.full
@pytest.mark.parametrize(("rule", "mode", "tamper"), TAMPERINGS)
def test_a_tampering_is_named_and_unseen_without_its_check(rule: str, mode: str, tamper) -> None:
    files = tamper(honest(mode))
    assert main_rules(files) == [rule]
    assert main_rules(files, leave_out=rule) == []
    assert alone_rules(files) == [rule]
    assert alone_rules(files, leave_out=rule) == []


@pytest.mark.parametrize("mode", ["fresh", "coordinated", "raters"])
def test_what_is_honest_agrees(mode: str) -> None:
    assert main_rules(honest(mode)) == alone_rules(honest(mode)) == []


def test_every_check_has_its_tampering_and_both_verifiers_have_the_same_checks() -> None:
    tried = {param.values[0] for param in TAMPERINGS}
    assert tried == {check.rule for check in CHECKS}
    assert tried == {f"verify.{code}" for code in ALONE.TEXTS}


def test_a_redrawn_forgery_with_its_own_plan_agrees_only_with_itself() -> None:
    """What no verifier can see without an outsider's record: a whole round sealed anew."""
    files = honest()
    other = sealed(plan=plan_for(stages=[StagePlan("srs", sizes({"U0": 20, "U1": 20, "U2": 20}, 6))]))
    assert main_rules(other) == []
    other["commit"] = files["commit"]
    assert main_rules(other) == alone_rules(other) == ["verify.kept_commit"]


def test_the_seven_lines_by_hand() -> None:
    one = honest()["manifest"]
    lines = f"prn1\ngd-2026\n{one['frame_hash']}\n{one['plan_hash']}\nmột số bí mật 1\nhai số bí mật 2\n48207\n"
    assert one["seed"] == sha256_hex(lines)
    assert one["plan_hash"] == sha256_hex(canonical_json(one["plan"]))
    assert one["parties"][0]["commitment"] == sha256_hex("Sở Nội vụ|một số bí mật 1")
    assert one["parties"][0]["commitment"] == Party("Sở Nội vụ", "một số bí mật 1").commitment
