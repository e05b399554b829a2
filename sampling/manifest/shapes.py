"""What each published record is made of, as data, and the walk that names every part of another kind.

After the walk a check may look into any part without asking whether it is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sampling.pairs import PATTERNS, SHORT_LIST

FORMAT = "prn1"
COMMIT_FORMAT = "prn1-commit"
RESERVES_FORMAT = "prn1-reserves"
MODES = ("fresh", "coordinated")
METHODS = ("srs", "pps", "pareto", "sequential_poisson")
_FURTHER = "*"
_DEPTH = 20
_MOST = 2**53  # every JSON reader holds integers up to here exactly
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})")

Shape: TypeAlias = "str | Many | Mapping[str, Shape]"
Misfit: TypeAlias = tuple[str, str, str]  # path, what is there, what should be


@dataclass(frozen=True)
class Many:
    """A list of equal parts, `least` to `most` of them."""

    of: Shape
    least: int = 1
    most: int | None = None


def moment(text: str) -> datetime:
    """The aware time of ISO text with offset ("2026-07-15T18:30:00+07:00"). Raises ValueError."""
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def is_moment(part: object) -> bool:
    """Whether this is a time as `moment` reads it."""
    try:
        return isinstance(part, str) and moment(part) is not None
    except ValueError:
        return False


def _is_line(part: object) -> bool:
    return isinstance(part, str) and not _UNPRINTABLE.search(part)


def _is_hex(part: object, digits: int) -> bool:
    return isinstance(part, str) and re.fullmatch(f"[0-9a-f]{{{digits}}}", part) is not None


def _is_int(part: object, least: int) -> bool:
    return isinstance(part, int) and not isinstance(part, bool) and least <= part <= _MOST


def _is_free(part: object, depth: int = 0) -> bool:
    """Plain data that every language writes the same way: no fractions, no half characters, not nested without end."""
    if isinstance(part, str):
        return not _SURROGATE.search(part)
    if isinstance(part, list | dict):
        inner = [*part, *part.values()] if isinstance(part, dict) else part
        named = not isinstance(part, dict) or all(isinstance(key, str) for key in part)
        return depth < _DEPTH and named and all(_is_free(one, depth + 1) for one in inner)
    return part is None or isinstance(part, bool) or (isinstance(part, int) and abs(part) <= _MOST)


_KINDS: Mapping[str, Callable[[object], bool]] = {
    "text": lambda part: _is_line(part) and part != "",
    "text or empty": _is_line,
    "SHA-256": lambda part: _is_hex(part, 64),
    "SHA-256 or empty": lambda part: part == "" or _is_hex(part, 64),
    "16 hex digits": lambda part: _is_hex(part, 16),
    "time with offset": is_moment,
    "count": lambda part: _is_int(part, 0),
    "number from 1": lambda part: _is_int(part, 1),
    "column or null": lambda part: part is None or (_is_line(part) and part != ""),
    "null": lambda part: part is None,
    "true | false": lambda part: isinstance(part, bool),
    "plain data": _is_free,
    " | ".join(METHODS): lambda part: part in METHODS if isinstance(part, str) else False,
    " | ".join(PATTERNS): lambda part: part in PATTERNS if isinstance(part, str) else False,
    " | ".join(SHORT_LIST): lambda part: part in SHORT_LIST if isinstance(part, str) else False,
    "release | withdraw": lambda part: part in ("release", "withdraw") if isinstance(part, str) else False,
    **{mode: lambda part, mode=mode: part == mode for mode in MODES},  # type: ignore[misc]
}
_SIZES: Shape = {"stratum_id": "text", "pop_size": "count", "sample_size": "count", "reserve_size": "count"}
_STAGE: Shape = {
    "method": " | ".join(METHODS),
    "size": "column or null",
    "forced": "column or null",
    "allocation": Many(_SIZES),
}
_TERMS: Mapping[str, Shape] = {"source": "text", "at": "time with offset", "pattern": "text"}
_OF_MODE: Mapping[str, Mapping[str, Shape]] = {
    "fresh": {"public_value": _TERMS},
    "coordinated": {"coordination": {"programme": "text", "frame_source": "text", "start": "16 hex digits"}},
}
_QUOTA: Shape = {
    "rater_group": "text",
    "unit_group": "text or empty",
    "rated_unit_id": "text or empty",
    "pattern": " | ".join(PATTERNS),
    "quota": "count",
    "exclude_own": "true | false",
    "short_list": " | ".join(SHORT_LIST),
}
RATER_PARTS: Mapping[str, Shape] = {
    "quotas": Many(_QUOTA),
    "rated_units": Many({"rated_unit_id": "text", "unit_group": "text"}),
    "rater_columns": {"rater_group": "text", "own_unit_id": "text"},  # columns of the public frame
}
_CHANGE: Shape = {
    "change_no": "number from 1",
    "kind": "release | withdraw",
    "stratum_id": "text",
    "first_order": "count",
    "last_order": "count",
    "frame_unit_ids": Many("text"),
    "decided_at": "time with offset",
    "reason": "text",
    "proposer": "text or empty",
    "approver": "text or empty",
}
RESERVES: Shape = {
    "format": "text",
    "round_id": "text",
    "draw_hash": "SHA-256",
    "changes": Many(_CHANGE, least=0),
}


def plan_shape(mode: str, plan: object) -> Shape:
    """The plan of a mode; further rules (target, window) may stand beside the parts the draw needs.

    plan: the plan itself; one that names any part of who rates whom has to hold all of them.
    """
    raters = RATER_PARTS if isinstance(plan, Mapping) and not RATER_PARTS.keys().isdisjoint(plan) else {}
    own: dict[str, Shape] = {"mode": mode, "id_key": "text", "stratum_parts": Many("text"), "stages": Many(_STAGE)}
    return {**own, **raters, **_OF_MODE[mode], _FURTHER: "plain data"}


def commit_shape(mode: str) -> Shape:
    """A commit record: hashes, promises and times, known before the public value is."""
    return {
        "format": "text",
        "round_id": "text",
        "commit_no": "number from 1",
        "prev_commit_hash": "SHA-256 or empty",
        "frame_hash": "SHA-256",
        "frame_rows": "number from 1",
        "plan_hash": "SHA-256",
        "parties": _parties(mode, {"name": "text", "commitment": "SHA-256"}),
        "public_value": _TERMS if mode == "fresh" else "null",
        "committed_at": "time with offset",
    }


def manifest_shape(mode: str, plan: object) -> Shape:
    """The manifest: the plan, every commit record, what was opened, the seed, the hashes of drawn list and pairs."""
    party: Shape = {"name": "text", "commitment": "SHA-256", "nonce": "text", "opened_at": "time with offset"}
    return {
        "format": "text",
        "mode": mode,
        "round_id": "text",
        "plan": plan_shape(mode, plan),
        "plan_hash": "SHA-256",
        "frame_hash": "SHA-256",
        "frame_rows": "number from 1",
        "parties": _parties(mode, party),
        "public_value": {**_TERMS, "value": "text"} if mode == "fresh" else "null",
        "commits": Many(commit_shape(mode)),
        "seed": "SHA-256",
        "draw_hash": "SHA-256",
        "draw_rows": "count",
        "pairs_hash": "SHA-256 or empty",
    }


def _parties(mode: str, party: Shape) -> Many:
    count = 2 if mode == "fresh" else 0
    return Many(party, count, count)


def misfits(part: Any, shape: Shape, path: str = "") -> Iterator[Misfit]:
    """Every part that is absent, unknown or of another kind than declared, depth first."""
    if isinstance(shape, str):
        if not _KINDS[shape](part):
            yield path, _kind(part), shape
    elif isinstance(shape, Many):
        most = shape.most if shape.most is not None else _MOST
        if not isinstance(part, list) or not shape.least <= len(part) <= most:
            got = str(len(part)) if isinstance(part, list) else _kind(part)
            yield path, got, f"list of {shape.least}" + ("" if shape.most == shape.least else "+")
            return
        for number, one in enumerate(part):
            yield from misfits(one, shape.of, f"{path}[{number}]")
    elif not isinstance(part, dict):
        yield path, _kind(part), "object"
    else:
        yield from _misfits_of_object(part, shape, path)


def _kind(part: object) -> str:
    """What a part is, as JSON calls it."""
    if part is None or isinstance(part, bool):
        return "null" if part is None else "true | false"
    if isinstance(part, str | dict):
        return "text" if isinstance(part, str) else "object"
    return "list" if isinstance(part, list) else "number"


def _misfits_of_object(part: dict[Any, Any], shape: Mapping[str, Shape], path: str) -> Iterator[Misfit]:
    dot = f"{path}." if path else ""
    for name in [name for name in shape if name != _FURTHER]:
        if name in part:
            yield from misfits(part[name], shape[name], dot + name)
        else:
            yield dot + name, "absent", "present"
    unknown = {name: value for name, value in part.items() if name not in shape}
    if _FURTHER in shape:
        if not _is_free(unknown):
            yield dot + _FURTHER, "other data", "plain data"
    elif unknown:
        yield path, f"{len(unknown)} unknown", ", ".join(shape)
