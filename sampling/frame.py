"""The sampling frame in its one canonical form, so that anyone can hash it (docs/methods.md, section 3)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from errors import FrameError
from sampling.numbers import sha256_hex
from sampling.tables import SAMPLING_FRAME

# The same for Arrow (RE2 writes \x{..}), with the outer blanks: those of str.strip that are no control characters.
_RE2_CONTROL = r"[\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}\x{feff}]"
_RE2_BLANK = r"[ \x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]"
_STRANGE = f"^$|{_RE2_CONTROL}|^{_RE2_BLANK}|{_RE2_BLANK}$"
# No combining mark stands before U+0300 or among the Vietnamese letters: nothing there could be composed.
_SURELY_NFC = r"^[\x00-\x{2ff}\x{1ea0}-\x{1ef9}]*$"
_BLANK, _FIRST_PRINTABLE, _LAST_PRINTABLE = 0x20, 0x20, 0x7E


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
    text = pa.array(ids, type=pa.large_string())
    bad = bad_ids(text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text)
    if len(bad):
        raise FrameError("frame.bad_id", got=len(bad), expected=0, first_row=int(bad[0]) + 1)
    repeated = ids.duplicated()
    if repeated.any():
        raise FrameError(
            "frame.duplicate_id", got=int(repeated.sum()), expected=0, first_row=int(repeated.to_numpy().argmax()) + 1
        )


def bad_ids(ids: pa.Array) -> NDArray[np.int64]:
    """Places (0, 1, ...) of ids that are empty, not NFC, or have outer blanks or control characters.

    ids: Arrow large_string. Plain ASCII is proved on the bytes at once; only an array with other characters is looked
    at row by row.
    """
    size = len(ids)
    if size == 0:
        return np.zeros(0, dtype=np.int64)
    if ids.null_count == 0:
        offsets = np.frombuffer(ids.buffers()[1], dtype=np.int64)[ids.offset : ids.offset + size + 1]
        content = ids.buffers()[2] or b""
        data = np.frombuffer(content, dtype=np.uint8)[offsets[0] : offsets[-1]]
        is_plain = not len(data) or (data.min() >= _FIRST_PRINTABLE and data.max() <= _LAST_PRINTABLE)
        if is_plain and (np.diff(offsets) > 0).all():
            ends = offsets - offsets[0]
            blank = (data[ends[:-1]] == _BLANK) | (data[ends[1:] - 1] == _BLANK)
            return np.flatnonzero(blank)
    bad = np.array(pc.fill_null(pc.match_substring_regex(ids, _STRANGE), True))
    doubtful = np.flatnonzero(~np.asarray(pc.fill_null(pc.match_substring_regex(ids, _SURELY_NFC), True)))
    texts = ids.take(pa.array(doubtful, type=pa.int64())).to_pylist()
    bad[doubtful] |= np.array([not unicodedata.is_normalized("NFC", text) for text in texts], dtype=np.bool_)
    return np.flatnonzero(bad)


def _has_control(values: pd.Series) -> pd.Series:
    """True where a text holds a control character, a line separator or a byte order mark; False for null."""
    is_control = pc.match_substring_regex(pa.array(values, type=pa.large_string()), _RE2_CONTROL)
    return pd.Series(pc.fill_null(is_control, False).to_numpy(zero_copy_only=False), index=values.index)


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
