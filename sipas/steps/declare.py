"""What a step is: its name, what it reads, and the function that makes its outputs of just that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa

    from sipas.rounds import Holder
    from sipas.steps.given import Given

Scope = Literal["instrument", "round"]


class UndeclaredRead(RuntimeError):
    """A step asked for something it did not declare: a mistake in the program, never a user's."""


@dataclass(frozen=True)
class Reads:
    """What a step may open; everything else raises UndeclaredRead.

    outputs: "step/name" of outputs of other steps; maybe: the same, where that step has made them; every: "step/name"
    of outputs of all runs of a step that has one run for each received file. pins: kinds of pinned methodology. ledger:
    names of ledger reads, each kept as a snapshot with the run; passing: those of which no copy is kept, because they
    grow with every run and the ledger never forgets their rows. rules, head: sections of the instrument's and of the
    round's part of round.toml. keys: purposes of secret keys. file: the file that came from outside.
    """

    outputs: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    every: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    ledger: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    file: bool = False


NOTHING = Reads()


@dataclass(frozen=True, eq=False)
class StepResult:
    """Outputs of a step by name, and what the caller records beside them in other places (contacts, cases, rows)."""

    outputs: Mapping[str, pa.Table | bytes]
    beside: Any = None


@dataclass(frozen=True)
class Step:
    """A computation whose outputs are kept once for the same inputs, settings and code.

    scope: whether it belongs to one instrument or to the round as a whole. holder: which instruments a step of
    instruments belongs to: surveys, or those without respondents. survey_reads: what a step of the round reads of every
    survey; values_reads: of every instrument without respondents. settings: names that the caller gives at each run (a
    date, a public value). roots: modules whose code counts although nothing imports them (they are started as
    processes).
    """

    name: str
    scope: Scope
    make: Callable[[Given], StepResult]
    reads: Reads
    survey_reads: Reads = NOTHING
    settings: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    values_reads: Reads = NOTHING
    holder: Holder = "survey"

    def reads_of(self, instrument: Holder | None) -> Reads:
        """What it reads of itself (None), or of an instrument of one kind where it is a step of the round."""
        if instrument is None or self.scope == "instrument":
            return self.reads
        return self.survey_reads if instrument == "survey" else self.values_reads

    @property
    def passing(self) -> tuple[str, ...]:
        """Ledger reads of its own and of all instruments of which no copy is kept."""
        return tuple(name for reads in (self.reads, self.survey_reads, self.values_reads) for name in reads.passing)

    @property
    def modules(self) -> tuple[str, ...]:
        """Where the code of this step starts."""
        return (self.make.__module__, *self.roots)
