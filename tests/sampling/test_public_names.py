"""The names of `sampling`: each says what it does with an example that runs, and importing one loads only its part."""

import ast
import builtins
import csv
import doctest
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from imports import modules, parsed
from raise_sites import literals_of

import sampling

EXAMPLES = doctest.DocTestFinder(recurse=False)
DONE = sorted(name for names in sampling._PLACES.values() for name in names)  # what people call; the rest are types
OF_PYTHON = {"typing", "collections.abc", "pathlib"}


@pytest.mark.parametrize("name", DONE)
def test_the_example_in_the_help_runs(name: str) -> None:
    thing = getattr(sampling, name)
    (example,) = EXAMPLES.find(thing, name, globs=vars(inspect.getmodule(thing)).copy())
    assert example.examples, "no example"
    assert doctest.DocTestRunner().run(example).failed == 0


@pytest.mark.parametrize("name", DONE)
def test_options_are_named_in_the_signature(name: str) -> None:
    parameters = inspect.signature(getattr(sampling, name)).parameters.values()
    assert all(one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL) for one in parameters)


def test_names_for_readers_of_types_are_those_that_are_loaded() -> None:
    tree = ast.parse(inspect.getsource(sampling))
    (block,) = [one for one in tree.body if isinstance(one, ast.If)]
    typed = {alias.name: node.module for node in block.body for alias in node.names}
    assert typed == sampling._PLACE
    assert sorted(typed) == sampling.__all__ == sorted(dir(sampling))
    assert not hasattr(sampling, "nothing")


def annotations(thing: object) -> list[str]:
    """What the signature of a function says, or the fields and public methods of a class."""
    if not inspect.isclass(thing):
        return list(getattr(thing, "__annotations__", {}).values())
    methods = [one.fget if isinstance(one, property) else one for name, one in vars(thing).items() if name[0] != "_"]
    said = [text for one in methods if inspect.isfunction(one) for text in one.__annotations__.values()]
    return [*vars(thing).get("__annotations__", {}).values(), *said]


def named(thing: object) -> set[str]:
    """Names of types in what annotations say, those of Python and of other packages apart."""
    module = vars(inspect.getmodule(thing))
    parsed_texts = [ast.walk(ast.parse(text, mode="eval")) for text in annotations(thing)]
    names = {node.id for nodes in parsed_texts for node in nodes if isinstance(node, ast.Name)}
    names = {name for name in names if not hasattr(builtins, name) and not inspect.ismodule(module.get(name))}
    return {name for name in names if getattr(module.get(name), "__module__", "") not in OF_PYTHON}


@pytest.mark.parametrize("name", sorted(set(sampling.__all__) - set(sampling._TYPES["errors"])))
def test_types_that_help_names_can_be_imported(name: str) -> None:
    thing = getattr(sampling, name)
    if inspect.isclass(thing) or inspect.isfunction(thing):
        assert sorted(named(thing) - set(sampling.__all__) - {"Literal"}) == []


@pytest.mark.parametrize("name", DONE)
def test_errors_and_functions_that_help_names_can_be_imported(name: str) -> None:
    thing = getattr(sampling, name)
    text = inspect.getdoc(thing) or ""
    given = set(inspect.signature(thing).parameters)
    modules_of = [import_module(f"sampling.{place}") for place in sampling._PLACES]
    parts = {one for module in modules_of for one in getattr(module, "__all__", vars(module))}
    said = set(re.findall(r"`(\w+)`", text)) & parts - given
    said |= set(re.findall(r"\b(\w+Error|FaultsFound)\b", text))
    assert sorted(said - set(sampling.__all__)) == []


def test_texts_of_the_library_name_no_command_and_no_file_of_the_program() -> None:
    """`str(error)` is read in a notebook too: what to do there is said in arguments and columns."""
    folder = Path(sampling.__file__).parents[1]
    used = {text for path in (folder / "sampling").rglob("*.py") for text in literals_of(path)}
    rows = [
        row
        for path in (folder / "data" / "messages").glob("*.csv")
        for row in csv.DictReader(path.open(encoding="utf-8", newline=""))
        if "text_en" in row and row["rule"] in used
    ]
    assert len(rows) > 100
    assert [row["rule"] for row in rows if re.search(r"\bsipas |\.toml", " ".join(row.values()))] == []


def test_a_name_loads_only_its_part() -> None:
    code = "import sys, sampling; sampling.yamane; print([m for m in sys.modules if m.startswith('sampling.')])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert ast.literal_eval(found) == ["sampling.arguments", "sampling.numbers", "sampling.size"]


def test_the_program_imports_from_the_parts_so_that_its_code_can_be_followed() -> None:
    """What a step rests on is told by its imports (sipas.store.source), where a name loaded on use is not seen."""
    parts = {name for name in modules() if name.count(".") == 1}
    wrong = [
        (module, alias.name)
        for module, source in modules().items()
        if module != "sampling"
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.ImportFrom) and node.module == "sampling"
        for alias in node.names
        if f"sampling.{alias.name}" not in parts
    ]
    assert wrong == []
