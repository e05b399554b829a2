"""Verification of a draw from its published files, as an outsider does it; needs no workspace."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errors import DataError, Fault
from sampling.manifest import verify


@dataclass(frozen=True)
class Published:
    """Where the files lie: reserves as published when cases were released, commit as kept from before the draw, pairs
    as published for a round with quotas."""

    manifest: Path
    frame: Path
    reserves: Path | None = None
    commit: Path | None = None
    pairs: Path | None = None


def verify_files(files: Published, public_value: str | None = None) -> tuple[dict[str, Any], list[Fault]]:
    """The manifest and what does not agree; an empty list: all agrees. public_value: as read in the newspaper.

    Raises DataError `verify.no_file`, `verify.not_json`.
    """
    for path in (files.manifest, files.frame, files.reserves, files.commit, files.pairs):
        if path is not None and not path.is_file():
            raise DataError("verify.no_file", where=path.name)
    manifest, reserves, commit = (
        _read(path) if path is not None else None for path in (files.manifest, files.reserves, files.commit)
    )
    faults = verify(
        manifest,
        files.frame.read_bytes(),
        reserves=reserves,
        commit=commit,
        public_value=public_value,
        pairs_file=None if files.pairs is None else files.pairs.read_bytes(),
    )
    return manifest if isinstance(manifest, dict) else {}, faults


def _read(path: Path) -> Any:
    """A JSON file; a name given twice in it could show two readers two files."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise DataError("verify.not_json", where=path.name) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)
