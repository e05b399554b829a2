"""Notebooks run from top to bottom on a finished round; their own assertions are the test."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[3] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, finished, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIPAS_HOME", str(finished.ws.root))
    notebook = json.loads(path.read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert abs(names["stored"] - 100 * names["share"]) < 1e-9
    assert not [cell for cell in notebook["cells"] if cell.get("outputs")]  # nothing of a round is committed


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS
