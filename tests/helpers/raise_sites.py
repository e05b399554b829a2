"""Where product code makes errors, read from its source: rule, facts given, and the words among them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FAULT_FACTS = ("file", "sheet", "row", "column", "got", "expected", "values")
PLACES = frozenset(FAULT_FACTS[:4])
ERRORS = ("SurveyError", "FrameError", "DesignError", "WeightError", "DataError", "RulebookError", "StoreError")
MAKERS = frozenset({"Fault", "FaultsFound", *ERRORS})


@dataclass(frozen=True)
class Site:
    """One call that makes an error. `given`: facts that are not empty; `is_open`: starred arguments may give more."""

    place: str
    rules: frozenset[str]
    given: frozenset[str]
    is_open: bool
    words: tuple[str, ...]
    shows_python: bool


@cache
def sites() -> list[Site]:
    """All calls of product code that make an error."""
    return [site for path in sources() for site in sites_of(path.read_text(encoding="utf-8"), path)]


def sources() -> list[Path]:
    return [path for name in ("errors", "sampling", "sipas", "flows") for path in sorted((ROOT / name).rglob("*.py"))]


@cache
def literals_of(path: Path) -> set[str]:
    """All texts that stand in a file."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def said_beside(source: str, rules: Collection[str]) -> list[tuple[str, str]]:
    """Texts that stand in one call or tuple with the code of a rule, or as what a validator expects: (rule, text)."""
    found = []
    for node in ast.walk(ast.parse(source)):
        parts = node.elts if isinstance(node, ast.Tuple) else []
        if isinstance(node, ast.Call):
            parts = [*node.args, *(one.value for one in node.keywords)]
        texts = [text for part in parts for text in texts_of(part, {})]
        named = [text for text in texts if text in rules]
        is_validator = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "PydanticCustomError"
        for rule in named or (["data.field"] if is_validator else []):
            found += [(rule, text) for text in texts if text != rule]
    return found


def sites_of(source: str, path: Path) -> Iterator[Site]:
    tree = ast.parse(source)
    top = _assigned(tree)
    known: dict[ast.AST, dict[str, list[ast.expr]]] = {tree: top}
    for call, name, scope in _calls(tree):
        if scope not in known:
            known[scope] = top | _assigned(scope)
        yield _site(call, name, known[scope], f"{path.relative_to(ROOT)}:{call.lineno}")


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str, ast.AST]]:
    """Calls that make an error, what they make, and the function (or module) they stand in."""
    waiting: list[tuple[ast.AST, ast.AST]] = [(tree, tree)]
    while waiting:
        node, scope = waiting.pop()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS and node.args:
            yield node, node.func.id, scope
        inner = node if isinstance(node, ast.FunctionDef) else scope
        waiting += [(child, inner) for child in ast.iter_child_nodes(node)]


def _assigned(scope: ast.AST) -> dict[str, list[ast.expr]]:
    """Values that plain names get anywhere in a function, or at the top of a module."""
    nodes = scope.body if isinstance(scope, ast.Module) else ast.walk(scope)
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for name, value in _pairs(target, node.value):
                    found.setdefault(name, []).append(value)
    return found


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, its in zip(target.elts, value.elts, strict=True):
            yield from _pairs(one, its)


def _site(call: ast.Call, name: str, known: Mapping[str, list[ast.expr]], place: str) -> Site:
    facts: dict[str, ast.expr] = {one.arg: one.value for one in call.keywords if one.arg}
    is_open = any(one.arg is None for one in call.keywords)
    if name == "Fault":
        plain, star = _positional(call.args[1:])
        facts |= plain
        is_open |= star
        values = facts.pop("values", None)
        if isinstance(values, ast.Dict):
            facts |= {
                str(key.value): value
                for key, value in zip(values.keys, values.values, strict=True)
                if isinstance(key, ast.Constant)
            }
        is_open |= values is not None and not isinstance(values, ast.Dict)
    given = {fact for fact, value in facts.items() if not _is_empty(value)}
    if name == "FaultsFound":
        given.add("got")
    if name == "Fault" and given & PLACES:
        given.add("where")
    said = [value for fact, value in facts.items() if fact not in PLACES | {"where"}]
    words = tuple(word for value in said for word in texts_of(value, known))
    python = any(
        isinstance(node, ast.Attribute) and node.attr == "__name__"
        for value in said
        for one in _resolved(value, known)
        for node in ast.walk(one)
    )
    rules = frozenset(texts_of(call.args[0], known))
    return Site(place, rules, frozenset(given), is_open, words, python)


def _positional(args: list[ast.expr]) -> tuple[dict[str, ast.expr], bool]:
    """Facts of a Fault by position; `*at` is its place (file, sheet, row), more after it are column, got, expected."""
    stars = [at for at, one in enumerate(args) if isinstance(one, ast.Starred)]
    if not stars:
        return dict(zip(FAULT_FACTS, args, strict=False)), False
    before, after = args[: stars[0]], args[stars[0] + 1 :]
    return dict(zip(FAULT_FACTS, before, strict=False)) | dict(zip(FAULT_FACTS[3:], after, strict=False)), not after


def _is_empty(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value in ("", None)


def _resolved(value: ast.expr, known: Mapping[str, list[ast.expr]], depth: int = 3) -> Iterator[ast.expr]:
    """The expressions that a value may be: branches of a choice, what a name was given."""
    if isinstance(value, ast.IfExp):
        parts = [value.body, value.orelse]
    elif isinstance(value, ast.BoolOp):
        parts = value.values
    elif isinstance(value, ast.Name) and depth:
        parts = known.get(value.id, [])
    else:
        yield value
        return
    for part in parts:
        yield from _resolved(part, known, depth - isinstance(value, ast.Name))


def texts_of(value: ast.expr, known: Mapping[str, list[ast.expr]]) -> list[str]:
    """Texts written in the source that a value may be; computed parts of them as `{}`."""
    found = []
    for one in _resolved(value, known):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            found.append(one.value)
        if isinstance(one, ast.JoinedStr):
            found.append("".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in one.values))
    return found
