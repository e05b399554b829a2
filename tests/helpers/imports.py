"""What the modules of the house import, read from their source."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / package for package in ("errors", "sampling", "sipas", "flows")]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def modules() -> dict[str, str]:
    """Source of every module by its name; a package's is that of its __init__."""
    paths = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]
    return {name_of(path): path.read_text(encoding="utf-8") for path in paths}


PACKAGES = {name_of(path) for folder in FOLDERS for path in folder.rglob("__init__.py")}


parsed = functools.cache(ast.parse)  # every rule reads every module


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def nodes_at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when the module is imported: not in functions, not for types only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and dotted(node.test).split(".")[-1] == "TYPE_CHECKING":
            for other in node.orelse:
                yield other
                yield from nodes_at_import(other)
            continue
        yield node
        yield from nodes_at_import(node)


def imports_of(module: str, source: str, *, at_import: bool = False) -> list[tuple[str, str]]:
    """What a module imports, relative ones resolved: (a, a.b) of `from a import b`, (a, a) of `import a`.

    at_import: only what runs when the module itself is imported.
    """
    tree, found = parsed(source), []
    for node in nodes_at_import(tree) if at_import else ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                # One dot is the package: of its __init__ the own name, of a module the name above.
                parts = [*module.split("."), *(["__init__"] if module in PACKAGES else [])]
                base = ".".join([*parts[: -node.level], *([base] if base else [])])
            found += [(base, f"{base}.{alias.name}") for alias in node.names]
    return found


def names_imported(module: str, source: str) -> list[str]:
    """Every name an import may stand for: of `from a import b` both a and a.b."""
    return sorted({name for pair in imports_of(module, source) for name in pair})


def graph_of(known: Mapping[str, str], *, at_import: bool = False) -> dict[str, set[str]]:
    """The modules that each module imports: a.b of `from a import b` where b is a module, else a."""
    return {
        module: {
            full if full in known else base
            for base, full in imports_of(module, source, at_import=at_import)
            if full in known or base in known
        }
        for module, source in known.items()
    }
