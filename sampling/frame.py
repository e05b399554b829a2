"""The sampling frame in its one canonical form, so that anyone can hash it (docs/methods.md, section 3)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sampling.errors import FrameError
from sampling.numbers import sha256_hex
from sampling.tables import SAMPLING_FRAME

_CONTROL = r"[\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}\x{feff}]"


def check_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Prove a SamplingFrame: declared columns, ids usable for a draw, no control characters in any text.

    Returns the canonical frame (rows by id). Raises FrameError `frame.bad_id`, `frame.control_character`,
    `frame.empty` or what the table declaration finds.
    """
    if frame.empty:
        raise FrameError("frame.empty", where=SAMPLING_FRAME.name, got=0, expected=">= 1")
    check_ids(frame["frame_unit_id"])
    checked = SAMPLING_FRAME.check(frame)
    for name in checked.columns:
        if isinstance(checked[name].dtype, pd.StringDtype):
            bad = _has_control(checked[name])
            if bad.any():
                raise FrameError("frame.control_character", where=str(name), got=int(bad.sum()), expected=0)
    return checked


def check_ids(ids: pd.Series) -> None:
    """Ids must be NFC, not empty, without outer blanks or control characters, unique.

    Raises FrameError `frame.bad_id` or `frame.duplicate_id` with the count and the first row.
    """
    if not isinstance(ids.dtype, pd.StringDtype):
        ids = ids.astype("str")
    blank = ids.isna() | (ids.str.len() == 0)
    plain = blank | (ids == ids.str.strip()) & ~_has_control(ids)
    foreign = ids[~blank & ~ids.map(str.isascii, na_action="ignore").astype(bool)]
    not_nfc = foreign.map(lambda one: not unicodedata.is_normalized("NFC", one))
    bad = blank | ~plain
    if len(not_nfc):
        bad |= not_nfc.reindex(ids.index, fill_value=False)
    if bad.any():
        raise FrameError("frame.bad_id", got=int(bad.sum()), expected=0, first_row=int(bad.to_numpy().argmax()) + 1)
    repeated = ids.duplicated()
    if repeated.any():
        raise FrameError(
            "frame.duplicate_id", got=int(repeated.sum()), expected=0, first_row=int(repeated.to_numpy().argmax()) + 1
        )


def _has_control(values: pd.Series) -> pd.Series:
    """True where a text holds a control character, a line separator or a byte order mark; False for null."""
    found = pc.match_substring_regex(pa.array(values, type=pa.large_string()), _CONTROL)
    return pd.Series(pc.fill_null(found, False).to_numpy(zero_copy_only=False), index=values.index)


def canonical_csv(frame: pd.DataFrame, columns: Sequence[str], sort_by: str) -> bytes:
    """UTF-8, LF, no BOM, RFC 4180 minimal quoting, header, rows by the bytes of `sort_by`.

    Booleans are 0/1, integers decimal, text as it is. Equal content in any row order gives equal bytes.
    """
    ordered = frame.loc[:, list(columns)].sort_values(sort_by, kind="stable")
    cells = [_cells(ordered[name]) for name in columns]
    lines = cells[0] if len(cells) == 1 else pc.binary_join_element_wise(*cells, _text(","))
    header = ",".join(_quoted(name) for name in columns)
    return ("\n".join([header, *lines.to_pylist()]) + "\n").encode("utf-8")


def frame_csv(frame: pd.DataFrame) -> bytes:
    """The public frame: declared columns, then stratum parts in name order, rows by frame_unit_id."""
    declared = SAMPLING_FRAME.names()
    parts = sorted(str(name) for name in frame.columns if name not in declared)
    return canonical_csv(frame, [*declared, *parts], "frame_unit_id")


def frame_hash(frame: pd.DataFrame) -> str:
    """SHA-256 (hex) of `frame_csv`."""
    return sha256_hex(frame_csv(frame))


def stratum_ids(frame: pd.DataFrame, parts: Sequence[str]) -> pd.Series:
    """Stratum of every row: its parts joined by `|`. Raises FrameError `frame.no_stratum_part`."""
    absent = [name for name in parts if name not in frame.columns]
    if absent or not parts:
        raise FrameError("frame.no_stratum_part", got=", ".join(absent), expected=", ".join(map(str, frame.columns)))
    result = frame[parts[0]].astype("str")
    for name in parts[1:]:
        result = result + "|" + frame[name].astype("str")
    return result.rename("stratum_id")


def _cells(values: pd.Series) -> pa.Array:
    if pd.api.types.is_bool_dtype(values.dtype):
        values = values.astype("int64")
    text = pa.array(values.astype("str"), type=pa.large_string())
    text = pc.fill_null(text, "")
    special = pc.match_substring_regex(text, '[",\r\n]')
    if not pc.any(special).as_py():
        return text
    quoted = pc.binary_join_element_wise(_text('"'), pc.replace_substring(text, '"', '""'), _text('"'), _text(""))
    return pc.if_else(special, quoted, text)


def _text(value: str) -> pa.Scalar:
    return pa.scalar(value, type=pa.large_string())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if re.search('[",\r\n]', name) else name
