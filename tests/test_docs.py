"""What the documents point to is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
# Folders of this project: a path that begins otherwise lies in a workspace.
OURS = re.compile(r"`((?:sampling|sipas|flows|data|docs|tests|notebooks|benchmarks|\.ci)/[^`\s]*)`")


def missing(text: str) -> list[str]:
    """Paths in backticks that lead nowhere; a module may stand without its ending, `...` for any folders."""
    named = OURS.findall(text)
    return [one for one in named if "<" not in one and not any(ROOT.glob(_pattern(one)))]


def _pattern(path: str) -> str:
    pattern = path.rstrip("/").replace("...", "**")
    return pattern if (ROOT / pattern).exists() or "." in pattern.rpartition("/")[2] else f"{pattern}.py"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_exists(document: Path) -> None:
    assert missing(document.read_text(encoding="utf-8")) == []


def test_a_path_that_leads_nowhere_is_found() -> None:
    text = "`sipas/frames`, `sipas/returns.py`, `sampling/exact`, `data/rulebooks/.../survey_links.csv`: `sipas/x.py`"
    assert missing(text) == ["sipas/x.py"]
