"""Notebooks run from top to bottom on a finished round; their own assertions are the test."""

import ast
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from matplotlib import pyplot

from sipas.store.workspace import Workspace

pytestmark = pytest.mark.full

FOLDER = Path(__file__).parents[3] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells_of(path: Path) -> list[dict]:
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def run(path: Path) -> None:
    names: dict[str, object] = {}
    for cell in cells_of(path):
        exec(compile("".join(cell["source"]), f"{path.name}, {cell['id']}", "exec"), names)


@pytest.fixture
def no_window() -> Iterator[None]:
    """Pictures are drawn into memory and forgotten."""
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


def at_home(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIPAS_HOME", str(ws.root))


@each_notebook
def test_notebook_runs(path: Path, finished, no_window: None, monkeypatch: pytest.MonkeyPatch) -> None:
    at_home(finished.ws, monkeypatch)
    run(path)


@each_notebook
def test_notebook_asserts_and_holds_nothing_of_a_round(path: Path) -> None:
    cells = cells_of(path)
    asserts = [node for cell in cells for node in ast.walk(ast.parse("".join(cell["source"]))) if is_assert(node)]
    assert len(asserts) >= 4  # a notebook that only shows numbers tests nothing
    assert not [cell["id"] for cell in cells if cell["outputs"] or cell["execution_count"] is not None]


def is_assert(node: ast.AST) -> bool:
    return isinstance(node, ast.Assert)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("frame.csv", b",done\n", b",overdue\n"),  # one dossier of the sealed frame
        ("draw.csv", b",0,", b",1,"),  # one case of the main sample called a reserve
        ("manifest.json", b'"value":"48207"', b'"value":"48208"'),  # the public value
        ("manifest.json", b'"nonce":"', b'"nonce":"0'),  # a number that was not promised
    ],
)
def test_frame_and_draw_finds_a_changed_file(
    name: str, old: bytes, new: bytes, copied, no_window: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home(copied.ws, monkeypatch)
    path = copied.ws.files.outputs.path(f"{copied.ws.rounds.default()}/chon-mau/{name}")
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    with pytest.raises(AssertionError):
        run(FOLDER / "01_frame_and_draw.ipynb")


def test_weights_find_another_result_of_r(
    finished, no_window: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    at_home(finished.ws, monkeypatch)
    copied = tmp_path / "tests/reference/notebook_02"
    shutil.copytree(FOLDER.parent / "tests/reference/notebook_02", copied)
    monkeypatch.chdir(tmp_path)
    path = copied / "reference.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    stored["std_error"][-1] *= 1 + 1e-8
    path.write_text(json.dumps(stored), encoding="utf-8")
    with pytest.raises(AssertionError):
        run(FOLDER / "02_weights.ipynb")


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS
