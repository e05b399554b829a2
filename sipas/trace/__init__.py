"""Explaining printed numbers: from the points back to the rule, the item values, the weights, the forms, the draw.

Pure: it is handed the tables of a round and gives sections that a screen, a page or JSON can show, for one address or
for all at once; what was kept is read back without working anything out. What it makes
holds codes; `in_words` gives a reader words.
"""

from sipas.trace.address import Address, check_variant, parse_address
from sipas.trace.bulk import explain_all
from sipas.trace.explain import TraceReport, explain
from sipas.trace.inputs import FormTables, InstrumentTables, Origin, TraceInputs
from sipas.trace.kept import TRACE_CASES, TRACE_SECTIONS, TRACE_TERMS, TRACES, TraceTables, read_trace
from sipas.trace.sections import Cell, Moment, Quantity, Section, Term, Words, label, read_section

__all__ = [
    "TRACES",
    "TRACE_CASES",
    "TRACE_SECTIONS",
    "TRACE_TERMS",
    "Address",
    "Cell",
    "FormTables",
    "InstrumentTables",
    "Moment",
    "Origin",
    "Quantity",
    "Section",
    "Term",
    "TraceInputs",
    "TraceReport",
    "TraceTables",
    "Words",
    "check_variant",
    "explain",
    "explain_all",
    "label",
    "parse_address",
    "read_section",
    "read_trace",
]
