"""Publications of a round: a draft names its files by hash, a release is a draft that another person signed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from errors import StoreError
from sampling.numbers import canonical_json
from sipas.acts import Released, ReleaseDrafted
from sipas.store.ledger.base import Base
from sipas.store.ledger.schema import publications, rounds, snapshots
from sipas.store.office.people import People
from sipas.store.office.signing import Signature, Signers


@dataclass(frozen=True)
class Release:
    """`outputs`: name -> sha256 of the snapshot; `log_head`: head of the log just before the release, printed on it.

    `contents`: sha256 of the snapshot that lists everything the release freezes; `log_seq`: what was entered up to this
    number of the log belongs to it. "" and 0 for releases made before these were kept.
    """

    round_id: str
    release_no: int
    state: str
    outputs: Mapping[str, str]
    log_head: str
    proposer: str
    approver: str
    contents: str = ""
    log_seq: int = 0


class Releases:
    """Publications of one workspace."""

    def __init__(self, base: Base, people: People, signers: Signers) -> None:
        self._base = base
        self._people = people
        self._signers = signers

    def draft(
        self, connection: Connection, round_id: str, outputs: Mapping[str, str], contents: str = "", log_seq: int = 0
    ) -> Release:
        """Draft a release of snapshots; the proposer is the workspace's actor. The same outputs and contents give the
        same draft, or the release they became.

        StoreError `store.no_person`, `store.snapshot_unknown`, `store.training_round`.
        """
        if connection.scalar(select(rounds.c.is_training).where(rounds.c.round_id == round_id)):
            raise StoreError("store.training_round", where=round_id)
        self._people.require(connection, self._base.log.actor)
        releases = self._all(connection, round_id)
        same = [release for release in releases if (release.outputs, release.contents) == (dict(outputs), contents)]
        if same:
            return same[-1]
        named = {**outputs, "contents": contents} if contents else outputs
        stored_hashes = set(
            connection.scalars(select(snapshots.c.sha256).where(snapshots.c.sha256.in_(named.values())))
        )
        unknown = [name for name, sha256 in sorted(named.items()) if sha256 not in stored_hashes]
        if unknown:
            raise StoreError("store.snapshot_unknown", where=unknown[0])
        number = max((release.release_no for release in releases), default=0) + 1
        row = {
            "round_id": round_id,
            "release_no": number,
            "state": "draft",
            "outputs": canonical_json(dict(outputs)),
            "contents": contents,
            "log_seq": log_seq,
            "log_head": "",
            "proposer": self._base.log.actor,
            "approver": "",
            "document_id": "",
            "created": self._base.log.now(),
            "released_at": "",
        }
        connection.execute(insert(publications), row)
        return self._log(connection, ReleaseDrafted, round_id, number)

    def release(self, connection: Connection, round_id: str, release_no: int, signature: Signature) -> Release:
        """Release the newest draft as another person than its proposer. A released one is given back.

        StoreError `store.no_release`, `store.release_old` (a newer draft exists) and those of `Signers.sign`.
        """
        releases = self._all(connection, round_id)
        draft = next((release for release in releases if release.release_no == release_no), None)
        if draft is None:
            raise StoreError("store.no_release", where=f"{round_id} {release_no}")
        if draft.state == "released":
            return draft
        if releases[-1].release_no != release_no:
            raise StoreError("store.release_old", where=f"{round_id} {release_no}", expected=releases[-1].release_no)
        signed = {
            "state": "released",
            "approver": self._signers.sign(connection, signature, draft.proposer),
            "document_id": signature.document_id,
            "log_head": self._base.log.head_in(connection),
            "released_at": self._base.log.now(),
        }
        same = (publications.c.round_id == round_id) & (publications.c.release_no == release_no)
        connection.execute(update(publications).where(same).values(signed))
        return self._log(connection, Released, round_id, release_no)

    def find(self, round_id: str) -> tuple[Release, ...]:
        """Drafts and releases of a round, by number."""
        with self._base.ledger.read() as connection:
            return self._all(connection, round_id)

    def _all(self, connection: Connection, round_id: str) -> tuple[Release, ...]:
        query = select(publications).where(publications.c.round_id == round_id)
        return tuple(map(_release, connection.execute(query.order_by(publications.c.release_no))))

    def _log(self, connection: Connection, kind: type[ReleaseDrafted], round_id: str, number: int) -> Release:
        logged = next(release for release in self._all(connection, round_id) if release.release_no == number)
        sealed = {"release": {"round_id": round_id, "release_no": number}}
        self._base.log.append(connection, round_id, kind(number, dict(logged.outputs)), sealed=sealed)
        return logged


def _release(row: Row[Any]) -> Release:
    names = [name for name in Release.__dataclass_fields__ if name != "outputs"]
    return Release(**{name: getattr(row, name) for name in names}, outputs=json.loads(row.outputs))
