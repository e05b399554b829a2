"""Rulebooks of a workspace: begun, checked, taken to Excel and back, compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from errors import Fault, FaultsFound
from sipas.files import GridRow, read_grid
from sipas.foldernames import RULEBOOKS_FOLDER
from sipas.indices import load_index
from sipas.publish.rules.form import rulebook_workbook
from sipas.rulebook import Rulebook, check_links, check_rulebook, load_rulebook
from sipas.rulebook.columnmap import FILE as COLUMNS_TOML
from sipas.rulebook.columnmap import ColumnMap, read_column_map
from sipas.rulebook.content import Content, read_content, texts_of
from sipas.rulebook.diff import Change, compare
from sipas.rulebook.form import is_form, read_form
from sipas.rulebook.ownsheet import read_own_sheet
from sipas.rulebook.skeleton import draft, skeleton
from sipas.scoring import run_cases
from sipas.store.workspace import Workspace
from sipas.words import Language

_KIND = "rulebook"


@dataclass(frozen=True)
class ImportReport:
    """What came in: folder, whether it changed anything, criteria and scored ones; for an office's own table
    (`is_draft`) the sheet read, its columns by role, and how many faults are left to be filled in."""

    folder: Path
    is_new: bool
    is_draft: bool
    n_criteria: int
    n_leaves: int
    sheet: str = ""
    columns: Mapping[str, str] | None = None
    n_left: int = 0


def new_rulebook(ws: Workspace, rulebook_id: str, source: str = "") -> tuple[Path, bool]:
    """Begin a rulebook in the workspace: a commented skeleton, or a copy of `source`. The folder and whether it is new.

    A folder that is there is left as it is. StoreError `store.methodology_id`, `store.methodology_twice`,
    `store.no_methodology` (of `source`).
    """
    if source:
        is_new = ws.files.methodology.copy(_KIND, source, rulebook_id)
    elif rulebook_id in ws.files.methodology.ids(_KIND):
        is_new = False
    else:
        is_new = ws.files.methodology.put(_KIND, rulebook_id, texts_of(skeleton(rulebook_id)))
    return ws.files.methodology.folder(_KIND, rulebook_id), is_new


def export_rulebook(ws: Workspace, rulebook_id: str) -> Path:
    """Write a rulebook, sound or not yet, as outputs/rulebooks/<id>.xlsx. FaultsFound `rulebook.folder`."""
    content = read_content(ws.files.methodology.folder(_KIND, rulebook_id))
    return ws.files.outputs.write_bytes(f"{RULEBOOKS_FOLDER}/{rulebook_id}.xlsx", rulebook_workbook(content))


def import_rulebook(
    ws: Workspace, path: Path, rulebook_id: str, *, columns: Path | None = None, replace_it: bool = False
) -> ImportReport:
    """Take a workbook in as a rulebook of the workspace: our form, or an office's own table of criteria.

    Nothing is written when the file has any fault. The form must be a rulebook that loads; an own table gives a draft,
    with columns.toml beside it for the next time. columns: a mapping to use (else the one beside the rulebook, else
    methodology/rulebooks/columns.toml, else known headers). Raises what `read_grid` raises; FaultsFound
    `rulebook.form`, `rulebook.own_sheet`; StoreError `store.methodology_exists`, `store.methodology_twice`.
    """
    sheets = read_grid(path)
    if is_form(sheets):
        content = read_form(sheets, path.name)
        content = replace(content, settings={**content.settings, "id": rulebook_id})
        folder, is_new = _put(ws, rulebook_id, content, replace_it)
        rulebook = load_rulebook(folder)
        return ImportReport(folder, is_new, False, len(rulebook.criteria), len(rulebook.leaves()))
    return _import_own(ws, sheets, path.name, rulebook_id, mapping=(columns, replace_it))


def _import_own(
    ws: Workspace,
    sheets: Mapping[str, Sequence[GridRow]],
    file: str,
    rulebook_id: str,
    *,
    mapping: tuple[Path | None, bool],
) -> ImportReport:
    columns, replace_it = mapping
    own_sheet = read_own_sheet(sheets, _column_map(ws, rulebook_id, columns), file)
    is_there = rulebook_id in ws.files.methodology.ids(_KIND)
    base = read_content(ws.files.methodology.folder(_KIND, rulebook_id)) if is_there else skeleton(rulebook_id)
    folder, is_new = _put(ws, rulebook_id, draft(own_sheet, base), replace_it)
    leaves = [row for row in own_sheet.criteria if row["rule"] != "sum"]
    return ImportReport(
        folder,
        is_new,
        True,
        len(own_sheet.criteria),
        len(leaves),
        own_sheet.heads.sheet,
        own_sheet.heads.header_of,
        len(_faults_left(folder)),
    )


def _put(ws: Workspace, rulebook_id: str, content: Content, replace_it: bool) -> tuple[Path, bool]:
    is_new = ws.files.methodology.put(_KIND, rulebook_id, texts_of(content), replace=replace_it)
    return ws.files.methodology.folder(_KIND, rulebook_id), is_new


def _column_map(ws: Workspace, rulebook_id: str, named: Path | None) -> ColumnMap:
    """The mapping named, or the nearest one saved. FaultsFound `rulebook.columns` when it cannot be read."""
    root = ws.root / "methodology" / "rulebooks"
    saved = [root.joinpath(*rulebook_id.split("/"), COLUMNS_TOML), root / COLUMNS_TOML]
    path = named or next((path for path in saved if path.is_file()), None)
    if path is None:
        return ColumnMap()
    faults: list[Fault] = []
    column_map = read_column_map(path, faults)
    if faults:
        raise FaultsFound("rulebook.columns", faults, where=path.name)
    return column_map


def _faults_left(folder: Path) -> Sequence[Fault]:
    try:
        load_rulebook(folder)
    except FaultsFound as error:
        return error.faults
    return ()


def diff_rulebooks(ws: Workspace, before: str, after: str, lang: Language = "vi") -> tuple[Change, ...]:
    """Changes from one rulebook to another, as `compare`. FaultsFound `rulebook.folder` when one does not load."""
    first, second = (load_rulebook(ws.files.methodology.folder(_KIND, id_)) for id_ in (before, after))
    return compare(first, second, lang)


def check_rulebooks(ws: Workspace, rulebook_id: str) -> list[Rulebook]:
    """Sound rulebooks: the one named, or all of the workspace and the program.

    Raises FaultsFound: `rulebook.folder` of a folder that does not load, `rulebook.cases` when a worked case gives
    other points than were found by hand or a criterion is linked to an index or node that there is not.
    """
    checked = []
    nodes = {
        index_id: [node.node_code for node in load_index(ws.files.methodology.folder("index", index_id)).nodes]
        for index_id in ws.files.methodology.ids("index")
    }
    for checked_id in [rulebook_id] if rulebook_id else ws.files.methodology.ids(_KIND):
        rulebook = load_rulebook(ws.files.methodology.folder(_KIND, checked_id))
        faults = [*check_rulebook(rulebook), *check_links(rulebook, nodes), *run_cases(rulebook)]
        if faults:
            raise FaultsFound("rulebook.cases", faults, where=checked_id)
        checked.append(rulebook)
    return checked
