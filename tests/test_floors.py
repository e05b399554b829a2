"""Who may import whom, who may write, what lower rooms must not know; each rule is tried on a planted breach."""

import ast
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# A module may import from earlier groups only; within a group only inside its own package.
SAMPLING = [
    "errors numbers",
    "linear exact codes",
    "tables",
    "frame size design disposition intervals",
    "allocation selection weighting totals",
    "pairs",
    "manifest estimation",
    "replication drivers",
]
SIPAS = [
    "datafiles",
    "files messages units tree entries caseid framekinds",
    "questionnaire rulebook indices plan quotas recipe",
    "rounds returns scoring",
    "frames fieldwork weights appraisal raters",
    "parindex",
    "ranking",
    "trace audit",
    "publish",
    "example",
    "store",
    "jobs",
]
FLOOR = {f"sampling.{m}": n for n, group in enumerate(SAMPLING) for m in group.split()}
FLOOR |= {f"sipas.{m}": 100 + n for n, group in enumerate(SIPAS) for m in group.split()}
FLOOR["flows"] = 1000
ALONE = {"sampling.verify_draw"}  # stands by itself: read and run by outsiders
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
    """The room a module belongs to: sampling.totals, sipas.files (of sipas.files.gate), flows (of anything in it)."""
    if module.split(".")[0] == "flows":
        return "flows"
    name = ".".join(module.split(".")[:2])
    return name if name in FLOOR else None


def imports_of(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def floor_faults(module: str, source: str) -> list[str]:
    """Imports of one module that go up, sideways into another room, or out of bounds."""
    own, faults = room_of(module), []
    for name in imports_of(ast.parse(source)):
        top = name.split(".")[0]
        if top == "prefect" and own != "flows":
            faults.append(f"{module}: imports prefect")
        if top == "httpx" and not module.startswith("sipas.jobs"):
            faults.append(f"{module}: imports httpx")
        if top == "sqlalchemy" and own not in ("sipas.store", "sipas.jobs"):
            faults.append(f"{module}: imports sqlalchemy")
        other = room_of(name)
        if other is None or own is None or other == own:
            continue
        if FLOOR[other] >= FLOOR[own]:
            faults.append(f"{module}: imports {name}")
    return faults


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def write_faults(module: str, source: str) -> list[str]:
    """Calls that write to disk, outside the store."""
    faults = []
    if module.startswith("sipas.store"):
        return faults
    for node in ast.walk(ast.parse(source)):
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
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and ".".join(dotted(node).split(".")[-2:]) in CLOCKS
    ]


def modules() -> dict[str, str]:
    found = {}
    for package in ("sampling", "sipas", "flows"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            found[name] = path.read_text(encoding="utf-8")
    return found


def test_every_package_is_packed() -> None:
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in ("sampling", "sipas", "flows")
        for path in (ROOT / package).rglob("__init__.py")
    }
    assert sorted(found) == sorted(set(packed) - {"sipas.data"})


def test_every_module_has_a_floor() -> None:
    homeless = [m for m in modules() if room_of(m) is None and m not in {"sampling", "sipas", *ALONE}]
    assert homeless == []


@pytest.mark.parametrize("check", [floor_faults, write_faults, clock_faults])
def test_the_house_keeps_its_rules(check) -> None:
    assert [fault for module, source in modules().items() for fault in check(module, source)] == []


def test_sampling_knows_no_vietnam_and_the_verifier_stands_alone() -> None:
    for module, source in modules().items():
        if module.startswith("sampling"):
            assert not [name for name in imports_of(ast.parse(source)) if name.startswith(("sipas", "flows"))], module
    alone = imports_of(ast.parse((ROOT / "sampling" / "verify_draw.py").read_text(encoding="utf-8")))
    assert {name.split(".")[0] for name in alone} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("module", "line", "check"),
    [
        ("sampling.totals", "from sipas.units import Unit", floor_faults),
        ("sampling.totals", "from sampling.estimation import estimate", floor_faults),
        ("sipas.scoring", "from sipas.parindex import par_index", floor_faults),
        ("sipas.scoring", "from sipas import parindex", floor_faults),
        ("sipas.units", "import prefect", floor_faults),
        ("sipas.trace", "import sqlalchemy", floor_faults),
        ("sipas.units", "from sipas.tree import Tree", floor_faults),
        ("sipas.jobs.merge", "from flows.cli import main", floor_faults),
        ("sipas.publish.workbook", "path.write_bytes(data)", write_faults),
        ("sampling.frame", "frame.to_csv('x.csv')", write_faults),
        ("sipas.jobs.export", "open(place, 'w', encoding='utf-8')", write_faults),
        ("sipas.jobs.export", "place.open('wb')", write_faults),
        ("flows.cli.demo", "os.replace(a, b)", write_faults),
        ("flows.cli.demo", "shutil.rmtree(folder)", write_faults),
        ("sipas.files.gate", "path.open('r+b')", write_faults),
        ("sipas.returns", "now = datetime.now()", clock_faults),
        ("sampling.selection", "os.environ['SEED']", clock_faults),
    ],
)
def test_a_planted_breach_is_caught(module: str, line: str, check) -> None:
    assert len(check(module, line)) >= 1
