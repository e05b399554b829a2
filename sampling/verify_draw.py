#!/usr/bin/env python3
"""Kiểm chứng chọn mẫu / verify a draw. Python's standard library only; run: python verify_draw.py MANIFEST FRAME.csv

What it proves: the frame and the plan are the ones that were sealed; the two secret numbers are the ones promised; the
seed follows from them and from the public value; and the listed cases are exactly those with the smallest SHA-256
digests of "seed|id" in every stratum. Nobody who could not foresee the public value could choose who was drawn.
"""

import csv
import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any


def sha256(data: str | bytes) -> str:
    return hashlib.sha256(data.encode("utf-8") if isinstance(data, str) else data).hexdigest()


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def redraw(frame_text: str, plan: dict[str, Any], seed: str) -> str:
    """The drawn list as canonical CSV: per stratum the smallest digests, first the sample, then the reserve."""
    strata: dict[str, list[tuple[str, str]]] = {}
    row: dict[str, str]
    for row in csv.DictReader(io.StringIO(frame_text, newline="")):
        stratum = "|".join(row[part] for part in plan["stratum_parts"])
        strata.setdefault(stratum, []).append((sha256(seed + "|" + row["frame_unit_id"]), row["frame_unit_id"]))
    sizes: dict[str, dict[str, Any]] = {entry["stratum_id"]: entry for entry in plan["allocation"]}
    if sorted(sizes) != sorted(strata):
        raise ValueError("strata of plan and frame differ")
    drawn: list[tuple[str, str, int, int, str]] = []
    for stratum, ids in strata.items():
        entry = sizes[stratum]
        if len(ids) != entry["pop_size"]:
            raise ValueError(f"stratum {stratum}: {len(ids)} rows, plan says {entry['pop_size']}")
        last = entry["sample_size"] + entry["reserve_size"]
        for order, (digest, one) in enumerate(sorted(ids)[:last], start=1):
            drawn.append((one, stratum, order, int(order > entry["sample_size"]), digest))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["frame_unit_id", "stratum_id", "draw_order", "is_reserve", "prn"])
    drawn.sort(key=lambda row: row[0].encode("utf-8"))
    writer.writerows(drawn)
    return out.getvalue()


def check(manifest: dict[str, Any], frame: bytes) -> list[str]:
    """List of what does not agree; empty when the draw is proved. frame: bytes of the published file."""
    wrong: list[str] = []
    try:
        return _check(manifest, frame, wrong)
    except (AttributeError, KeyError, TypeError) as error:
        return [*wrong, f"fields: biên bản không đúng cấu trúc / the manifest is not built as it should be ({error})"]


def _check(manifest: dict[str, Any], frame: bytes, wrong: list[str]) -> list[str]:
    if manifest["format"] != "prn1":
        return ["format: not prn1"]
    if sha256(canonical(manifest["plan"])) != manifest["plan_hash"]:
        wrong.append("plan_hash: kế hoạch đã bị sửa sau khi niêm phong / the plan was changed after it was sealed")
    if sha256(frame) != manifest["frame_hash"]:
        wrong.append("frame_hash: dàn mẫu đã bị sửa sau khi niêm phong / the frame was changed after it was sealed")
    for party in manifest["parties"]:
        if sha256(party["name"] + "|" + party["nonce"]) != party["commitment"]:
            wrong.append(f"commitment: {party['name']}: số đã mở không đúng số đã hứa / not the number promised")
    lines = ["prn1", manifest["round_id"], manifest["frame_hash"], manifest["plan_hash"]]
    lines += [party["nonce"] for party in manifest["parties"]] + [manifest["public_value"]["value"]]
    if len(manifest["parties"]) != 2 or sha256("".join(line + "\n" for line in lines)) != manifest["seed"]:
        wrong.append("seed: không suy ra từ các giá trị đã niêm phong / does not follow from what was sealed")
    if wrong:
        return wrong
    try:
        drawn = redraw(frame.decode("utf-8"), manifest["plan"], manifest["seed"])
    except (ValueError, KeyError) as error:
        return [f"frame: {error}"]
    if sha256(drawn) != manifest["draw_hash"]:
        wrong.append("draw_hash: danh sách không do số này rút ra / not the cases this seed draws")
    return wrong


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__)
        return 2
    try:
        manifest = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        frame = Path(arguments[1]).read_bytes()
    except (OSError, ValueError) as error:
        print("KHÔNG ĐỌC ĐƯỢC TỆP / CANNOT READ:", error)
        return 2
    wrong = check(manifest, frame)
    for line in wrong:
        print("KHÔNG KHỚP / DOES NOT AGREE:", line)
    if not wrong:
        print(f"KHỚP / AGREES: {manifest['draw_rows']} rows, seed {manifest['seed'][:16]}…")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
