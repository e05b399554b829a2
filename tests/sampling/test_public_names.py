"""The names of `sampling`: each says what it does with an example that runs, and importing one loads only its part."""

import ast
import doctest
import inspect
import subprocess
import sys

import pytest
from imports import modules, parsed

import sampling

EXAMPLES = doctest.DocTestFinder(recurse=False)


@pytest.mark.parametrize("name", sampling.__all__)
def test_the_example_in_the_help_runs(name: str) -> None:
    thing = getattr(sampling, name)
    (example,) = EXAMPLES.find(thing, name, globs=vars(inspect.getmodule(thing)).copy())
    assert example.examples, "no example"
    assert doctest.DocTestRunner().run(example).failed == 0


@pytest.mark.parametrize("name", sampling.__all__)
def test_options_are_named_in_the_signature(name: str) -> None:
    parameters = inspect.signature(getattr(sampling, name)).parameters.values()
    assert all(one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL) for one in parameters)


def test_names_for_readers_of_types_are_those_that_are_loaded() -> None:
    tree = ast.parse(inspect.getsource(sampling))
    (block,) = [one for one in tree.body if isinstance(one, ast.If)]
    typed = {alias.name: node.module for node in block.body for alias in node.names}
    assert typed == {name: f"sampling.{place}" for name, place in sampling._PLACE.items()}
    assert sorted(typed) == sampling.__all__ == sorted(dir(sampling))
    assert not hasattr(sampling, "nothing")


def test_a_name_loads_only_its_part() -> None:
    code = "import sys, sampling; sampling.yamane; print([m for m in sys.modules if m.startswith('sampling.')])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert ast.literal_eval(found) == ["sampling.numbers", "sampling.size"]


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
