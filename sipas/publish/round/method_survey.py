"""What the method sheet says of one survey: its index, its forms and weights, its draw."""

from __future__ import annotations

from sipas.indices import given_id
from sipas.publish.round.method_lines import Line, fact_sections, grid, heading, section
from sipas.publish.round.surveyresults import Fieldwork
from sipas.publish.round.surveysheets import SurveySheets
from sipas.publish.wording import Wording
from sipas.publish.xlsx.sheet import Sheet


def draw_block(sheet: Sheet, row: int, survey: SurveySheets) -> int:
    """Everything on one survey of several, under its number and title."""
    row = heading(sheet, row, survey.heading)
    row = draw_index(sheet, row, survey)
    row = section(sheet, row + 1, survey.say.text("workbook_method.forms_and_weights"), _fieldwork_lines(survey))
    row = draw_lines(sheet, row + 1, survey)
    return fact_sections(sheet, row, survey.results.facts) + 1


def draw_index(sheet: Sheet, row: int, survey: SurveySheets) -> int:
    """The definition of the index and its values for the province."""
    say = survey.say
    row = section(sheet, row, survey.index_title, _index_lines(survey))
    head = (
        say.text("workbook_survey.value"),
        "n",
        say.text("workbook_method.respondents"),
        say.text("workbook_method.province"),
        say.text("workbook_sheets.weights"),
        say.text("workbook_method.used_for"),
    )
    return grid(sheet, row, head, _variant_rows(survey))


def draw_lines(sheet: Sheet, row: int, survey: SurveySheets) -> int:
    """What anyone needs to redraw the sample; nothing where none was drawn."""
    if survey.results.fieldwork is None:
        return row
    say, manifest = survey.say, survey.results.fieldwork.manifest
    lines = [
        (say.text("workbook_method.seed"), manifest["seed"]),
        (say.text("workbook_method.frame_hash"), manifest["frame_hash"]),
        (say.text("workbook_method.plan_hash"), manifest["plan_hash"]),
        (say.text("workbook_method.public_value"), manifest["public_value"]["value"]),
        (say.text("workbook_method.public_source"), manifest["public_value"]["source"]),
        *(
            (say.text("workbook_method.nonce", order=order), party["nonce"])
            for order, party in enumerate(manifest["parties"], start=1)
        ),
    ]
    return section(sheet, row, say.text("workbook_method.draw"), [line for line in lines if line[1]], mono=True)


def _fieldwork_lines(survey: SurveySheets) -> list[Line]:
    say, fieldwork = survey.say, survey.results.fieldwork
    if fieldwork is None:
        return [(say.text("workbook_method.forms"), say.text("workbook_method.no_forms"))]
    total = fieldwork.sum_forms(survey.round.unit_names)
    return [
        (say.text("workbook_method.issued"), say.number(total["n_issued"], 0)),
        (say.text("workbook_method.returned"), _share(say, total["n_returned"], total["n_issued"])),
        (say.text("workbook_method.valid"), _share(say, total["n_valid"], total["n_issued"])),
        *_weight_lines(say, fieldwork),
    ]


def _share(say: Wording, part: int, total: int) -> str:
    count = say.number(part, 0)
    return say.text("workbook_method.share", n=count, pct=say.number(100 * part / total, 2)) if total else count


def _weight_lines(say: Wording, fieldwork: Fieldwork) -> list[Line]:
    return [
        (
            say.word("weight_step", "final"),
            say.text(
                "workbook_method.final_weights",
                n=say.number(line["n"], 0),
                kish_deff=say.number(line["kish_deff"], 4),
                kish_n=say.number(line["kish_n"], 1),
            ),
        )
        for line in fieldwork.weights
        if not line["unit_id"] and line["weight_step"] == "final"
    ]


def _index_lines(survey: SurveySheets) -> list[Line]:
    say, index = survey.say, survey.index
    definition = (say.text("workbook_method.definition"), survey.definition)
    basis = (say.text("workbook_method.basis"), index.decision)
    if survey.results.source_vi:
        id_line = (say.text("workbook_method.definition_id"), given_id(index))
        return [definition, id_line, basis, ("n", say.text("workbook_method.n_unknown"))]
    return [
        definition,
        (say.text("workbook_method.definition_id"), index.definition),
        (say.word("input", "questionnaire"), index.questionnaire),
        basis,
        (say.text("workbook_method.combiner"), _combiner_words(survey)),
        ("n", say.text("workbook_method.n")),
        (say.text("workbook_method.min_n"), say.text("workbook_method.min_n_words", n=index.min_n)),
    ]


def _combiner_words(survey: SurveySheets) -> str:
    say, combiner = survey.say, survey.index.combiner(survey.round.head.year)
    words = say.word("combiner", combiner.combiner).format(say.word("item_value", survey.index.item_value))
    basis = f"{words} ({say.word('basis', combiner.basis)})"
    return f"{basis}. {combiner.note}" if combiner.note else basis


def _variant_rows(survey: SurveySheets) -> list[list[str | int | float | None]]:
    say, is_given = survey.say, bool(survey.results.source_vi)
    lines: list[list[str | int | float | None]] = []
    for variant in survey.results.variants:
        score = survey.results.score(survey.round.head.province_id, survey.index.overall.node_code, variant.name)
        lines.append(
            [
                say.english("variant", variant.name, variant.label_vi),
                score["n"] if score and not is_given else None,
                say.word("respondents", "given" if is_given else variant.filter),
                score["value_pct"] if score else None,
                say.word("index_weights", "given" if is_given else variant.weights),
                say.text("workbook_method.for_points" if variant.official else "workbook_method.for_reference"),
            ]
        )
    return lines
