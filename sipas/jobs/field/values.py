"""Values of another agency: the table to be filled, its check, and its import for an instrument without respondents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errors import StoreError
from sipas.foldernames import TEMPLATES_FOLDER
from sipas.jobs.stepruns.pinned import pinned
from sipas.jobs.stepruns.workbench import FileToRead, Workbench
from sipas.publish.field.values_template import ValuesTemplate, values_template
from sipas.steps.values import FACTS, VALUES
from sipas.store.files.outputs import write_outside
from sipas.store.ledger.engine import Transaction
from sipas.store.rounds.instruments import chosen
from sipas.store.stepruns import current_run
from sipas.store.workspace import Workspace
from sipas.valuetable import needed_nodes

_TAKES_VALUES = ("new", "open", "reopened")
_SHOWN_LEVELS = ("overall", "content")


@dataclass(frozen=True)
class ValuesReport:
    """A table of values: what it holds, whose figures they are. sha256: of the kept file; nodes_as_shares: nodes of
    which no value is above 1, which may be shares instead of per cent; ended: units of rows that are not used, since
    they were merged or closed in the field; is_new False: these very values had been imported before."""

    instrument_id: str
    source_vi: str
    file_name: str
    sha256: str
    n_units: int
    has_province: bool
    nodes: tuple[str, ...]
    nodes_with_errors: tuple[str, ...]
    nodes_as_shares: tuple[str, ...]
    ended: tuple[str, ...]
    is_new: bool


def make_values_template(ws: Workspace, round_id: str, instrument_id: str = "", target: Path | None = None) -> Path:
    """Write the table to be filled to `target`, else to outputs/<public id>/mau/mau-so-lieu.xlsx.

    Raises StoreError `values.no_instrument`, `values.which_instrument`, `store.no_folder`, `store.output_in_use`.
    """
    bench = values_bench(ws, round_id, instrument_id)
    parts = bench.round_parts.of_values(bench.instrument.instrument_id)
    rules, head = parts.rules, bench.round_parts.survey_round.head
    needed = needed_nodes(parts.index, bench.round_parts.rulebooks)
    is_shown = {node.node_code: node.level in _SHOWN_LEVELS or node.node_code in needed for node in parts.index.nodes}
    template = ValuesTemplate(
        public_id=rules.public_id,
        title_vi=rules.title,
        index_vi=parts.index.title_vi,
        source_vi=rules.source_vi,
        units=(*((unit.unit_id, unit.name_vi) for unit in parts.rated_units()), (head.province_id, head.province_vi)),
        nodes=tuple(node for node in parts.index.nodes if parts.index.is_given or is_shown[node.node_code]),
        needed=frozenset(needed),
        province_id=head.province_id,
        is_made_up=rules.made_up,
    )
    data = values_template(template)
    if target is not None:
        return write_outside(target, data)
    return ws.files.outputs.write_bytes(f"{rules.public_id}/{TEMPLATES_FOLDER}/mau-so-lieu.xlsx", data)


def check_values(ws: Workspace, round_id: str, path: Path, instrument_id: str = "") -> ValuesReport:
    """What an import of the file would take over; nothing is kept. Raises as `import_values`."""
    bench = values_bench(ws, round_id, instrument_id)
    bench.refuse_training(VALUES.name)
    if not path.is_file():
        raise StoreError("store.no_file", where=path.name)
    checked = bench.make_now(VALUES, {"file_name": path.name}, file=FileToRead("", path, path.name))
    return _report(bench, checked.beside, is_new=True)


def import_values(ws: Workspace, round_id: str, path: Path, instrument_id: str = "") -> ValuesReport:
    """Take over the values of a file for an instrument without respondents, in the place of those of an earlier file,
    whose run stays in the ledger. The same file again adds nothing, under whatever name.

    The file is kept as it came. Nothing else is recorded when it has any fault. Raises StoreError
    `values.no_instrument`, `values.which_instrument`, `store.no_instrument`, `store.no_file`, `store.round_state`
    (closed), `jobs.training`; FaultsFound `values.file`, and what `read_table` raises.
    """
    bench = values_bench(ws, round_id, instrument_id)
    bench.refuse_training(VALUES.name)
    instrument = bench.instrument
    with ws.ledger.read() as connection:
        ws.rounds.require(connection, instrument, *_TAKES_VALUES)
    kept = ws.field.received.keep(path, is_personal=False)

    def record(connection: Transaction, _facts: Any) -> None:
        current = ws.rounds.require(connection, instrument, *_TAKES_VALUES)
        if current.state == "new":
            ws.rounds.set_state(connection, current, "open")

    name = _name_of(bench, kept.sha256) or path.name
    with ws.field.received.opened(kept.sha256) as stored:
        file = FileToRead(kept.sha256, stored, name)
        ran = bench.run(VALUES, {"file_name": name}, file=file, record=record)
    return _report(bench, bench.facts("values", FACTS), is_new=ran.run.is_new)


def values_bench(ws: Workspace, round_id: str, instrument_id: str = "") -> Workbench:
    """The round with an instrument without respondents in hand: the one named, else the only one.

    StoreError `values.no_instrument` (the round has none, or a survey is named), `values.which_instrument` (several,
    none named), `store.no_instrument`.
    """
    survey_round = pinned(ws, round_id).survey_round
    instrument_ids = [instrument.id for instrument in survey_round.taken_over]
    if not instrument_ids or instrument_id in [survey.id for survey in survey_round.surveys]:
        raise StoreError("values.no_instrument", where=round_id, got=instrument_id, expected=", ".join(instrument_ids))
    if not instrument_id and len(instrument_ids) > 1:
        raise StoreError("values.which_instrument", where=round_id, expected=", ".join(instrument_ids))
    chosen_instrument = chosen(ws.rounds.instruments(round_id), round_id, instrument_id or instrument_ids[0])
    return Workbench(ws, round_id).at(chosen_instrument.instrument_id)


def _name_of(bench: Workbench, sha256: str) -> str:
    """The name under which the file of the present values came, if it is this one."""
    run = current_run(bench.ws, bench.place(VALUES.name))
    if run is None or run.inputs[run.place.instrument_id].get("file") != sha256:
        return ""
    name: str = run.settings["call"]["file_name"]
    return name


def _report(bench: Workbench, facts: Mapping[str, Any], *, is_new: bool) -> ValuesReport:
    rules = bench.round_parts.of_values(bench.instrument.instrument_id).rules
    return ValuesReport(
        instrument_id=rules.id,
        source_vi=rules.source_vi,
        file_name=facts["file_name"],
        sha256=facts["file"],
        n_units=facts["n_units"],
        has_province=facts["has_province"],
        nodes=tuple(facts["nodes"]),
        nodes_with_errors=tuple(facts["nodes_with_errors"]),
        nodes_as_shares=tuple(facts["nodes_as_shares"]),
        ended=tuple(facts["ended"]),
        is_new=is_new,
    )
