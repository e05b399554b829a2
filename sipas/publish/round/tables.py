"""Frames of a pack, declared: what `RoundPack` describes, in types that can be proved."""

from __future__ import annotations

from typing import Final

from sampling.tables import Column, Table


def _table(name: str, key: str, *columns: Column) -> Table:
    return Table(name, tuple(key.split()), columns)


def _text(name: str, *, nullable: bool = False) -> Column:
    return Column(name, "text", nullable=nullable)


def _points(name: str, *, nullable: bool = False) -> Column:
    return Column(name, "decimal", nullable=nullable)


def _float(name: str) -> Column:
    return Column(name, "float", nullable=True)


def _count(name: str) -> Column:
    return Column(name, "int")


UNITS: Final = _table(
    "pack.units",
    "unit_id",
    _text("unit_id"),
    _text("name_vi"),
    _text("unit_group", nullable=True),
    _count("sort_order"),
)
RESULTS: Final = _table(
    "pack.results",
    "rulebook_id unit_id",
    _text("rulebook_id"),
    _text("unit_id"),
    _points("points"),
    _points("applicable_max"),
    _points("total_shown"),
    _points("index_shown"),
    _points("bonus"),
    _points("penalty"),
    Column("rank", "int", nullable=True),
    _text("class_code", nullable=True),
    _text("class_name_vi", nullable=True),
)
SHEETS: Final = _table(
    "pack.sheets",
    "rulebook_id unit_id criterion_code",
    _text("rulebook_id"),
    _text("unit_id"),
    _text("criterion_code"),
    _points("points", nullable=True),
    _points("max_points", nullable=True),
    _text("leaf_status", nullable=True),
    _text("score_source", nullable=True),
    _float("std_error"),
    _text("value_text", nullable=True),
    _text("override_reason", nullable=True),
    _text("evidence", nullable=True),
)
INDEX_SCORES: Final = _table(
    "pack.index_scores",
    "index_id unit_id node_code variant",
    _text("index_id"),
    _text("unit_id"),
    _text("node_code"),
    _text("variant"),
    _float("value_pct"),
    _float("std_error"),
    _count("n"),
    _text("definition_id"),
    _text("flag", nullable=True),
    _float("ci_low"),
    _float("ci_high"),
    _text("reason", nullable=True),
)
RESPONSES: Final = _table(
    "pack.responses",
    "unit_id",
    _text("unit_id"),
    _count("n_issued"),
    _count("n_returned"),
    _count("n_outstanding"),
    _count("n_valid"),
)
REJECTIONS: Final = _table("pack.rejections", "unit_id reason", _text("unit_id"), _text("reason"), _count("n"))
BATCHES: Final = _table(
    "pack.batches",
    "batch_id",
    _text("batch_id"),
    _text("file_name"),
    Column("received_on", "date"),
    _count("n_rows"),
    _count("n_accepted"),
    _count("n_late"),
    _count("n_duplicate"),
    _count("n_set_aside"),
    _count("n_superseded"),
    _count("n_withdrawn"),
    _count("n_waiting"),
)
WEIGHTS: Final = _table(
    "pack.weights",
    "unit_id step_no",
    _text("unit_id"),
    _count("step_no"),
    _text("weight_step"),
    _text("step_name"),
    _count("n"),
    _float("weight_sum"),
    _float("weight_min"),
    _float("weight_max"),
    _float("cv"),
    _float("kish_deff"),
    _float("kish_n"),
)
MARGINS: Final = _table(
    "pack.margins",
    "margin_vi category_vi partition",
    _text("margin_vi"),
    _text("category_vi"),
    _text("partition", nullable=True),
    _float("target"),
    _float("before"),
    _float("after"),
)
