"""Snapshots: same content same bytes, hashed before every use, orphans swept."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest

from errors import StoreError
from sampling.numbers import canonical_json
from sampling.tables import ALLOCATION
from sipas.canonical import canonical_table, content_sha256

FRAME = pd.DataFrame(
    {
        "stratum_id": ["Đà Nẵng", "a"],
        "pop_size": [10, 20],
        "sample_size": [3, 4],
        "reserve_size": [0, 1],
        "method": ["srs", "srs"],
    }
)


def table() -> pa.Table:
    return ALLOCATION.arrow(FRAME)


def rule(caught) -> str:
    return caught.value.rule


def test_put_read_and_find(ws):
    ref = ws.files.snapshots.put("allocation", "r1", table(), parents=["b" * 64, "a" * 64, "b" * 64])
    assert (ref.kind, ref.round_id, ref.rows) == ("allocation", "r1", 2)
    assert ws.files.snapshots.find("r1", "allocation") == (ref,)
    assert ws.files.snapshots.find("r2", "allocation") == ()
    assert ws.files.snapshots.parents(ref.sha256) == ("a" * 64, "b" * 64)
    assert hashlib.sha256(ws.files.snapshots.open(ref.sha256).read_bytes()).hexdigest() == ref.sha256
    pd.testing.assert_frame_equal(ws.files.snapshots.read_frame(ref.sha256), ALLOCATION.check(FRAME))


def test_the_same_table_again_writes_and_logs_nothing(ws):
    ref = ws.files.snapshots.put("allocation", "r1", table())
    head = ws.log.head()
    assert ws.files.snapshots.put("allocation", "r1", table()) == ref
    assert ws.log.head() == head
    other = ws.files.snapshots.put("allocation", "r2", table())
    assert (other.sha256, other.round_id) == (ref.sha256, "r2")


def test_any_origin_gives_the_same_bytes(ws):
    texts, numbers = ["x", None, "Đ"], [1, 2, 3]
    plain = pa.table({"t": texts, "n": numbers, "f": [0.5, None, 1.0], "d": [Decimal("1.5"), None, Decimal(2)]})
    as_frame = pd.DataFrame(
        {
            "t": pd.Categorical(texts),
            "n": pd.array(numbers, dtype="Int16"),
            "f": [0.5, float("nan"), 1.0],
            "d": [Decimal("1.500"), None, Decimal("2.0")],
        },
        index=[9, 8, 7],
    )
    schema = pa.schema([("t", pa.large_string()), ("n", pa.int32()), ("f", pa.float64()), ("d", pa.decimal128(20, 3))])
    chunks = pa.concat_tables([plain.slice(0, 1).cast(schema), plain.slice(1).cast(schema)])
    nan = pa.array([0.5, float("nan"), 1.0])
    origins = [
        plain,
        pa.Table.from_pandas(as_frame, preserve_index=False),
        chunks,
        plain.replace_schema_metadata({"made": "today"}),
        plain.set_column(2, "f", nan),
    ]
    refs = {ws.files.snapshots.put("any", "r1", origin) for origin in origins}
    assert len(refs) == 1


def test_content_hash_is_that_of_a_csv_written_by_hand():
    made = canonical_table(
        pa.table(
            {
                "t": ['a"b', None, ""],
                "n": [1, None, 3],
                "d": [Decimal("1.5"), None, Decimal(-2)],
                "b": [True, None, False],
            }
        )
    )
    by_hand = '"t","n","d","b"\n"a""b",1,1.500000,true\n,,,\n"",3,-2.000000,false\n'
    assert content_sha256(made) == hashlib.sha256(by_hand.encode()).hexdigest()


@pytest.mark.parametrize(
    "column",
    [pa.array([[1]]), pa.array([2**64 - 1], pa.uint64()), pa.array([Decimal("0.0000001")]), pa.array([b"x"])],
    ids=["list", "too large", "seven places", "binary"],
)
def test_types_that_tables_never_have_are_refused(ws, column):
    with pytest.raises(StoreError) as caught:
        ws.files.snapshots.put("any", "r1", pa.table({"wrong": column}))
    assert rule(caught) == "store.table_type"
    assert caught.value.where == "wrong"


def test_frames_come_back_with_declared_types(ws):
    made = pa.table(
        {
            "t": pa.array([None, None], pa.string()),
            "n": [1, None],
            "w": [1, 2],
            "d": [Decimal("0.1"), None],
            "b": [True, False],
        }
    )
    frame = ws.files.snapshots.read_frame(ws.files.snapshots.put("any", "", made).sha256)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "t": "str", "n": "Int64", "w": "int64", "d": "object", "b": "bool",
    }  # fmt: skip
    assert frame["d"].iloc[0] == Decimal("0.100000")
    assert isinstance(frame["d"].iloc[0], Decimal)


def test_empty_table_keeps_its_columns(ws):
    ref = ws.files.snapshots.put("allocation", "r1", ALLOCATION.arrow(ALLOCATION.empty()))
    assert list(ws.files.snapshots.read_frame(ref.sha256).columns) == ALLOCATION.names()
    assert ref.rows == 0


def test_bytes_and_json(ws):
    ref = ws.files.snapshots.put_bytes("workbook.xlsx", "r1", b"PK")
    assert ws.files.snapshots.open(ref.sha256).suffix == ".xlsx"
    assert ws.files.snapshots.read_bytes(ref.sha256) == b"PK"
    assert ref.content_sha256 == ref.sha256 == hashlib.sha256(b"PK").hexdigest()
    made = ws.files.snapshots.put_bytes("manifest.json", "r1", canonical_json({"b": 1, "a": "Đ"}).encode())
    assert ws.files.snapshots.read_bytes(made.sha256) == '{"a":"Đ","b":1}'.encode()


@pytest.mark.parametrize("kind", ["", "../x", "A", "a/b", "a b", "x" * 81])
def test_kinds_are_plain_names(ws, kind):
    with pytest.raises(StoreError) as caught:
        ws.files.snapshots.put_bytes(kind, "r1", b"x")
    assert rule(caught) == "store.kind"


@pytest.mark.parametrize("way", ["open", "read", "read_bytes", "read_frame"])
def test_changed_or_lost_files_never_come_back(ws, way):
    ref = ws.files.snapshots.put("allocation", "r1", table())
    path = ws.files.snapshots.open(ref.sha256)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(StoreError) as caught:
        getattr(ws.files.snapshots, way)(ref.sha256)
    assert rule(caught) == "store.snapshot_changed"
    assert ref.sha256 in caught.value.where
    path.unlink()
    with pytest.raises(StoreError) as caught:
        getattr(ws.files.snapshots, way)(ref.sha256)
    assert rule(caught) == "store.snapshot_changed"
    ws.files.snapshots.put("allocation", "r1", table())
    assert ws.files.snapshots.read(ref.sha256).num_rows == 2


def test_a_file_without_a_row_is_no_snapshot(ws):
    with ws.files.snapshots.staging():
        staged = ws.files.snapshots.stage("allocation", table())
    with pytest.raises(StoreError) as caught:
        ws.files.snapshots.open(staged.sha256)
    assert rule(caught) == "store.snapshot_unknown"


def test_sweep_takes_orphans_and_leftovers_only(ws):
    kept = ws.files.snapshots.put("allocation", "r1", table())
    folder = ws.files.snapshots.open(kept.sha256).parent
    (folder / ".part-0011.parquet").write_bytes(b"half")
    with ws.files.snapshots.staging():
        ws.files.snapshots.stage("orphan.bin", b"never committed")
    assert ws.files.snapshots.sweep() == 2
    assert ws.files.snapshots.sweep() == 0
    assert ws.files.snapshots.read(kept.sha256).num_rows == 2


def test_every_snapshot_names_its_code_and_is_sealed(ws):
    ws.files.snapshots.put("allocation", "r1", table())
    entry = ws.log.entries("r1")[-1]
    assert entry.action == "snapshots.put"
    assert ws.log.verify() == []


def test_put_inside_a_transaction_is_refused_at_once(ws):
    with ws.ledger.write(), pytest.raises(RuntimeError, match="open in this thread"):
        ws.files.snapshots.put("allocation", "r1", table())
    assert ws.files.snapshots.find("r1", "allocation") == ()
