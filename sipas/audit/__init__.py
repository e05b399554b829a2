"""Audit of a finished table before it is announced: roles of columns, then arithmetic, ranks, classes, change."""

from sipas.audit.run import Audit, audit, open_table
from sipas.audit.spec import TableSpec, load_spec
from sipas.audit.table import Column, Finding, Grid, Table
from sipas.audit.vocabulary import Vocabulary, load_vocabulary

__all__ = [
    "Audit",
    "Column",
    "Finding",
    "Grid",
    "Table",
    "TableSpec",
    "Vocabulary",
    "audit",
    "load_spec",
    "load_vocabulary",
    "open_table",
]
