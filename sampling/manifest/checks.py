"""The checks of a manifest, one function each; `CHECKS` is all that `verify` does, in its order.

Steps: 0 the records are built as declared; 1 seals, promises and times; 2 the draw repeated; 3 released reserves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from errors import Fault, FaultsFound, SurveyError
from sampling.manifest.case import Case, Check
from sampling.manifest.changes import CHANGE_CHECKS
from sampling.manifest.plan import CANONICAL, draw_csv, is_canonical
from sampling.manifest.seals import Party, commit_hash, fits, programme_seed, seed_of
from sampling.manifest.shapes import (
    COMMIT_FORMAT,
    FORMAT,
    RESERVES,
    RESERVES_FORMAT,
    Shape,
    commit_shape,
    manifest_shape,
    misfits,
    moment,
)
from sampling.numbers import canonical_json, sha256_hex

_TERMS = ("source", "at", "pattern")
_SEALED = ("round_id", "frame_hash", "frame_rows", "plan_hash")


def _formats(case: Case) -> Iterator[Fault]:
    commits = case.manifest.get("commits") if isinstance(case.manifest, dict) else None
    records = [("", case.manifest, FORMAT), ("reserves", case.reserves, RESERVES_FORMAT)]
    records += [("commits", one, COMMIT_FORMAT) for one in (commits if isinstance(commits, list) else [])]
    records += [("commit", case.commit, COMMIT_FORMAT)]
    for place, record, expected in records:
        found = record.get("format") if isinstance(record, dict) else None
        if isinstance(found, str) and found != expected:
            yield Fault("verify.format", column=place, got=ascii(found)[1:-1], expected=expected)


def _parts(case: Case) -> Iterator[Fault]:
    plan = case.manifest.get("plan") if isinstance(case.manifest, dict) else None
    shapes: list[tuple[str, Any, Shape]] = [("", case.manifest, manifest_shape(case.mode, plan))]
    if case.reserves is not None:
        shapes.append(("reserves", case.reserves, RESERVES))
    if case.commit is not None:
        shapes.append(("commit", case.commit, commit_shape(case.mode)))
    for name, record, shape in shapes:
        for path, got, expected in misfits(record, shape, name):
            yield Fault("verify.parts", column=path, got=got, expected=expected)


def _coordination(case: Case) -> Iterator[Fault]:
    """Who knows seed and start can leave units out of the frame that would be drawn: the rated unit may not make it."""
    if not case.is_fresh and case.manifest["plan"]["coordination"]["frame_source"] == "rated_unit":
        yield Fault("verify.coordination", column="plan.coordination.frame_source", got="rated_unit")


def _plan_hash(case: Case) -> Iterator[Fault]:
    found = sha256_hex(canonical_json(case.manifest["plan"]))
    if found != case.manifest["plan_hash"]:
        yield Fault("verify.plan_hash", got=found, expected=case.manifest["plan_hash"])


def _frame_hash(case: Case) -> Iterator[Fault]:
    if case.frame_hash != case.manifest["frame_hash"]:
        yield Fault("verify.frame_hash", got=case.frame_hash, expected=case.manifest["frame_hash"])


def _frame_canonical(case: Case) -> Iterator[Fault]:
    if case.frame is None or not is_canonical(case.frame, case.frame_file):
        yield Fault("verify.frame_canonical", expected=CANONICAL)


def _frame_rows(case: Case) -> Iterator[Fault]:
    if case.frame is not None and len(case.frame) != case.manifest["frame_rows"]:
        yield Fault("verify.frame_rows", got=str(len(case.frame)), expected=str(case.manifest["frame_rows"]))


def _parties(case: Case) -> Iterator[Fault]:
    names = [party["name"] for party in case.manifest["parties"]]
    if len(set(names)) < len(names):
        yield Fault("verify.parties", column="parties", got=names[0], expected="2")


def _commitment(case: Case) -> Iterator[Fault]:
    for party in case.manifest["parties"]:
        if Party(party["name"], party["nonce"]).commitment != party["commitment"]:
            yield Fault("verify.commitment", column=party["name"], expected=party["commitment"])


def _commit_chain(case: Case) -> Iterator[Fault]:
    """Commits are numbered from 1, each names the hash of the one before, all are of this round, none goes back."""
    commits, previous = case.manifest["commits"], ""
    for number, record in enumerate(commits, start=1):
        place = f"commits[{number - 1}]"
        if record["commit_no"] != number:
            yield Fault("verify.commit_chain", column=place, got=str(record["commit_no"]), expected=str(number))
        if record["prev_commit_hash"] != previous:
            yield Fault("verify.commit_chain", column=place, got=record["prev_commit_hash"], expected=previous or '""')
        if record["round_id"] != commits[-1]["round_id"]:
            yield Fault("verify.commit_chain", column=place, got=record["round_id"], expected=commits[-1]["round_id"])
        previous = commit_hash(record)
    for before, after in pairwise(commits):
        if moment(after["committed_at"]) < moment(before["committed_at"]):
            yield Fault("verify.commit_chain", got=after["committed_at"], expected=f">= {before['committed_at']}")


def _commit(case: Case) -> Iterator[Fault]:
    """The manifest speaks of what the last commit sealed."""
    for name in _SEALED:
        if case.manifest[name] != case.last_commit[name]:
            yield Fault(
                "verify.commit", column=name, got=str(case.manifest[name]), expected=str(case.last_commit[name])
            )
    opened, sealed = _promises(case.manifest), _promises(case.last_commit)
    if opened != sealed:
        yield Fault("verify.commit", column="parties", got=_in_short(opened), expected=_in_short(sealed))


def _promises(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(party["name"], party["commitment"]) for party in record["parties"]]


def _in_short(promises: Sequence[tuple[str, str]]) -> str:
    """Parties with the beginning of their commitments."""
    return ", ".join(f"{name} {commitment[:12]}" for name, commitment in promises)


def _kept_commit(case: Case) -> Iterator[Fault]:
    if case.commit is not None and case.commit != case.last_commit:
        yield Fault("verify.kept_commit", got=commit_hash(case.last_commit), expected=commit_hash(case.commit))


def _times(case: Case) -> Iterator[Fault]:
    """committed_at <= opened_at < time of the public draw; between them nobody could know the seed."""
    if not case.is_fresh:
        return
    committed, public = case.last_commit["committed_at"], case.manifest["public_value"]["at"]
    if not moment(committed) < moment(public):
        yield Fault("verify.times", column="committed_at", got=committed, expected=f"< {public}")
    for party in case.manifest["parties"]:
        opened = party["opened_at"]
        if not moment(committed) <= moment(opened) < moment(public):
            yield Fault("verify.times", column=party["name"], got=opened, expected=f"{committed} .. {public}")


def _public_terms(case: Case) -> Iterator[Fault]:
    """Source, time and pattern of the public value are the same in plan, commit and manifest."""
    if not case.is_fresh:
        return
    promised = case.manifest["plan"]["public_value"]
    for place, terms in (("", case.manifest["public_value"]), ("commits", case.last_commit["public_value"])):
        for name in _TERMS:
            if terms[name] != promised[name]:
                column = f"{place} public_value.{name}".strip()
                yield Fault("verify.public_terms", column=column, got=terms[name], expected=promised[name])


def _pattern(case: Case) -> Iterator[Fault]:
    if case.is_fresh:
        value, pattern = case.manifest["public_value"]["value"], case.manifest["plan"]["public_value"]["pattern"]
        if not fits(value, pattern):
            yield Fault("verify.pattern", got=value, expected=pattern)


def _public_value(case: Case) -> Iterator[Fault]:
    if case.is_fresh and case.public_value is not None and case.public_value != case.manifest["public_value"]["value"]:
        yield Fault("verify.public_value", got=case.manifest["public_value"]["value"], expected=case.public_value)


def _seed(case: Case) -> Iterator[Fault]:
    one = case.manifest
    if case.is_fresh:
        nonces = [party["nonce"] for party in one["parties"]]
        seed = seed_of(one["round_id"], one["frame_hash"], one["plan_hash"], nonces, one["public_value"]["value"])
    else:
        seed = programme_seed(one["plan"]["coordination"]["programme"])
    if seed != one["seed"]:
        yield Fault("verify.seed", got=one["seed"], expected=seed)


def _drawable(case: Case) -> Iterator[Fault]:
    """The plan can be drawn from the frame: strata, their sizes, size columns, methods; who rates whom."""
    error = case.pairs
    if isinstance(error, FaultsFound):
        for one in error.faults:
            why = {**one.values, "reason": one.rule}
            yield Fault("verify.drawable", column=one.column, got=one.got, expected=one.expected, values=why)
    elif isinstance(error, SurveyError):
        why = {**error.values, "reason": error.rule}
        yield Fault("verify.drawable", column=error.where, got=error.got, expected=error.expected, values=why)


def _draw_hash(case: Case) -> Iterator[Fault]:
    if isinstance(case.drawn, SurveyError):
        return
    found, rows = sha256_hex(draw_csv(case.drawn)), len(case.drawn)
    if found != case.manifest["draw_hash"]:
        yield Fault("verify.draw_hash", got=found, expected=case.manifest["draw_hash"])
    if rows != case.manifest["draw_rows"]:
        yield Fault("verify.draw_hash", column="draw_rows", got=str(rows), expected=str(case.manifest["draw_rows"]))


def _pairs_hash(case: Case) -> Iterator[Fault]:
    """Who rates whom follows from plan, frame and seed; so does every byte of the published file."""
    if isinstance(case.pairs, SurveyError):
        return
    expected = sha256_hex(case.pairs) if case.pairs else ""
    if case.manifest["pairs_hash"] != expected:
        yield Fault("verify.pairs_hash", column="pairs_hash", got=case.manifest["pairs_hash"], expected=expected)
    if case.pairs_file is not None and case.pairs_file != case.pairs:
        yield Fault("verify.pairs_hash", column="pairs.csv", got=sha256_hex(case.pairs_file), expected=expected)


SHAPE_CHECKS = (
    Check("verify.format", 0, _formats),
    Check("verify.parts", 0, _parts),
)
SEAL_CHECKS = (
    Check("verify.coordination", 1, _coordination),
    Check("verify.plan_hash", 1, _plan_hash),
    Check("verify.frame_hash", 1, _frame_hash),
    Check("verify.frame_canonical", 1, _frame_canonical),
    Check("verify.frame_rows", 1, _frame_rows),
    Check("verify.parties", 1, _parties),
    Check("verify.commitment", 1, _commitment),
    Check("verify.commit_chain", 1, _commit_chain),
    Check("verify.commit", 1, _commit),
    Check("verify.kept_commit", 1, _kept_commit),
    Check("verify.times", 1, _times),
    Check("verify.public_terms", 1, _public_terms),
    Check("verify.pattern", 1, _pattern),
    Check("verify.public_value", 1, _public_value),
    Check("verify.seed", 1, _seed),
)
DRAW_CHECKS = (
    Check("verify.drawable", 2, _drawable),
    Check("verify.draw_hash", 2, _draw_hash),
    Check("verify.pairs_hash", 2, _pairs_hash),
)
CHECKS: tuple[Check, ...] = (*SHAPE_CHECKS, *SEAL_CHECKS, *DRAW_CHECKS, *CHANGE_CHECKS)
