"""What may not be drawn from is refused by its rule, and nothing is drawn."""

import unicodedata

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from draws import frame_of, plan_table

from errors import SurveyError
from sampling.selection import StagePlan, after_release, derived_seed, draw, draw_stages, permanent_random_numbers

SEED = "0123456789abcdef" * 4
IDS = [f"u{one}" for one in range(12)]
PLAN = plan_table(h=(12, 4, 1))


def refused(rule: str, call, *arguments, **options) -> SurveyError:
    with pytest.raises(SurveyError) as caught:
        call(*arguments, **options)
    assert caught.value.rule == rule
    return caught.value


@pytest.mark.parametrize("as_reader", [False, True])
@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        ("", "frame.bad_id"),
        (None, "frame.bad_id"),
        (" u3", "frame.bad_id"),
        ("u3 ", "frame.bad_id"),
        ("u\t3", "frame.bad_id"),
        ("u\x7f3", "frame.bad_id"),
        ("u3\u00a0", "frame.bad_id"),
        ("u\u20283", "frame.bad_id"),
        (unicodedata.normalize("NFD", "xã 3"), "frame.bad_id"),
        ("u5", "frame.duplicate_id"),
    ],
)
def test_ids(bad, rule: str, as_reader: bool) -> None:
    frame = frame_of(IDS)
    frame["frame_unit_id"] = pd.Series([*IDS[:3], bad, *IDS[4:]], dtype="str")
    if as_reader:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        frame = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=2))
    error = refused(rule, draw, frame, PLAN, SEED)
    assert error.got == "1"
    assert error.values["first_row"] == ("4" if rule == "frame.bad_id" else "6")


def test_ids_that_differ_by_unicode_form_only_never_pass() -> None:
    pair = ["Đặng", unicodedata.normalize("NFD", "Đặng")]
    assert pair[0] != pair[1]
    refused("frame.bad_id", draw, frame_of(pair), plan_table(h=(2, 1, 0)), SEED)
    refused("frame.bad_id", permanent_random_numbers, pd.Series(pair, dtype="str"), SEED)


@pytest.mark.parametrize("seed", ["", "A" * 64, "0" * 63, "0" * 65, "g" * 64, "0" * 63 + "\n"])
def test_seeds(seed: str) -> None:
    refused("draw.seed", draw, frame_of(IDS), PLAN, seed)
    refused("draw.seed", derived_seed, seed, "order")


@pytest.mark.parametrize(
    ("plan", "rule"),
    [
        (plan_table(h=(12, 12, 1)), "draw.size"),
        (plan_table(h=(12, 13, 0)), "draw.size"),
        (plan_table(h=(11, 4, 0)), "draw.population"),
        (plan_table(h=(12, 4, 0), k=(5, 1, 0)), "draw.population"),
        (plan_table(k=(12, 4, 0)), "draw.population"),
        (plan_table(h=(12, 4, 0), k=(0, 0, 0)), "draw.numbers"),
        (plan_table(h=(12, -1, 2)), "draw.numbers"),
        (plan_table(h=(12, 4, -1)), "draw.numbers"),
        (plan_table(), "draw.numbers"),
    ],
)
def test_plans(plan: pd.DataFrame, rule: str) -> None:
    refused(rule, draw, frame_of(IDS), plan, SEED)


def test_an_empty_frame() -> None:
    refused("draw.population", draw, frame_of(IDS).iloc[:0], PLAN, SEED)


@pytest.mark.parametrize("bad", ["0", "0.00", "-3", "", None, "1e3", "1,5", " 5", "5 ", "+5", "NaN", "5.", ".5", "٣"])
def test_sizes(bad) -> None:
    frame = frame_of(IDS, size=pd.Series([*["3"] * 11, bad], dtype="str"))
    error = refused("draw.size_measure", draw, frame, PLAN, SEED, method="pps", size="size")
    assert (error.where, error.got) == ("size", "1")


@pytest.mark.parametrize("values", [np.full(12, 0), np.arange(12) - 6])
def test_sizes_as_numbers(values) -> None:
    refused("draw.size_measure", draw, frame_of(IDS, size=values), PLAN, SEED, method="pps", size="size")
    refused("table.type", draw, frame_of(IDS, size=values + 0.5), PLAN, SEED, method="pps", size="size")


def test_forced_marks() -> None:
    refused("draw.forced", draw, frame_of(IDS, must=["1"] + ["no"] * 11), PLAN, SEED, forced="must")
    refused("draw.certain", draw, frame_of(IDS, must=[1] * 5 + [0] * 7), PLAN, SEED, forced="must")
    refused("draw.certain", draw, frame_of(IDS, must=[1] * 4 + [0] * 8), PLAN, SEED, forced="must")
    frame = frame_of(IDS, must=[1] * 4 + [0] * 8, size=1)
    refused("draw.certain", draw, frame, PLAN, SEED, method="pps", size="size", forced="must")


def test_certain_units_of_main_and_reserve_must_leave_the_main_sample_a_choice() -> None:
    """With the reserve drawn along, four units are certain: a main sample of four would leave the others none."""
    frame = frame_of(IDS, size=[1000, 1000, 1000, 1000, *[1] * 8])
    refused("draw.certain", draw, frame, PLAN, SEED, method="pps", size="size")


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"method": "simple"}, "draw.method"),
        ({"method": "pps"}, "draw.size_column"),
        ({"method": "srs", "size": "size"}, "draw.size_column"),
        ({"method": "pps", "size": "size", "start": "0" * 16}, "draw.start_method"),
        ({"method": "pareto", "size": "size"}, "draw.start_method"),
        ({"method": "srs", "start": "0" * 15}, "draw.start"),
        ({"method": "pareto", "size": "size", "start": "0" * 16}, "draw.few"),
        ({"method": "pps", "size": "weight"}, "table.columns"),
    ],
)
def test_methods(options: dict[str, str], rule: str) -> None:
    stage = StagePlan(**{"allocation": PLAN, **options})
    refused(rule, draw_stages, frame_of(IDS, size="2"), [stage], SEED)


def test_order_sampling_needs_ten_units_that_are_not_certain() -> None:
    frame = frame_of([f"u{one}" for one in range(30)], size=[10_000, *[1] * 29])
    for n, is_enough in ((10, False), (11, True)):
        stage = StagePlan("pareto", plan_table(h=(30, n, 2)), "size", start="0" * 16)
        if is_enough:
            assert len(draw_stages(frame, [stage], SEED)) == 13
        else:
            refused("draw.few", draw_stages, frame, [stage], SEED)


def test_issued_counts() -> None:
    frame = frame_of(IDS, size=[40, *[1] * 11])
    drawn = draw(frame, PLAN, SEED, method="pps", size="size")
    for issued in ({}, {"h": 6}, {"h": 0}, {"h": -1}):
        refused("draw.issued", after_release, drawn, PLAN, issued)
    refused("draw.issued_stratum", after_release, drawn, PLAN, {"h": 4, "k": 1})
