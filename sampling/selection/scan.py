"""One pass over a frame: ids proved, strata counted, and the rows kept that can be drawn (docs/methods.md, section 3).

Of a stratum of N units only those with words below t 2^64 are kept, t chosen so that fewer than n + r of them would be
found with probability below 1e-12 over all strata (Chernoff); a stratum that comes out short is seen and read again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from errors import DesignError, FrameError
from sampling.frame import bad_ids, check_ids
from sampling.numbers import IntArray
from sampling.selection.chunks import Frame, Words, Words64, chunks
from sampling.selection.measures import forced_rows
from sampling.selection.plan import StagePlan, Strata
from sampling.selection.seeds import digests_of

_MISS_SHARE = 1e-12
_ALL = np.uint64(2**64 - 1)
_KEYS = ("frame_unit_id", "stratum_id", "psu_id")


@dataclass(frozen=True)
class Kept:
    """Rows that can be drawn, sorted by stratum, word, digest. rows: text columns; word: (U_k - C) mod 2^64."""

    rows: pa.Table
    stratum: IntArray
    word: Words


def scan(frame: Frame, plan: StagePlan, strata: Strata, seed: str) -> Kept:
    """Read the frame once and keep what the draw needs; nothing is kept of a frame that may not be drawn from.

    Raises FrameError `frame.bad_id`, `frame.duplicate_id`; DesignError `draw.population`, `draw.forced`; DataError
    `table.columns`, `table.type`.
    """
    limits = _limits(strata) if plan.method == "srs" else np.full(len(strata.ids), _ALL)
    reading = _Reading(plan, strata, seed)
    kept = reading.read(frame, limits)
    reading.prove(frame)
    short = np.bincount(kept.stratum, minlength=len(strata.ids)) < strata.take
    if not short.any():
        return kept
    if not isinstance(frame, pd.DataFrame):
        raise DesignError("draw.read_again", where=strata.ids[int(np.flatnonzero(short)[0])])
    return _Reading(plan, strata, seed).read(frame, np.where(short, _ALL, limits))


class _Reading:
    """What is counted while the chunks go by."""

    def __init__(self, plan: StagePlan, strata: Strata, seed: str) -> None:
        self.plan, self.strata, self.seed = plan, strata, seed
        self.columns = [
            *_KEYS,
            *(name for name in dict.fromkeys((plan.size, plan.forced)) if name and name not in _KEYS),
        ]
        self.origin = np.uint64(int(plan.start or "0", 16))
        self.values = pa.array(strata.ids, type=pa.large_string())
        self.counts = np.zeros(len(strata.ids), dtype=np.int64)
        self.unknown: Counter[str] = Counter()
        self.n_bad, self.first_bad = 0, -1
        self.rows = 0
        self.words: list[Words] = []

    def read(self, frame: Frame, limits: Words) -> Kept:
        kept, codes, keys = [], [], []
        with Words64(self.seed) as hashing:
            for chunk in chunks(frame, self.columns):
                ids = chunk["frame_unit_id"].chunk(0)
                if self._has_bad(ids):
                    continue
                code = self._codes(chunk["stratum_id"])
                word = hashing.of(ids)
                self.words.append(word)
                key = word - self.origin
                mask = key <= limits[code]
                if self.plan.forced:
                    mask |= forced_rows(chunk[self.plan.forced], self.plan.forced)
                kept.append(chunk.filter(pa.array(mask)))
                codes.append(code[mask])
                keys.append(key[mask])
        if not kept:
            return Kept(
                pa.table({name: pa.array([], pa.large_string()) for name in self.columns}), self.counts[:0], limits[:0]
            )
        return _sorted(pa.concat_tables(kept), np.concatenate(codes), np.concatenate(keys), self.seed)

    def _has_bad(self, ids: pa.Array) -> bool:
        """Count ids that may not be drawn from; after the first one nothing more is kept."""
        bad = bad_ids(ids)
        if len(bad) and not self.n_bad:
            self.first_bad = self.rows + int(bad[0])
        self.n_bad += len(bad)
        self.rows += len(ids)
        return self.n_bad > 0

    def _codes(self, names: pa.ChunkedArray) -> IntArray:
        place = pc.index_in(names, value_set=self.values)
        if place.null_count:
            strange = pc.value_counts(names.filter(pc.is_null(place)).combine_chunks())
            self.unknown.update({entry["values"] or "": entry["counts"] for entry in strange.to_pylist()})
        code = np.asarray(pc.fill_null(place, 0).to_numpy(), dtype=np.int64)
        valid = code if not place.null_count else code[np.asarray(pc.is_valid(place))]
        self.counts += np.bincount(valid, minlength=len(self.counts))
        return code

    def prove(self, frame: Frame) -> None:
        """Raise what the pass has found, in this order: ids, repeats, strata."""
        if self.n_bad:
            raise FrameError("frame.bad_id", got=self.n_bad, expected=0, first_row=self.first_bad + 1)
        _refuse_repeats(self.words, frame)
        if self.unknown:
            first = min(self.unknown)
            raise DesignError("draw.population", where=first, got=self.unknown[first], expected=0)
        wrong = np.flatnonzero(self.counts != self.strata.pop)
        if len(wrong):
            code = int(wrong[0])
            got, expected = int(self.counts[code]), int(self.strata.pop[code])
            raise DesignError("draw.population", where=self.strata.ids[code], got=got, expected=expected)


def _refuse_repeats(words: Sequence[Words], frame: Frame) -> None:
    """Equal ids have equal words; equal words are looked at in full where the frame can be read again.

    Different ids of a one-pass reader share a word with probability 3e-6 in 10 million rows; such a frame is refused.
    """
    if not words:
        return
    everything = np.concatenate(words)
    ordered = np.sort(everything)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return
    if isinstance(frame, pd.DataFrame):
        check_ids(frame["frame_unit_id"])
        return
    places = np.flatnonzero(np.isin(everything, twice))
    _, first = np.unique(everything[places], return_index=True)
    later = np.delete(places, first)
    raise FrameError("frame.duplicate_id", got=len(later), expected=0, first_row=int(later[0]) + 1)


def _limits(strata: Strata) -> Words:
    """Largest word kept by stratum: P(Binomial(N, t) < n + r) <= exp(-(Nt - n - r)^2 / (2 N t)) <= 1e-12/H."""
    log = math.log(len(strata.ids) / _MISS_SHARE)
    expected = strata.take + log + np.sqrt(log * log + 2 * strata.take * log)
    share = np.minimum(expected / strata.pop, 1)
    limits = np.full(len(share), _ALL)
    is_partial = share < 1
    limits[is_partial] = (share[is_partial] * 2.0**64).astype(np.uint64)
    limits[strata.take == 0] = 0
    return limits


def _sorted(rows: pa.Table, stratum: IntArray, word: Words, seed: str) -> Kept:
    """Rows by stratum, word and, where two words agree, the full digest."""
    order = np.lexsort((word, stratum))
    code, key = stratum[order], word[order]
    same = np.flatnonzero((code[1:] == code[:-1]) & (key[1:] == key[:-1]))
    if len(same):
        tied = order[np.union1d(same, same + 1)]
        digests = digests_of(rows["frame_unit_id"].take(pa.array(tied)).to_pylist(), seed)
        rank = np.zeros(len(order), dtype=np.int64)
        rank[tied[np.argsort(np.array(digests))]] = np.arange(len(tied))
        order = np.lexsort((rank, word, stratum))
    return Kept(rows.take(pa.array(order)), stratum[order], word[order])
