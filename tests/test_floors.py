"""Who may import whom, who may write, what lower rooms must not know; each rule is tried on a planted breach.

An import counts for the floors wherever it stands: in a function or for types only, the module still rests on the
other. For circles only what runs at import counts: a circle there fails or not by who is imported first, while one
that goes through a function body is complete before the function is called.
"""

import ast
import graphlib
import sys
import tomllib
from collections.abc import Iterable, Mapping

import pytest
from imports import PACKAGES, ROOT, dotted, graph_of, modules, names_imported, parsed

# A module may import from earlier groups only; within a group only inside its own package.
SAMPLING = [
    "numbers",
    "linear exact codes arguments",
    "tables",
    "frame size design disposition intervals",
    "allocation selection weighting sums",
    "pairs",
    "manifest estimation",
    "replication drivers",
]
SIPAS = [
    "cells",
    "words",
    "canonical datafiles unitevent",
    "files units tree entries caseid foldernames framekinds",
    "questionnaire rulebook indices plan quotas acts",
    "weighting",
    "rounds returns scoring valuetable",
    "frames fieldwork appraisal raters",
    "parindex",
    "ranking",
    "trace audit",
    "steps",
    "publish",
    "example",
    "store",
    "jobs",
]
FLOOR = {f"sampling.{m}": n for n, group in enumerate(SAMPLING) for m in group.split()}
FLOOR |= {f"sipas.{m}": 100 + n for n, group in enumerate(SIPAS) for m in group.split()}
FLOOR |= {"errors": -1, "flows": 1000}
ALONE = {"sampling.verify_draw"}  # stands by itself: read and run by outsiders
# Wings of a package: a module may import from its own wing and from earlier ones; modules in no wing stand at the end.
WINGS = {
    "sipas.store": ["disk", "ledger", "files", "office", "rounds", "field"],
    "sipas.publish": ["wording", "xlsx", "word", "field", "rules", "round"],
    "sipas.jobs": ["faults", "stepruns", "prepare", "sample", "field", "results"],
}
# What a step makes depends on its inputs and its code: no text, page or place on disk may reach it, however far down.
UNREACHED = {"sipas.steps": ("sipas.store", "sipas.publish", "errors.messages", "sipas.words")}
WRITERS = {
    "to_csv",
    "to_parquet",
    "to_excel",
    "to_feather",
    "write_text",
    "write_bytes",
    "mkdir",
    "unlink",
    "rmdir",
    "touch",
}
WRITER_FUNCTIONS = {
    "os.replace",
    "os.rename",
    "os.remove",
    "shutil.copy",
    "shutil.move",
    "shutil.copyfile",
    "shutil.copytree",
    "shutil.rmtree",
    "pickle.dump",
}
CLOCKS = {"datetime.now", "datetime.utcnow", "date.today", "time.time", "os.environ", "os.getenv"}


def room_of(module: str) -> str | None:
    """The room a module belongs to: sampling.sums, sipas.files (of sipas.files.gate), flows (of anything in it)."""
    top = module.split(".")[0]
    if top in ("errors", "flows"):
        return top
    name = ".".join(module.split(".")[:2])
    return name if name in FLOOR else None


def floor_faults(module: str, source: str) -> list[str]:
    """Imports of one module that go up, sideways into another room, or out of bounds."""
    own, faults = room_of(module), []
    for name in names_imported(module, source):
        top = name.split(".")[0]
        if top == "prefect" and own != "flows":
            faults.append(f"{module}: imports prefect")
        if top == "httpx" and not module.startswith("sipas.jobs"):
            faults.append(f"{module}: imports httpx")
        if top in ("sqlalchemy", "alembic") and own != "sipas.store":
            faults.append(f"{module}: imports {top}")
        other = room_of(name)
        if other is None or own is None or other == own:
            continue
        if FLOOR[other] >= FLOOR[own]:
            faults.append(f"{module}: imports {name}")
    return faults


def wing_faults(module: str, source: str) -> list[str]:
    """Imports of one module from a later wing of its own package."""
    package = ".".join(module.split(".")[:2])
    wings = [*WINGS.get(package, ()), ""]

    def place(name: str) -> int:
        wing = name.removeprefix(package).removeprefix(".").split(".")[0]
        return wings.index(wing) if wing in wings else len(wings)

    others = [one for one in names_imported(module, source) if f"{one}.".startswith(f"{package}.")]
    return [f"{module}: imports {one}" for one in others if package in WINGS and place(one) > place(module)]


def circle_faults(known: Mapping[str, str]) -> list[str]:
    """A circle of modules that import each other when they are imported, within a package too."""
    try:
        graphlib.TopologicalSorter(graph_of(known, at_import=True)).prepare()
    except graphlib.CycleError as error:
        return [" <- ".join(error.args[1])]
    return []


def reach_faults(known: Mapping[str, str]) -> list[str]:
    """Modules that a room must not reach, and the way there: imports of imports and inside functions too."""
    graph, faults = graph_of(known), []
    for start in known:
        barred = UNREACHED.get(room_of(start) or "", ())
        ways = {start: start} if barred else {}
        waiting = list(ways)
        while waiting:
            module = waiting.pop()
            for other in sorted(graph[module] - set(ways)):
                ways[other] = f"{ways[module]} -> {other}"
                waiting.append(other)
                if f"{other}.".startswith(tuple(f"{one}." for one in barred)):
                    faults.append(ways[other])
    return faults


def write_faults(module: str, source: str) -> list[str]:
    """Calls that write to disk, outside the store."""
    faults = []
    if module.startswith("sipas.store"):
        return faults
    for node in ast.walk(parsed(source)):
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        last = name.split(".")[-1] if name else getattr(node.func, "attr", "")
        to_memory = last == "to_csv" and node.args and dotted(node.args[0]) == "text"
        own_api = name.endswith("outputs.write_bytes")
        if (last in WRITERS and not to_memory and not own_api) or name in WRITER_FUNCTIONS:
            faults.append(f"{module}: {name or last} (line {node.lineno})")
        if last == "open":
            modes = [
                one.value for one in [*node.args, *(k.value for k in node.keywords)] if isinstance(one, ast.Constant)
            ]
            if any(
                isinstance(mode, str) and 0 < len(mode) <= 3 and (mode[0] in "wax" or "+" in mode) for mode in modes
            ):
                faults.append(f"{module}: open for writing (line {node.lineno})")
    return faults


def clock_faults(module: str, source: str) -> list[str]:
    """Clock and environment below the jobs: results must depend on inputs only."""
    if module.startswith(("sipas.store", "flows")):
        return []
    return [
        f"{module}: {dotted(node)} (line {node.lineno})"
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.Attribute) and ".".join(dotted(node).split(".")[-2:]) in CLOCKS
    ]


def homeless(names: Iterable[str]) -> list[str]:
    """Modules in no group."""
    return [one for one in names if room_of(one) is None and one not in {"sampling", "sipas", *ALONE}]


def stranger_faults(module: str, source: str) -> list[str]:
    """Sampling knows no pipeline; the verifier needs nothing but Python."""
    tops = {name.split(".")[0] for name in names_imported(module, source)}
    strangers = tops & {"sipas", "flows"} if module.startswith("sampling") else set()
    if module in ALONE:
        strangers |= tops - sys.stdlib_module_names
    return [f"{module}: imports {one}" for one in sorted(strangers)]


def test_every_package_is_packed() -> None:
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    assert sorted(PACKAGES) == sorted(set(packed) - {"sipas.data"})


def test_every_module_has_a_floor() -> None:
    assert homeless(modules()) == []
    assert homeless(["sipas.new_room", "sampling.verify_draw"]) == ["sipas.new_room"]


@pytest.mark.parametrize("check", [floor_faults, wing_faults, write_faults, clock_faults, stranger_faults])
def test_the_house_keeps_its_rules(check) -> None:
    assert [fault for module, source in modules().items() for fault in check(module, source)] == []


def test_no_module_imports_in_a_circle_and_steps_reach_no_text_page_or_disk() -> None:
    assert circle_faults(modules()) == []
    assert reach_faults(modules()) == []


@pytest.mark.parametrize(
    ("module", "line", "check"),
    [
        ("sampling.sums", "from sipas.units import Unit", floor_faults),
        ("sampling.sums", "from sampling.estimation import share", floor_faults),
        ("sipas.scoring", "from sipas.parindex import par_index", floor_faults),
        ("sipas.scoring", "from sipas import parindex", floor_faults),
        ("sipas.units", "import prefect", floor_faults),
        ("sipas.units", "import httpx", floor_faults),
        ("sipas.trace", "import sqlalchemy", floor_faults),
        ("sipas.jobs.sample.draw", "from sqlalchemy import Connection", floor_faults),
        ("flows.frame", "from alembic import command", floor_faults),
        ("sipas.returns", "from . import parindex", floor_faults),
        ("sipas.returns", "from .parindex import par_index", floor_faults),
        ("sipas.files.gate", "from ..store import workspace", floor_faults),
        ("sipas.files", "from ..store import workspace", floor_faults),
        ("sipas.files.gate", "def late():\n    from ..returns import judge", floor_faults),
        ("sipas.units", "if TYPE_CHECKING:\n    from sipas.tree import Tree", floor_faults),
        ("sipas.steps.weight", "from sipas.publish.wording import Wording", floor_faults),
        ("sipas.steps.weight", "from sipas.store.files.snapshots import Snapshots", floor_faults),
        ("sipas.audit.tables", "from sipas.steps.weight import make", floor_faults),
        ("sipas.units", "from sipas.tree import Tree", floor_faults),
        ("sipas.jobs.results.merge", "from flows.cli import main", floor_faults),
        ("sipas.publish.round.workbook", "path.write_bytes(data)", write_faults),
        ("sampling.frame", "frame.to_csv('x.csv')", write_faults),
        ("sipas.jobs.results.export", "open(place, 'w', encoding='utf-8')", write_faults),
        ("sipas.jobs.results.export", "place.open('wb')", write_faults),
        ("flows.cli.demo", "os.replace(a, b)", write_faults),
        ("flows.cli.demo", "shutil.rmtree(folder)", write_faults),
        ("sipas.files.gate", "path.open('r+b')", write_faults),
        ("sipas.returns", "now = datetime.now()", clock_faults),
        ("sampling.selection", "os.environ['SEED']", clock_faults),
        ("sampling.tables", "from sipas import units", stranger_faults),
        ("sampling.verify_draw", "import numpy", stranger_faults),
        ("sampling.verify_draw", "from .manifest import verify", stranger_faults),
    ],
)
def test_a_planted_breach_is_caught(module: str, line: str, check) -> None:
    assert len(check(module, line)) >= 1


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ("from sipas.store import ledger", True),
        ("from . import ledger", True),
        ("from .ledger import Ledger", True),
        ("import sipas.store.ledger as book", True),
        ("class Late:\n    from .ledger import Ledger", True),
        ("try:\n    from .ledger import Ledger\nexcept ImportError:\n    pass", True),
        ("def late():\n    from .ledger import Ledger", False),
        ("if TYPE_CHECKING:\n    from .ledger import Ledger", False),
        ("if typing.TYPE_CHECKING:\n    pass\nelse:\n    from .ledger import Ledger", True),
    ],
)
def test_a_planted_circle_inside_a_package_is_caught(source: str, is_found: bool) -> None:
    planted = {
        "sipas.store": "",
        "sipas.store.ledger": "from sipas.store.audit import Audit",
        "sipas.store.audit": "from .base import Base",
        "sipas.store.base": source,
    }
    assert bool(circle_faults(planted)) is is_found


def test_a_planted_way_from_a_step_to_the_texts_is_caught() -> None:
    house = {"errors.messages": "", "errors.messages.shown": "", "sipas.scoring": ""}
    step = {"sipas.steps.score": "from sipas.scoring import score"}
    assert reach_faults({**house, **step}) == []
    house["sipas.scoring"] = "def late():\n    from errors.messages.shown import text"
    (way,) = reach_faults({**house, **step})
    assert way == "sipas.steps.score -> sipas.scoring -> errors.messages.shown"
