"""Hash of the code behind a step: its module, everything that one imports, and the libraries that compute.

The closure is static: imports at the top and inside functions count, those under TYPE_CHECKING do not, nor do the words
of errors (WORDS). So a changed label makes no weight stale, and a changed reader makes every received file's step
another one. Importing a module runs the packages around it, so all that these import counts too.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from errors.templates import data_folder

PACKAGES: Final = ("errors", "sampling", "sipas")
# What an error says when it is printed. It ends a step without a result, so no result holds any of these words.
WORDS: Final = ("errors.texts",)
# A closure that holds this prints words of data/words.csv and data/texts: a changed word makes another page.
PRINTED: Final = "sipas.words"
# Libraries whose version can change a number or a byte of an output, by the name they are imported under.
LIBRARIES: Final = {
    "cryptography": "cryptography",
    "docx": "python-docx",
    "duckdb": "duckdb",
    "numpy": "numpy",
    "pandas": "pandas",
    "pyarrow": "pyarrow",
    "pydantic": "pydantic",
    "pyreadstat": "pyreadstat",
    "python_calamine": "python-calamine",
    "scipy": "scipy",
    "statsmodels": "statsmodels",
    "xlsxwriter": "xlsxwriter",
}


@dataclass(frozen=True)
class Code:
    """sha256 over names and text of the modules of a closure; libraries: version by distribution."""

    sha256: str
    modules: tuple[str, ...]
    libraries: tuple[tuple[str, str], ...]


@lru_cache(maxsize=64)
def code_of(roots: tuple[str, ...]) -> Code:
    """Code behind some modules, as installed: the same on every computer with the same versions."""
    modules = closure(roots)
    digest = hashlib.sha256()
    for module in modules:
        text = _text(module)
        digest.update(f"{module}\n{len(text)}\n".encode() + text)
    if PRINTED in modules:
        digest.update(_printed_words())
    used = sorted({name for module in modules for name in _imports(module)[1] if name in LIBRARIES})
    libraries = tuple((LIBRARIES[name], version(LIBRARIES[name])) for name in used)
    return Code(digest.hexdigest(), modules, libraries)


def _printed_words() -> bytes:
    folder = data_folder()
    files = (folder / "words.csv", *sorted((folder / "texts").glob("*.csv")))
    return b"".join(file.read_bytes().replace(b"\r\n", b"\n") for file in files)


def closure(roots: tuple[str, ...]) -> tuple[str, ...]:
    """All modules of our packages that are run when the roots are imported and used, but WORDS; sorted."""
    modules: set[str] = set()
    waiting = [name for root in roots for name in _with_parents(root)]
    while waiting:
        module = waiting.pop()
        if module not in modules and module not in WORDS:
            modules.add(module)
            waiting += [parent for name in _imports(module)[0] for parent in _with_parents(name)]
    return tuple(sorted(modules))


def _with_parents(module: str) -> list[str]:
    """A module and the packages around it: importing it runs them too."""
    parts = module.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts) + 1)]


@lru_cache(maxsize=1024)
def _imports(module: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Modules of our packages that a module imports, and the other top-level names it imports."""
    names: set[str] = set()
    others: set[str] = set()
    for name in _names(ast.parse(_text(module)), module):
        top = name.split(".")[0]
        if top not in PACKAGES:
            others.add(top)
        elif _path(name) is not None:
            names.add(name)
        elif _path(name.rpartition(".")[0]) is not None:  # a name inside a module
            names.add(name.rpartition(".")[0])
    return tuple(sorted(names)), tuple(sorted(others))


def _names(tree: ast.AST, module: str) -> Iterator[str]:
    """Everything imported anywhere in a module, in full; `from a import b` gives a.b."""
    for node in _running(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, module)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _base(node: ast.ImportFrom, module: str) -> str:
    """The module that `from ... import` names, a relative one in full."""
    if not node.level:
        return node.module or ""
    is_package = _is_package(module)
    package = module.split(".")[: len(module.split(".")) - node.level + is_package]
    return ".".join([*package, *([node.module] if node.module else [])])


def _running(tree: ast.AST) -> Iterator[ast.stmt]:
    """Statements of a tree, without what stands under `if TYPE_CHECKING`; imports are statements, so expressions need
    no look."""
    blocks = [getattr(tree, name, []) for name in ("body", "orelse", "finalbody", "handlers", "cases")]
    if isinstance(tree, ast.If) and ast.unparse(tree.test) == "TYPE_CHECKING":
        blocks = [tree.orelse]
    for node in (statement for block in blocks if isinstance(block, list) for statement in block):
        if isinstance(node, ast.stmt):
            yield node
        yield from _running(node)


@lru_cache(maxsize=2048)
def _path(module: str) -> Path | None:
    """File of a module of ours, None when there is no such module."""
    top, *rest = module.split(".")
    place = _root(top).joinpath(*rest)
    if (place / "__init__.py").is_file():
        return place / "__init__.py"
    file = place.with_suffix(".py")
    return file if rest and file.is_file() else None


def _is_package(module: str) -> bool:
    path = _path(module)
    return path is not None and path.name == "__init__.py"


@lru_cache(maxsize=4)
def _root(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(package)
    return Path(next(iter(spec.submodule_search_locations)))


@lru_cache(maxsize=1024)
def _text(module: str) -> bytes:
    path = _path(module)
    if path is None:
        raise ModuleNotFoundError(module)
    return path.read_bytes().replace(b"\r\n", b"\n")
