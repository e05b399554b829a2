"""Step values: a table of another agency becomes the index values of an instrument without respondents."""

from __future__ import annotations

from typing import Any, Final

from errors import FaultsFound
from sampling.numbers import canonical_json
from sipas.files import read_table
from sipas.indices import INDEX_SCORES, taken_over_scores
from sipas.steps.declare import Reads, Step, StepResult
from sipas.steps.given import Given
from sipas.valuetable import ValuesWanted, known_headers, needed_nodes, parse_values

FACTS: Final = "values_facts.json"


def make_values(given: Given) -> StepResult:
    """IndexScores as the table has them, and facts about it; beside them the facts.

    Every unit rated today has its value; rows of units that were merged or closed in the field are not used, for
    percentages without their counts cannot be joined: the successor counts with its own. Raises FaultsFound
    `values.file` with every fault, and what `read_table` raises.
    """
    name, index = given.setting("file_name"), given.index
    rows = read_table(given.file.path, known_headers=known_headers(index), shown_as=name).to_pandas()
    read, faults = parse_values(rows, values_wanted(given), name)
    if faults:
        raise FaultsFound("values.file", faults, where=name)
    scores = taken_over_scores(read.values, index)
    facts: dict[str, Any] = {
        "file": given.hashes["file"],
        "file_name": name,
        "n_units": int(read.values.loc[read.values["unit_id"] != given.head.province_id, "unit_id"].nunique()),
        "has_province": bool((read.values["unit_id"] == given.head.province_id).any()),
        "nodes": read.nodes(),
        "nodes_with_errors": read.nodes_with_errors(),
        "nodes_as_shares": read.shares(),
        "ended": sorted(set(read.ended)),
    }
    outputs = {"index_scores": INDEX_SCORES.arrow(scores), FACTS: canonical_json(facts).encode("utf-8")}
    return StepResult(outputs, facts)


def values_wanted(given: Given) -> ValuesWanted:
    """What a table of the instrument must hold now."""
    rated, today = given.rated_units(), given.units_of_today()
    unit_ids = {unit.unit_id for unit in given.units_at_draw()}
    return ValuesWanted(
        index=given.index,
        units=rated,
        ended=frozenset(unit_ids - {unit.unit_id for unit in rated}),
        elsewhere=frozenset(set(today) - unit_ids),
        province_id=given.head.province_id,
        needed=needed_nodes(given.index, given.rulebooks),
    )


VALUES = Step(
    "values",
    "instrument",
    make_values,
    Reads(
        pins=("units", "index", "rulebook"),
        ledger=("events",),
        rules=("unit_groups",),
        head=("units", "province_id"),
        file=True,
    ),
    settings=("file_name",),
    roots=("sipas.files.child",),
    holder="values",
)
