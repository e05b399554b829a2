"""The quota matrix of a round folder, and the sample of raters made from it."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from errors import Fault, FaultsFound
from sampling.frame import check_frame
from sampling.numbers import sha256_hex
from sampling.pairs import pairs_csv
from sipas.caseid import check_case_id
from sipas.quotas import FILE, RaterQuota, quota_table, read_quotas
from sipas.raters import rater_allocation, rater_sample
from sipas.rounds import ONLY_INSTRUMENT, InstrumentRules, load_round
from sipas.units import load_register

DATA = Path(__file__).parents[2] / "data"
SEED = sha256_hex("a seed")
HEADER = "rater_group,unit_group,rated_unit_id,pattern,quota,exclude_own,short_list\n"


@pytest.fixture(scope="module")
def rules() -> InstrumentRules:
    return load_round(DATA / "rounds" / "made-up-xhh-2026").instrument(ONLY_INSTRUMENT)


@pytest.fixture(scope="module")
def units(rules):
    register = load_register(DATA / "units" / rules.units.register_id)
    return [one for group in rules.units.unit_groups for one in register.rated_on(rules.units.on, group)]


def officials(units) -> pd.DataFrame:
    """Closed lists as the frame import gives them: 60 delegates, 3 to 5 people of every agency and commune."""
    lists = [("HDND", "GD", 60)]
    for unit in units:
        lists += [("LDSO", unit.unit_id, 3), ("PSO", unit.unit_id, 5)] if unit.unit_group == "so" else []
        lists += [("LDXA", unit.unit_id, 3), ("PXA", unit.unit_id, 4)] if unit.unit_group == "xa" else []
    rows = [(f"{group.lower()}{own}{k}", own, group) for group, own, n in lists for k in range(n)]
    frame = pd.DataFrame(rows, columns=["frame_unit_id", "unit_id", "rater_group"], dtype="str")
    key = frame["frame_unit_id"]
    return check_frame(
        frame.assign(
            unit_id_at_event=frame["unit_id"], psu_id=key, person_key=key, event_date="", size=1, has_contact=True
        )
    )


def read(tmp_path: Path, *lines: str) -> tuple[tuple[RaterQuota, ...], list[Fault]]:
    faults: list[Fault] = []
    (tmp_path / FILE).write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return read_quotas(tmp_path / FILE, ("so", "xa"), faults), faults


def test_the_matrix_is_read_with_its_defaults(tmp_path: Path) -> None:
    found, faults = read(tmp_path, "HDND,so,,all,30,,fail", "LD2,,X60,each,0,false,census")
    assert faults == []
    assert [one.exclude_own for one in found] == [True, False]
    assert quota_table(found)[["rater_group", "rated_unit_id", "quota"]].to_numpy().tolist() == [
        ["HDND", "", 30],
        ["LD2", "X60", 0],
    ]
    assert read_quotas(tmp_path / "absent.csv", ("so",), faults) == ()


def test_every_fault_of_the_matrix_has_its_line(tmp_path: Path) -> None:
    lines = ["HDND,so,,all,30,,fail", "HDND,so,,each,3,,fail", "HDND,so,X60,each,3,,fail", "HDND,,,each,3,,fail"]
    lines += ["HDND,huyen,,each,3,,fail", "hđnd,so,,some,-1,maybe,stop"]
    _, faults = read(tmp_path, *lines)
    assert [(one.rule, one.row, one.column) for one in faults if one.rule != "data.field"] == [
        ("rounds.quota_repeated", 3, "rater_group"),
        ("rounds.quota_target", 4, "unit_group"),
        ("rounds.quota_target", 5, "unit_group"),
        ("rounds.quota_group", 6, "unit_group"),
    ]
    assert {one.column for one in faults if one.rule == "data.field"} == {
        "rater_group", "pattern", "quota", "exclude_own", "short_list",
    }  # fmt: skip
    assert {one.row for one in faults if one.rule == "data.field"} == {7}


@pytest.mark.full
def test_the_example_gives_about_the_forms_of_its_model(rules, units) -> None:
    """Gia Lai 2025: about 1,600 forms on agencies, about 600 on communes."""
    done = rater_sample(officials(units), rules, units, SEED)
    group_of = {one.unit_id: one.unit_group for one in units}
    forms = done.pairs["rated_unit_id"].map(group_of).value_counts()
    assert forms.to_dict() == {"so": 18 * 90, "xa": 60 * 10 + 2}
    assert done.drawn.lists.query("rated_unit_id == 'X60' and rater_group == 'HDND'")["n_pairs"].tolist() == [5]
    assert done.drawn.burden()["n_forms"].sum() == len(done.pairs)
    assert not done.drawn.lists["is_census"].any()


@pytest.mark.full
def test_one_case_a_person_numbered_in_the_group(rules, units) -> None:
    frame = officials(units)
    done = rater_sample(frame, rules, units, SEED)
    sample = done.sample
    assert sample["frame_unit_id"].is_unique
    assert check_case_id(sample["case_id"]).all()
    for group, own in sample.groupby("stratum_id"):
        assert sorted(own["draw_order"]) == list(range(1, len(own) + 1))
        by_order = own.sort_values("draw_order")
        assert by_order["prn"].is_monotonic_increasing
        assert by_order["case_id"].str.startswith(f"XHH26-{group}-").all()
    assert set(done.pairs["case_id"]) == set(sample["case_id"]) == set(done.cases["case_id"])
    assert (sample["design_weight"] * sample["inclusion_prob"]).to_numpy() == pytest.approx(1)
    own_unit = done.cases.set_index("case_id")["unit_id"]
    assert (done.pairs["case_id"].map(own_unit) != done.pairs["rated_unit_id"]).all()
    conductors = sample.set_index("frame_unit_id")["conductor_id"]
    assert conductors.filter(like="hdnd").eq("SNV").all()  # delegates sit in no rated unit: the first conductor
    assert conductors.filter(like="ldxa").eq("BD").all()
    practice = rater_sample(frame, rules, units, SEED, is_training=True)
    assert practice.sample["case_id"].str.startswith("0XHH26-").all()


@pytest.mark.full
def test_outsiders_get_the_same_pairs_from_the_public_list_in_any_order(rules, units) -> None:
    frame = officials(units)
    done = rater_sample(frame, rules, units, SEED)
    again = rater_sample(frame.sample(frac=1, random_state=3), rules, units[::-1], SEED)
    assert pairs_csv(again.drawn.pairs) == pairs_csv(done.drawn.pairs)
    pd.testing.assert_frame_equal(again.sample, done.sample)
    other = rater_sample(frame, rules, units, sha256_hex("another seed"))
    assert pairs_csv(other.drawn.pairs) != pairs_csv(done.drawn.pairs)


def test_an_own_unit_column_goes_before_the_unit(rules, units) -> None:
    frame = officials(units).assign(own_unit_id="GD")
    done = rater_sample(frame, rules, units, SEED)
    assert set(done.cases["unit_id"]) == {"GD"}
    assert (done.drawn.lists.query("rater_group == 'LDSO'")["list_size"] == 54).all()


def test_faults_of_lists_name_the_matrix_file(rules, units) -> None:
    frame = officials(units)
    frame = frame[~((frame["rater_group"] == "LDSO") & (frame["unit_id"] != "S01"))]
    frame = frame[frame["rater_group"] != "PXA"]
    few = frame[frame["rater_group"] != "LDXA"]
    with pytest.raises(FaultsFound) as caught:
        rater_sample(pd.concat([few, frame[frame["rater_group"] == "LDXA"].head(20)]), rules, units, SEED)
    assert {one.file for one in caught.value.faults} == {FILE}
    rules = {
        (one.rule, one.got if one.rule == "pairs.unknown" else one.values.get("group")) for one in caught.value.faults
    }
    assert rules == {("pairs.unknown", "PXA"), ("pairs.short_list", "LDXA")}


def test_whole_lists_are_put_in_order(units) -> None:
    table = rater_allocation(officials(units))
    assert table.set_index("stratum_id")["sample_size"].to_dict() == {
        "HDND": 60, "LDSO": 54, "LDXA": 180, "PSO": 90, "PXA": 240,
    }  # fmt: skip
    assert (table["sample_size"] == table["pop_size"]).all()


@pytest.mark.parametrize("code", ["0XHH26", "2XHH", "X"])
def test_a_real_round_code_begins_with_a_letter(code: str, tmp_path: Path) -> None:
    """A leading 0 belongs to training rounds."""
    folder = tmp_path / "r"
    shutil.copytree(DATA / "rounds" / "made-up-xhh-2026", folder)
    header = folder / "round.toml"
    header.write_text(header.read_text(encoding="utf-8").replace('"XHH26"', f'"{code}"', 1), encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        load_round(folder)
    assert [(one.rule, one.column) for one in caught.value.faults] == [("data.field", "code")]


def test_a_matrix_needs_a_list_with_groups(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    shutil.copytree(DATA / "rounds" / "made-up-gia-dinh-2026", folder)
    shutil.copy(DATA / "rounds" / "made-up-xhh-2026" / FILE, folder / "sipas")
    with pytest.raises(FaultsFound) as caught:
        load_round(folder)
    assert {one.rule for one in caught.value.faults} == {
        "rounds.quota_frame",
        "rounds.quota_method",
    }
