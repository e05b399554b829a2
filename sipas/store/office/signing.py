"""Two pairs of eyes: a decision is signed by another person than the one who proposed it.

A signature is that person's passphrase, or a registered document with their name under it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select

from errors import StoreError
from sipas.acts import DocumentRegistered
from sipas.cells.text import folded
from sipas.store.ledger.base import Base
from sipas.store.ledger.schema import documents, people
from sipas.store.office.people import People


@dataclass(frozen=True)
class Signature:
    """Either `person_id` with `passphrase`, or `document_id` of a registered signed document."""

    person_id: str = ""
    passphrase: str = field(default="", repr=False)
    document_id: str = ""


@dataclass(frozen=True)
class Document:
    """A signed paper: number, date (ISO), title, who signed, and the hash of its scan ("" when only on paper)."""

    document_id: str
    document_no: str
    issued_on: str
    title: str
    signed_by: str
    sha256: str = ""


class Documents:
    """Official documents registered in one workspace."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def add(self, connection: Connection, document: Document) -> bool:
        """Register a document. False when just so registered. StoreError `store.document_exists`,
        `store.document_blank` (no id, number or signer)."""
        if not (document.document_id.strip() and document.document_no.strip() and document.signed_by.strip()):
            raise StoreError("store.document_blank", where=document.document_id)
        old = self._find(connection, document.document_id)
        if old is not None:
            if old != document:
                raise StoreError("store.document_exists", where=document.document_id)
            return False
        connection.execute(insert(documents), {**vars(document), "created": self._base.log.now()})
        sealed = {"document": {"document_id": document.document_id}}
        self._base.log.append(connection, document.document_id, DocumentRegistered(document.sha256), sealed=sealed)
        return True

    def get(self, document_id: str) -> Document:
        """A registered document. StoreError `store.no_document`."""
        with self._base.ledger.read() as connection:
            return self.require(connection, document_id)

    def require(self, connection: Connection, document_id: str) -> Document:
        """As `get`, inside a transaction."""
        document = self._find(connection, document_id)
        if document is None:
            raise StoreError("store.no_document", where=document_id)
        return document

    def _find(self, connection: Connection, document_id: str) -> Document | None:
        columns = [documents.c[name] for name in Document.__dataclass_fields__]
        row = connection.execute(select(*columns).where(documents.c.document_id == document_id)).first()
        return Document(*row) if row else None


class Signers:
    """Who may sign what."""

    def __init__(self, people_book: People, document_book: Documents) -> None:
        self._people = people_book
        self._documents = document_book

    def sign(self, connection: Connection, signature: Signature, proposer: str) -> str:
        """Name the approver (a person id, or the signer of the document) of what `proposer` proposed.

        StoreError `store.signature` (neither or both kinds), `store.bad_passphrase`, `store.no_document`,
        `store.same_person`.
        """
        if bool(signature.person_id) == bool(signature.document_id):
            raise StoreError("store.signature")
        if signature.document_id:
            approver = self._documents.require(connection, signature.document_id).signed_by
            own_name = connection.scalar(select(people.c.name).where(people.c.person_id == proposer)) or proposer
            same = folded(approver) in (folded(proposer), folded(own_name))
        else:
            approver, same = signature.person_id, folded(signature.person_id) == folded(proposer)
            self._people.prove(connection, approver, signature.passphrase)
        if same:
            raise StoreError("store.same_person", where=proposer)
        return approver
