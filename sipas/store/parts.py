"""The parts of a workspace in groups: files, office and field. A part is built when it is first used."""

from __future__ import annotations

from functools import cached_property

from errors.templates import data_folder
from sipas.store.field.cases import Cases
from sipas.store.field.contacts import Contacts
from sipas.store.field.draws import Draws
from sipas.store.field.faults import FaultList
from sipas.store.field.fieldwork import Fieldwork
from sipas.store.field.received import Received
from sipas.store.field.reserves import Reserves
from sipas.store.files.archive import Archive
from sipas.store.files.methodology import Methodology
from sipas.store.files.outputs import Outputs
from sipas.store.files.snapshots import Snapshots
from sipas.store.ledger.base import Base
from sipas.store.office.approvals import Approvals
from sipas.store.office.people import People
from sipas.store.office.releases import Releases
from sipas.store.office.signing import Documents, Signers


class Files:
    """What is kept as files: results by hash, second copies of releases, methodology, outputs for people."""

    def __init__(self, base: Base) -> None:
        self._base = base

    @cached_property
    def snapshots(self) -> Snapshots:
        """Results as files named by their hash."""
        return Snapshots(self._base)

    @cached_property
    def archive(self) -> Archive:
        """Second copies of what releases froze."""
        return Archive(self._base, self.snapshots)

    @cached_property
    def methodology(self) -> Methodology:
        """Folders of rounds, indices, questionnaires, rulebooks and units."""
        return Methodology(self._base, self.snapshots, data_folder())

    @cached_property
    def outputs(self) -> Outputs:
        """Files for people."""
        return Outputs(self._base)


class Office:
    """Who proposes, approves and publishes."""

    def __init__(self, base: Base) -> None:
        self._base = base

    @cached_property
    def people(self) -> People:
        """People known by their passphrases."""
        return People(self._base)

    @cached_property
    def documents(self) -> Documents:
        """Official documents that decisions refer to."""
        return Documents(self._base)

    @cached_property
    def approvals(self) -> Approvals:
        """Proposals and what was decided on them."""
        return Approvals(self._base, self.people, self._signers)

    @cached_property
    def releases(self) -> Releases:
        """Drafts and releases of results."""
        return Releases(self._base, self.people, self._signers)

    @cached_property
    def _signers(self) -> Signers:
        return Signers(self.people, self.documents)


class Field:
    """What happens between the draw and the cut-off."""

    def __init__(self, base: Base, office: Office) -> None:
        self._base = base
        self._office = office

    @cached_property
    def draws(self) -> Draws:
        """What was sealed before a draw and opened for it."""
        return Draws(self._base)

    @cached_property
    def cases(self) -> Cases:
        """Issued cases, reserves, outcomes."""
        return Cases(self._base)

    @cached_property
    def reserves(self) -> Reserves:
        """Reserves released and cases withdrawn."""
        return Reserves(self._base, self._office.approvals, self.cases)

    @cached_property
    def contacts(self) -> Contacts:
        """Names and phones, encrypted."""
        return Contacts(self._base)

    @cached_property
    def fieldwork(self) -> Fieldwork:
        """Interviewers, assignments, focal points, encrypted."""
        return Fieldwork(self._base)

    @cached_property
    def received(self) -> Received:
        """Received files, their rows, and what counts of them."""
        return Received(self._base, self.faults)

    @cached_property
    def faults(self) -> FaultList:
        """Faults found in files."""
        return FaultList(self._base)
