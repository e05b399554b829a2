"""Sheet "Phiếu điểm": units by areas and criteria, survey leaves shaded and traceable."""

from __future__ import annotations

from sipas.publish.round.ranking import point_names, rulebook_line, summary_values
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.wording import Wording
from sipas.publish.xlsx.matrix import Column, Matrix, Row, draw_matrix
from sipas.publish.xlsx.sheet import Sheet, Titles
from sipas.publish.xlsx.table import Cell
from sipas.rulebook import Criterion, Rulebook


def trace_address(round_id: str, unit_id: str, rulebook_id: str, code: str) -> str:
    """Address of a number: round/unit/rulebook/criterion."""
    return f"{round_id}/{unit_id}/{rulebook_id}/{code}"


def draw_scores(sheet: Sheet, results: RoundResults, rulebook: Rulebook) -> None:
    """Write the score matrix of `rulebook`'s units, in register order."""
    head, has_extra = results.head, results.has_extra(rulebook)
    say, criteria = results.say, rulebook.in_tree_order()
    group = say.text("workbook_ranking.group", group=results.group_name(rulebook), province=head.province_vi)
    marks = {mark: say.word("leaf_mark", mark) for mark in ("not_applicable", "no_cases")}
    draw_matrix(
        sheet,
        Matrix(
            titles=Titles(
                say.text("workbook_units.scores_title", year=head.year),
                (f"{group} – {rulebook_line(rulebook)}",),
                (say.text("workbook_units.legend_survey"), say.text("workbook_units.legend_marks", **marks)),
            ),
            columns=(
                *(_column(say, rulebook, criterion) for criterion in criteria),
                *_summary(say, rulebook, has_extra=has_extra),
            ),
            rows=tuple(
                Row(
                    results.unit_name(result["unit_id"]),
                    (
                        *(_cell(results, rulebook, result["unit_id"], criterion) for criterion in criteria),
                        *summary_values(result, has_extra=has_extra),
                        result["rank"],
                    ),
                )
                for result in results.in_register_order(rulebook)
            ),
            top_label=say.word("printed_number", "max_points"),
        ),
    )


def _column(say: Wording, rulebook: Rulebook, criterion: Criterion) -> Column:
    root = rulebook.tree.path(criterion.code)[0]
    return Column(
        section=f"{root.code}. {say.name(root)}",
        section_short=f"{say.word('level', 'area')} {root.code}" if root.level == "area" else root.code,
        code=criterion.code,
        name=say.name(criterion),
        style=criterion_look(rulebook, criterion),
        top=criterion.max_points,
        decimals=rulebook.rounding.leaf,
    )


def criterion_look(rulebook: Rulebook, criterion: Criterion) -> str:
    """How the cells of a criterion look: a root, a parent below one, a survey leaf, any other leaf."""
    if not criterion.parent:
        return "area"
    if not rulebook.tree.is_leaf(criterion.code):
        return "parent bold"
    return "survey" if criterion.is_survey else ""


def _summary(say: Wording, rulebook: Rulebook, *, has_extra: bool) -> list[Column]:
    total, index, rank = (say.word("printed_number", name) for name in ("total_shown", "index_shown", "rank"))
    names = [*point_names(say, has_extra=has_extra), total, say.text("workbook.applicable_max")]
    head = say.text("workbook_units.summary")
    return [
        *(Column(head, head, "", name, "sum", decimals=rulebook.rounding.total) for name in names),
        Column(head, head, "", index, "sum", decimals=rulebook.rounding.index),
        Column(head, head, "", rank, "sum center", decimals=0),
    ]


def _cell(results: RoundResults, rulebook: Rulebook, unit_id: str, criterion: Criterion) -> Cell:
    scored = results.scored(rulebook, unit_id, criterion.code)
    note = ""
    if criterion.is_survey and rulebook.tree.is_leaf(criterion.code):
        address = trace_address(results.head.id, unit_id, rulebook.id, criterion.code)
        note = f"{results.say.text('workbook_units.trace')}\n{address}"
    if scored["leaf_status"] == "not_applicable" or scored["points"] is None:
        return Cell(results.say.word("leaf_mark", scored["leaf_status"]) or None, "center italic quiet", note)
    return Cell(scored["points"], "italic" if scored["leaf_status"] == "no_cases" else "", note)
