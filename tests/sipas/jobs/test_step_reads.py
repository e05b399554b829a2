"""Every step run again on just what its run recorded: it opens nothing else, and nothing is declared in vain."""

from __future__ import annotations

import hashlib
import sys
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from sampled import first_of
from small_round import ROUND, Office
from sqlalchemy import event
from values_round import new_values_office

from sipas.canonical import canonical_table, parquet_bytes
from sipas.jobs.stepruns.ledgerreads import EARLIER
from sipas.jobs.stepruns.steps import STEPS
from sipas.jobs.stepruns.workbench import Workbench
from sipas.steps import given as given_module
from sipas.steps.declare import NOTHING, Reads, Step, StepResult, UndeclaredRead
from sipas.steps.given import FileGiven, Given, Inputs, Source, seen
from sipas.store.stepruns import current_runs_of

pytestmark = pytest.mark.full

DATA = Path(__file__).parents[3] / "data"
# Words that a page prints are part of the code that prints it, read once in a process.
WORDS = (str(DATA / "words.csv"), str(DATA / "texts"))
_OPENED: list[str] = []
_LISTENING: list[bool] = []


def _listen(name: str, arguments: tuple) -> None:
    """Audit hook of the interpreter: files and databases opened while a step is made."""
    if _LISTENING and name in ("open", "sqlite3.connect") and arguments and isinstance(arguments[0], str | bytes):
        _OPENED.append(str(arguments[0]))


sys.addaudithook(_listen)


def _other_words(*_parts: object) -> str:
    return "other words"


@contextmanager
def watched(office: Office):
    """What is opened of workspace and packaged data, and every statement sent to the ledger, in the block."""
    found: list[str] = []

    def statement(_connection, _cursor, text, *_rest) -> None:
        found.append(text)

    engines = (office.ws.ledger._read, office.ws.ledger._write)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", statement)
    _OPENED.clear()
    _LISTENING.append(True)
    try:
        yield found
    finally:
        _LISTENING.clear()
        for engine in engines:
            event.remove(engine, "before_cursor_execute", statement)
        roots = (str(office.ws.root), str(DATA))
        found += [one for one in _OPENED if one.startswith(roots) and not one.startswith(WORDS)]


@pytest.fixture
def sections(monkeypatch):
    """Sections of round.toml that were looked at, by kind of model."""
    looked: dict[str, set[str]] = defaultdict(set)
    original = given_module._Seen.__getattr__

    def recorded(self, name: str):
        kind = type(self._model)
        if name in kind.model_fields and name not in self._inner:
            looked[kind.__name__].add(name)
        return original(self, name)

    monkeypatch.setattr(given_module._Seen, "__getattr__", recorded)
    return looked


@pytest.fixture(scope="module")
def with_values(tmp_path_factory) -> Office:
    """A round with a survey and an instrument without respondents."""
    return new_values_office(tmp_path_factory.mktemp("with-values"))


def run_of(office: Office, step: str):
    """The run of a step; of received files that of the first one."""
    runs = [one for one in current_runs_of(office.ws, ROUND) if one.place.step.split("/")[0] == step]
    first = hashlib.sha256(before_any()).hexdigest()
    earlier = [one.inputs[one.place.instrument_id].get("ledger/earlier") for one in runs]
    return runs[earlier.index(first if step == "receive" else None)]


def before_any() -> bytes:
    """The answers of earlier files, before the first: no copy of this read is kept."""
    return parquet_bytes(canonical_table(EARLIER.arrow(pd.DataFrame(columns=EARLIER.names(), dtype="str"))))


def again(office: Office, step: Step, run) -> tuple[StepResult, set[str], list[str]]:
    """The step made again from memory alone: what it gives, the hashes it read, what it opened besides."""
    ws, whole = office.ws, Workbench(office.ws, ROUND).round_parts
    hashes = {sha for own in run.inputs.values() for name, sha in own.items()}
    file_sha = run.inputs[run.place.instrument_id].get("file")
    passing = {hashlib.sha256(before_any()).hexdigest(): before_any()} if step.reads.passing else {}
    known = passing | {one: ws.files.snapshots.read_bytes(one) for one in hashes - set(passing) if one != file_sha}
    keys = {name: ws.key(name) for name in step.reads.keys}
    used: set[str] = set()

    def read(sha: str) -> bytes:
        used.add(sha)
        return known[sha]

    def make(file: FileGiven | None) -> StepResult:
        source = Source(read, keys.__getitem__, file)
        given = Given(step, whole, run.place.instrument_id, Inputs(run.settings["call"], run.inputs), source)
        with watched(office) as found, pytest.MonkeyPatch.context() as patch:
            for words in ("english", "place_of"):  # no result depends on what an error says
                patch.setattr(f"errors.{words}", _other_words)
            made = step.make(given)
        opened.extend(one for one in found if file is None or one != str(file.path))
        return made

    opened: list[str] = []
    if file_sha is None:
        return make(None), used, opened
    with ws.field.received.opened(file_sha) as path:
        return make(FileGiven(path, f"tệp{path.suffix}")), used, opened


WITH_VALUES = ("values", *(name for name, step in STEPS.items() if step.scope == "round"))


@pytest.mark.parametrize(
    ("round_name", "name"),
    [
        *(("finished", name) for name in STEPS if name != "values"),
        *first_of(1, [("with_values", name) for name in WITH_VALUES]),
    ],
)
def test_a_step_opens_what_it_declared_and_all_of_it(request, sections, round_name: str, name: str) -> None:
    office: Office = request.getfixturevalue(round_name)
    sections.clear()  # of the steps that made the round
    step, run = STEPS[name], run_of(office, name)
    made, used, opened = again(office, step, run)
    assert opened == []
    for output, sha in run.outputs.items():
        value = made.outputs[output]
        data = value if isinstance(value, bytes) else parquet_bytes(canonical_table(value))
        assert office.ws.files.snapshots.read_bytes(sha) == data
    unread = {
        key
        for own in run.inputs.values()
        for key, sha in own.items()
        if sha not in used and key.split("/")[0] not in (*PINS, "file")
    }
    assert unread == CITED.get(name, set())
    both = (step.reads, step.survey_reads, *([step.values_reads] if round_name == "with_values" else []))
    own = {step.holder: step.reads.rules}
    rules = {*own.get("survey", ()), *step.survey_reads.rules}
    assert sections["InstrumentRules"] == {one.split(".")[0] for one in rules}
    if round_name == "with_values":
        assert sections["ValuesRules"] == {*own.get("values", ()), *step.values_reads.rules}
    for section, kind in (("plan", "PlanPart"), ("fieldwork", "FieldworkPart"), ("frame", "FramePart")):
        assert sections[kind] == {one.split(".")[1] for one in rules if one.startswith(f"{section}.")}
    units = {"units"}  # read by the lists of units themselves, not through the section
    assert sections["RoundHead"] - units == {one for reads in both for one in reads.head} - units


# The explanation of a number prints the hashes of frame and sample, and opens neither.
CITED = {"traces": {"frame/frame", "draw/sample"}}
PINS = ("round", "units", "questionnaire", "index", "rulebook")


def test_what_is_not_declared_cannot_be_opened(finished: Office) -> None:
    run = run_of(finished, "weight")
    step = Step("weight", "instrument", lambda given: StepResult({}), NOTHING)
    inputs = Inputs({}, run.inputs)
    source = Source(finished.ws.files.snapshots.read_bytes, finished.ws.key)
    given = Given(step, Workbench(finished.ws, ROUND).round_parts, run.place.instrument_id, inputs, source)
    for call in (
        lambda: given.table("frame/frame"),
        lambda: given.tables("receive/responses"),
        lambda: given.has("draw/pairs"),
        lambda: given.ledger("counted"),
        lambda: given.key("dossier"),
        lambda: given.setting("value"),
        lambda: given.file,
        lambda: given.questionnaire,
        lambda: given.index,
        lambda: given.rulebooks,
        lambda: given.register,
        lambda: given.rated_units(),
        lambda: given.rules.plan,
        lambda: given.head.year,
    ):
        with pytest.raises(UndeclaredRead):
            call()


def test_properties_of_a_model_see_declared_sections_only(finished: Office) -> None:
    rules = Workbench(finished.ws, ROUND).parts.rules
    assert seen(rules, ("plan",)).layout == rules.layout
    with pytest.raises(UndeclaredRead):
        _ = seen(rules, ("weights",)).layout


def test_reads_of_a_step_name_steps_that_exist() -> None:
    for step in STEPS.values():
        for reads in (step.reads, step.survey_reads, step.values_reads):
            assert isinstance(reads, Reads)
            for output in (*reads.outputs, *reads.maybe, *reads.every):
                assert output.split("/")[0] in STEPS
