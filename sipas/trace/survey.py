"""An index value explained: the value, its items, the weights, the forms, the draw, the hashes.

No answer of a single person is shown, only counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from sampling.tables import FACTOR_PREFIX
from sipas.indices import IndexDefinition
from sipas.trace.counts import ItemCount
from sipas.trace.criteria import Row
from sipas.trace.inputs import Origin
from sipas.trace.sections import Cell, Moment, Quantity, Section, Term, label, number_of

_FACTORS: Final = ("design_weight", "eligibility_factor", "nonresponse_factor", "calibration_factor", "final_weight")
_KEPT: Final = {"frame": Term("trace", "kept_frame")}
_SOURCES: Final = ("frame", "sample", "weighted_cases", "values_file", "index_scores")


def explain_value(score: Row, definition: IndexDefinition) -> Section:
    """One index value with its error, definition and flags."""
    flags = [flag for flag in (*str(score["flag"]).split(";"), score["reason"]) if flag and not pd.isna(flag)]
    n = None if "given" in flags else int(score["n"])
    lines: list[tuple[str, Cell]] = [
        (label("index"), definition.title_vi),
        *_below_root(str(score["node_code"]), definition),
        (label("variant"), definition.variant(score["variant"]).label_vi),
        (label("value_pct", kind="printed_number"), number_of(score["value_pct"], 10)),
        (label("value_error"), number_of(score["std_error"], 4)),
        (label("ci_low"), number_of(score["ci_low"], 2)),
        (label("ci_high"), number_of(score["ci_high"], 2)),
        (label("n", kind="printed_number"), Quantity(n)),
        (label("definition_id"), str(score["definition_id"])),
        *((label("note"), Term("flag", str(flag))) for flag in flags),
    ]
    return Section(label("value"), tuple(lines))


def _below_root(code: str, definition: IndexDefinition) -> list[tuple[str, Cell]]:
    """Which node of the index it is; the index itself needs no second name."""
    named = [f"{code} {node.name_vi}" for node in definition.nodes if node.node_code == code and node.parent]
    return [(label("node"), name) for name in named]


def explain_items(
    definition: IndexDefinition, counts: Iterable[ItemCount], counted_pct: float, *, is_plain: bool
) -> Section:
    """Item values behind a node, counted anew from the forms: satisfied, valid answers, share, coefficient.

    For an index of means the first count is the sum of the values 0..1. counted_pct: the node value these give;
    is_plain: every form counts once, so that shares are whole numbers of forms.
    """
    is_share = definition.item_value == "share"
    places = 0 if is_share and is_plain else 2
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            item.item_code,
            item.name_vi,
            Quantity(item.good, places),
            Quantity(item.valid, places),
            Quantity(100 * (item.good / item.valid) if item.valid else None, 4),
            Quantity(item.coefficient, 6),
        )
        for item in counts
    )
    counted = label("satisfied" if is_share else "sum_of_values")
    value_name = label("share") if is_share else label("value_pct", kind="printed_number")
    columns = (label("code"), label("item"), counted, label("valid_answers"), value_name, label("coefficient"))
    return Section(label("items"), ((label("counted"), number_of(counted_pct, 10)),), columns, rows)


def explain_weights(cases: pd.DataFrame) -> Section:
    """Every weight factor of a unit's respondents: least, mean, greatest. cases: columns of WeightedCases."""
    own = [name for name in map(str, cases) if name.startswith(FACTOR_PREFIX)]
    names = {name: Term("weight_factor", name) for name in _FACTORS}
    names |= {name: Term("trace", f"step_factor|{name.removeprefix(FACTOR_PREFIX)}") for name in own}
    values = {term: cases[name].to_numpy(dtype=np.float64) for name, term in names.items()}
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (term, *(Quantity(float(factor), 6) for factor in (column.min(), column.mean(), column.max())))
        for term, column in values.items()
    )
    lines: tuple[tuple[str, Cell], ...] = (
        (label("weight_sum"), Quantity(float(cases["final_weight"].sum()), 2)),
        (label("response_classes"), ", ".join(sorted(cases["response_class"].unique()))),
    )
    columns = tuple(map(label, ("factor", "least", "mean", "greatest")))
    return Section(label("weights"), lines, columns, rows)


def explain_forms(outcomes: Sequence[tuple[str, str]], batches: Iterable[tuple[str, str, str]]) -> Section:
    """Issued cases by outcome and reason, and the files their forms came in: batch, file name, SHA-256."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (Term("outcome", outcome), Term("reason", reason) if reason else "", Quantity(n))
        for (outcome, reason), n in sorted(Counter(outcomes).items())
    )
    files = [(label("batch", batch_id), f"{name} (SHA-256 {sha[:16]}…)") for batch_id, name, sha in batches]
    total: tuple[str, Cell] = (label("issued"), Quantity(len(outcomes)))
    columns = (label("outcome"), label("reason", kind="entry_field"), label("n_forms"))
    return Section(label("forms"), (total, *files), columns, rows)


def explain_draw(manifest: Mapping[str, Any], strata: Iterable[Mapping[str, Any]]) -> Section:
    """Seed, sealed hashes and the sizes of strata: stratum_id, pop_size, sample_size, reserve_size."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (stratum["stratum_id"], *(Quantity(stratum[name]) for name in ("pop_size", "sample_size", "reserve_size")))
        for stratum in strata
    )
    value = manifest["public_value"]
    lines: tuple[tuple[str, Cell], ...] = (
        (label("seed"), manifest["seed"]),
        (label("frame_hash"), manifest["frame_hash"]),
        (label("plan_hash"), manifest["plan_hash"]),
        (label("public_value"), f"{value['value']}, {value['source']}"),
        (label("value_at"), Moment(value["at"])),
    )
    columns = tuple(map(label, ("stratum", "pop_size", "sample_size", "reserve_size")))
    return Section(label("draw"), lines, columns, rows)


def explain_origin(origin: Origin) -> Section:
    """Whose figures the values are, and the file in which they came."""
    lines = (
        (label("origin_source"), origin.source_vi),
        (label("origin_file"), origin.file_name),
        (label("origin_sha256"), origin.sha256),
    )
    return Section(label("origin"), lines)


def explain_sources(hashes: Mapping[str, str], pins: Mapping[str, str]) -> Section:
    """Hashes of everything a value was made from, and of the pinned methodology by kind/id. The frame kept is not the
    file that is published, whose hash is sealed, and has another name."""
    made = [(_KEPT.get(name, Term("input", name)), "", hashes[name]) for name in _SOURCES if name in hashes]
    named = [(*name.split("/", 1), sha) for name, sha in pins.items()]
    rows = (*made, *((Term("input", kind), book_id, sha) for kind, book_id, sha in named))
    return Section(label("sources"), (), tuple(map(label, ("source", "code", "sha256"))), rows)
