"""The draw: order, probabilities, manifest, and the stand-alone verifier against the main code."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from sampling.allocation import allocate
from sampling.errors import FrameError
from sampling.frame import canonical_csv, check_frame, frame_csv, frame_hash, stratum_ids
from sampling.manifest import Party, draw_csv, make_manifest, plan_of, verify
from sampling.numbers import canonical_json, sha256_hex

ROOT = Path(__file__).parents[2]
VERIFIER = ROOT / "sampling" / "verify_draw.py"


def small_frame(rows: int = 60, units: int = 3) -> pd.DataFrame:
    unit = [f"U{i % units}" for i in range(rows)]
    frame = pd.DataFrame({"frame_unit_id": [f"hồ sơ-{i:03d}" for i in range(rows)], "unit_id": unit})
    return frame.assign(
        unit_id_at_event=unit,
        psu_id=[f"p{i}" for i in range(rows)],
        person_key=[f"p{i}" for i in range(rows)],
        event_date="2026-01-05",
        size=1,
        has_contact=True,
        result_status=["done", 'a "quote", comma'] * (rows // 2),
    )


def prepared(frame: pd.DataFrame, total: int = 15) -> tuple[bytes, dict[str, object]]:
    strata = stratum_ids(frame, ["unit_id"])
    sizes = strata.value_counts().rename_axis("stratum_id").rename("pop_size").reset_index()
    plan = plan_of(["unit_id"], allocate(sizes, total, "proportional", reserve_share=0.2), target="transaction")
    return frame_csv(check_frame(frame)), plan


PARTIES = [Party("Sở Nội vụ", "một số bí mật 1"), Party("Mặt trận Tổ quốc", "một số bí mật 2")]
VALUE = {"source": "XSMB", "at": "2026-07-10", "value": "84523"}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda f: f.assign(frame_unit_id=["x", *f["frame_unit_id"][1:-1], "x"]), "frame.duplicate_id"),
        (lambda f: f.assign(frame_unit_id=["e\u0301", *f["frame_unit_id"][1:]]), "frame.bad_id"),
        (lambda f: f.assign(frame_unit_id=[" a", *f["frame_unit_id"][1:]]), "frame.bad_id"),
        (lambda f: f.assign(frame_unit_id=["a\tb", *f["frame_unit_id"][1:]]), "frame.bad_id"),
        (lambda f: f.assign(frame_unit_id=["", *f["frame_unit_id"][1:]]), "frame.bad_id"),
        (lambda f: f.assign(unit_id=["a\x00b", *f["unit_id"][1:]]), "frame.control_character"),
        (lambda f: f.iloc[:0], "frame.empty"),
    ],
)
def test_a_frame_that_cannot_be_drawn_from_is_refused(change, rule: str) -> None:
    with pytest.raises(FrameError) as caught:
        check_frame(change(small_frame()))
    assert caught.value.rule == rule


def test_canonical_csv_is_minimal_rfc4180_by_id_bytes() -> None:
    frame = pd.DataFrame({"id": ["Đ", "b", "a"], "x": ["1,2", 'say "hi"', "z"], "f": [True, False, True]})
    assert canonical_csv(frame, ["id", "x", "f"], "id") == 'id,x,f\na,z,1\nb,"say ""hi""",0\nĐ,"1,2",1\n'.encode()


def test_frame_hash_does_not_depend_on_order_of_rows_or_columns() -> None:
    frame = check_frame(small_frame())
    assert frame_hash(frame) == frame_hash(frame.sample(frac=1, random_state=1)[list(frame.columns[::-1])])


def test_manifest_verifies_and_the_stand_alone_verifier_agrees(tmp_path: Path) -> None:
    content, plan = prepared(small_frame())
    manifest, drawn = make_manifest("gd-2026", plan, content, PARTIES, VALUE)
    assert verify(json.loads(manifest.to_json()), content) == []
    folder = tmp_path / "biên bản có dấu"
    folder.mkdir()
    (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    (folder / "frame.csv").write_bytes(content)
    command = [sys.executable, "-I", str(VERIFIER), str(folder / "manifest.json"), str(folder / "frame.csv")]
    done = subprocess.run(
        command, capture_output=True, check=False, env={"PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"}
    )
    assert done.returncode == 0, done.stderr.decode()
    assert sha256_hex(draw_csv(drawn)) == manifest.draw_hash
    (folder / "frame.csv").write_bytes(content.replace(b"U1", b"U2", 1))
    refused = subprocess.run(command, capture_output=True, check=False)
    assert refused.returncode == 1


def stand_alone():
    spec = importlib.util.spec_from_file_location("stand_alone", VERIFIER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tampered(manifest: dict[str, object], what: str) -> dict[str, object]:
    one = json.loads(json.dumps(manifest))
    if what == "plan":
        one["plan"]["allocation"][0]["sample_size"] += 1
    elif what == "plan resealed":
        one["plan"]["allocation"][0]["sample_size"] += 1
        one["plan_hash"] = sha256_hex(canonical_json(one["plan"]))
    elif what == "nonce":
        one["parties"][0]["nonce"] += "x"
    elif what == "public value":
        one["public_value"]["value"] = "84524"
    elif what == "seed":
        one["seed"] = "f" * 64
    elif what == "draw":
        one["draw_hash"] = "f" * 64
    return one


@pytest.mark.parametrize(
    ("what", "rule"),
    [
        ("plan", "verify.plan_hash"),
        ("plan resealed", "verify.seed"),
        ("nonce", "verify.commitment"),
        ("public value", "verify.seed"),
        ("seed", "verify.seed"),
        ("draw", "verify.draw_hash"),
    ],
)
def test_every_tampering_is_named_by_both_verifiers(what: str, rule: str) -> None:
    content, plan = prepared(small_frame())
    manifest, _ = make_manifest("gd-2026", plan, content, PARTIES, VALUE)
    changed = tampered(json.loads(manifest.to_json()), what)
    assert rule in {fault.rule for fault in verify(changed, content)}
    assert any(line.startswith(rule.removeprefix("verify.")) for line in stand_alone().check(changed, content))


@pytest.mark.parametrize("old, new", [(b"U1", b"U2"), (b"done", b"Done"), (b"2026-01-05", b"2026-01-06")])
def test_a_changed_frame_byte_is_refused_by_both(old: bytes, new: bytes) -> None:
    content, plan = prepared(small_frame())
    manifest, _ = make_manifest("gd-2026", plan, content, PARTIES, VALUE)
    facts = json.loads(manifest.to_json())
    changed = content.replace(old, new, 1)
    assert [fault.rule for fault in verify(facts, changed)] == ["verify.frame_hash"]
    assert any("frame_hash" in line for line in stand_alone().check(facts, changed))


def test_a_manifest_with_a_field_missing_is_refused() -> None:
    content, plan = prepared(small_frame())
    manifest, _ = make_manifest("gd-2026", plan, content, PARTIES, VALUE)
    facts = json.loads(manifest.to_json())
    del facts["seed"]
    assert [fault.rule for fault in verify(facts, content)] == ["verify.fields"]
