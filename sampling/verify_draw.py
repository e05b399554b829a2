#!/usr/bin/env python3
"""Kiểm chứng việc chọn mẫu. Chỉ cần Python 3.8 trở lên, không cần cài gì thêm / check a draw with plain Python.

    python verify_draw.py manifest.json frame.csv [reserves.json] [--commit commit.json] [--value 48207]

CÁCH KIỂM TRA / HOW TO CHECK
1. Trước khi có giá trị công khai: giữ lại bản niêm phong (commit.json) được công bố / keep the commit record published
   before the public value exists.
2. Sau khi rút mẫu: tải manifest.json, frame.csv (và reserves.json nếu có) rồi chạy lệnh trên; --value là con số tự đọc
   trên báo / download the files and run the line above; --value is the number you read in the newspaper yourself.
3. Danh sách công bố (draw.csv) có mã băm SHA-256 là draw_hash / the SHA-256 of the published draw.csv is draw_hash.

CHỨNG MINH / WHAT IT PROVES: the frame and the plan are the sealed ones; both secret numbers are the promised ones and
were, by the times stated, opened before the public draw; the seed follows from them and from the public value; the listed
cases are exactly those the seed draws; reserves went out in order, by two people. With your own commit record and your own
value, nobody who could not foresee the public value can have chosen who was drawn, or sealed again in secret.

KHÔNG CHỨNG MINH / WHAT IT DOES NOT: that the frame holds everybody it should (compare its counts with other sources);
that the stated times are true (your commit record and the newspaper are the witnesses); who filled in the forms.

Mã thoát / exit code: 0 khớp / agrees, 1 không khớp / does not agree, 2 không đọc được / unreadable.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import re
import sys
import unicodedata
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

Found = Iterator[str]  # what was found, where
Row = Dict[str, str]
Drawn = Tuple[str, int, str, int, int, str]  # frame_unit_id, stage, stratum_id, draw_order, is_reserve, prn
MOST, TWO64 = 2**53, 2**64
TEXTS = {
    "format": "dạng tệp lạ / unknown format",
    "parts": "tệp không đúng cấu trúc / a part is missing or of the wrong kind",
    "coordination": "đơn vị được đánh giá tự lập dàn mẫu: không được phối hợp mẫu / the rated unit made the frame",
    "plan_hash": "kế hoạch bị sửa sau khi niêm phong / the plan was changed after it was sealed",
    "frame_hash": "dàn mẫu bị sửa sau khi niêm phong / the frame was changed after it was sealed",
    "frame_canonical": "dàn mẫu không ở dạng chuẩn / the frame file is not in canonical form",
    "frame_rows": "số dòng dàn mẫu khác biên bản / the frame has another number of rows",
    "parties": "hai bên trùng nhau / the two parties are one",
    "commitment": "số bí mật không đúng số đã cam kết / the nonce is not the number promised",
    "commit_chain": "chuỗi niêm phong đứt, có lần bị giấu / the chain of commits is broken, one may be hidden",
    "commit": "biên bản khác bản niêm phong cuối / the manifest differs from the last commit",
    "kept_commit": "bản niêm phong đã giữ khác bản cuối / the commit you kept is not the last one",
    "times": "số bí mật không mở giữa lúc niêm phong và lúc quay số / not opened between commit and public draw",
    "public_terms": "nguồn, giờ, dạng giá trị công khai bị đổi / source, time or pattern of the public value changed",
    "pattern": "giá trị công khai sai dạng đã định / the public value does not match its pattern",
    "public_value": "giá trị công khai khác giá trị bạn đọc / the public value is not the one you read",
    "seed": "số khởi tạo không suy ra từ các giá trị trên / the seed does not follow from the values above",
    "drawable": "kế hoạch không khớp dàn mẫu / the plan cannot be drawn from this frame",
    "draw_hash": "danh sách không do số này rút ra / not the cases this seed draws",
    "change_draw": "tệp dự phòng thuộc lần rút khác / the reserves file is of another draw",
    "change_no": "số thứ tự quyết định không liền / decisions are not numbered 1, 2, ...",
    "change_time": "quyết định trước lúc rút mẫu hoặc ngược thời gian / decided before the draw or out of time order",
    "change_stratum": "không có tầng này / no such stratum",
    "change_gap": "không theo thứ tự rút / not in draw order, or with a gap",
    "change_beyond": "vượt quá số đã rút / beyond what was drawn",
    "change_ids": "sai hồ sơ / not the units of these places",
    "change_people": "người đề xuất và người duyệt phải là hai người / proposer and approver must be two people",
}
COORDINATED = (
    "Chế độ phối hợp mẫu: lặp lại được, nhưng không phải là không thể đoán trước"
    " / coordinated mode: reproducible, not unpredictable"
)


def sha256(data: object) -> str:
    return hashlib.sha256(data if isinstance(data, bytes) else str(data).encode("utf-8")).hexdigest()


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def csv_bytes(rows: List[List[str]]) -> bytes:
    """Canonical CSV: UTF-8, LF, quotes only where needed, rows (after the head) by the bytes of the id."""

    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if re.search('[",\r\n]', text) else text

    return "".join(",".join(map(cell, row)) + "\n" for row in rows).encode("utf-8")


# ---- The draw: digest of a unit = SHA-256("seed|id"), its word U = the first 16 hexadecimal digits ----------------------
class Impossible(ValueError):
    """The plan cannot be drawn from the frame."""


def need(agrees: bool, what: object) -> None:
    if not agrees:
        raise Impossible(what)


def word(digest: str) -> int:
    return int(digest[:16], 16)


def whole_sizes(rows: List[Row], column: str) -> Dict[str, int]:
    """Decimal texts above 0, all times the same power of ten."""
    texts = {row["frame_unit_id"]: row.get(column, "") for row in rows}
    for text in texts.values():
        need(bool(re.fullmatch(r"[0-9]{1,30}(\.[0-9]{1,30})?", text) and re.search("[1-9]", text)), column)
    places = max(len(text.partition(".")[2]) for text in texts.values())
    return {one: int(Fraction(text) * 10**places) for one, text in texts.items()}


def certainties(ids: List[str], size: Dict[str, int], forced: List[str], take: int) -> List[str]:
    """Drawn for sure: forced units, then again and again all with (take - c) x >= X over the rest."""
    certain = set(forced)
    while True:
        left, total = take - len(certain), sum(size[one] for one in ids if one not in certain)
        more = [one for one in ids if one not in certain and left > 0 and left * size[one] >= total]
        if not more:
            return [one for one in ids if one in certain]
        certain.update(more)


def systematic(ids: List[str], size: Dict[str, int], left: int, start: int) -> List[str]:
    """Random-order systematic: the units whose interval [before, after) of width left * x holds S + jX."""
    total, before, picked = sum(size[one] for one in ids), 0, []
    first = start * total // TWO64
    for one in ids:
        after = before + left * size[one]
        if (after - first - 1) // total > (before - first - 1) // total:
            picked.append(one)
        before = after
    return picked


def choose(rows: List[Row], entry: Dict[str, Any], stage: Dict[str, Any], size: Dict[str, int], seed: str, start: Any) -> List[str]:
    """Ids drawn in a stratum, in draw order: the first sample_size are the sample, the others its reserve."""
    method, n = stage["method"], entry["sample_size"]
    take = n + entry["reserve_size"]
    keys = {}
    for one in (row["frame_unit_id"] for row in rows):
        digest = sha256(seed + "|" + one)
        keys[one] = ((word(digest) - int(start or "0", 16)) % TWO64, digest)
    ids = sorted(keys, key=lambda one: keys[one])
    marks = {row["frame_unit_id"]: row.get(stage["forced"], "") if stage["forced"] else "0" for row in rows}
    need(set(marks.values()) <= {"0", "1"}, stage["forced"])
    certain = [one for one in ids if marks[one] == "1"]
    if method != "srs":
        need(len(certain) <= n, "certain")
        certain = certainties(ids, size, certain, take)
    rest = [one for one in ids if one not in set(certain)]
    need(len(certain) < n or (len(certain) == n and (not rest or not take or (method == "srs" and not certain))), "certain")
    left = take - len(certain)
    if method == "srs":
        return certain + rest[:left]
    need(method == "pps" or not rest or n - len(certain) >= 10, "n - c >= 10")
    if method == "pps":
        picked = systematic(rest, size, left, word(sha256(seed + "|start:" + entry["stratum_id"]))) if rest else []
    else:
        total = sum(size[one] for one in rest)

        def rank(one: str) -> Tuple[Fraction, Tuple[int, str]]:
            u, x = keys[one][0], size[one]
            if method == "pareto":  # u / (1 - u) : p / (1 - p) with p = left x / X
                return Fraction(u * (total - left * x), (TWO64 - u) * left * x), keys[one]
            return Fraction(u, x), keys[one]

        picked = sorted(rest, key=rank)[:left]
    again = sha256(seed + "|order")
    return [one for part in (certain, picked) for one in sorted(part, key=lambda one: sha256(again + "|" + one))]


def redraw(rows: List[Row], plan: Dict[str, Any], seed: str) -> List[Drawn]:
    """Stage by stage: stratum = parts joined by | at stage 1, the parent below; only drawn parents are opened."""
    stages, parts = plan["stages"], plan["stratum_parts"]
    start = plan["coordination"]["start"] if plan["mode"] == "coordinated" else None
    ids = [row["frame_unit_id"] for row in rows]
    need(set(parts) <= set(rows[0]) and len(set(ids)) == len(ids), "stratum_parts, frame_unit_id")
    for one in ids:
        sound = one and one == one.strip() and unicodedata.normalize("NFC", one) == one
        need(bool(sound and not UNPRINTABLE.search(one)), "frame_unit_id")
    need({row.get("stage", "1") for row in rows} == {str(k) for k in range(1, len(stages) + 1)}, "stage")
    drawn: List[Drawn] = []
    above: List[str] = []
    for number, stage in enumerate(stages, start=1):
        own = [row for row in rows if row.get("stage", "1") == str(number)]
        need(number == len(stages) or not any(one["reserve_size"] for one in stage["allocation"]), "reserve_size")
        need((stage["method"] == "srs") == (stage["size"] is None), "size")
        need(stage["method"] == "srs" or (stage["method"] == "pps") == (start is None), "method")
        strata: Dict[str, List[Row]] = {}
        for row in own:
            stratum = "|".join(row[part] for part in parts) if number == 1 else row.get("parent_id", "")
            strata.setdefault(stratum, []).append(row)
        plans = {one["stratum_id"]: one for one in stage["allocation"]}
        need(len(plans) == len(stage["allocation"]) and sorted(plans) == sorted(strata), "strata")
        for name, one in plans.items():
            need(len(strata[name]) == one["pop_size"] >= one["sample_size"] + one["reserve_size"], name)
        if number > 1:
            upper = {row["frame_unit_id"] for row in rows if row.get("stage", "1") == str(number - 1)}
            need(set(strata) <= upper and bool(above), "parent_id")
            strata = {name: strata[name] for name in above if name in strata}
        open_rows = [row for some in strata.values() for row in some]
        size = whole_sizes(open_rows, stage["size"]) if stage["size"] else {}
        own_seed = seed if number == 1 else sha256(seed + "|stage" + str(number))
        above = []
        for name, some in strata.items():
            for order, one in enumerate(choose(some, plans[name], stage, size, own_seed, start), start=1):
                reserve = int(order > plans[name]["sample_size"])
                drawn.append((one, number, name, order, reserve, sha256(own_seed + "|" + one)))
                above.append(one)
    return sorted(drawn)


# ---- What the files are made of: a name of KINDS, [part, least, most] for a list, or the parts of an object ----------------
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
TIME = "20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})"
KINDS = {
    "text": ".+",
    "line": ".*",
    "hash": "[0-9a-f]{64}",
    "hash or empty": "([0-9a-f]{64})?",
    "start": "[0-9a-f]{16}",
    "time": TIME,
    "method": "srs|pps|pareto|sequential_poisson",
    "kind": "release|withdraw",
    "fresh": "fresh",
    "coordinated": "coordinated",
}
SIZES = {"stratum_id": "text", "pop_size": "count", "sample_size": "count", "reserve_size": "count"}
STAGE = {"method": "method", "size": "column", "forced": "column", "allocation": [SIZES, 1, MOST]}
TERMS = {"source": "text", "at": "time", "pattern": "text"}
COORDINATION = {"programme": "text", "frame_source": "text", "start": "start"}
CHANGE = {
    **{"change_no": "number", "kind": "kind", "stratum_id": "text", "first_order": "count", "last_order": "count"},
    **{"frame_unit_ids": ["text", 1, MOST], "decided_at": "time", "reason": "text"},
    **{"proposer": "line", "approver": "line"},
}
RESERVES = {"format": "text", "round_id": "text", "draw_hash": "hash", "changes": [CHANGE, 0, MOST]}


def shapes(mode: str) -> Tuple[Any, Any]:
    """Manifest and commit record of a mode."""
    two, terms = (2, TERMS) if mode == "fresh" else (0, "null")
    sealed = {"format": "text", "round_id": "text", "plan_hash": "hash", "frame_hash": "hash", "frame_rows": "number"}
    party = {"name": "text", "commitment": "hash"}
    commit = {
        **sealed,
        **{"commit_no": "number", "prev_commit_hash": "hash or empty", "committed_at": "time"},
        **{"parties": [party, two, two], "public_value": terms},
    }
    own = {"public_value": TERMS} if mode == "fresh" else {"coordination": COORDINATION}
    stages = {"stratum_parts": ["text", 1, MOST], "stages": [STAGE, 1, MOST]}
    opened = {**party, "nonce": "text", "opened_at": "time"}
    manifest = {
        **sealed,
        **{"mode": mode, "plan": {"mode": mode, "id_key": "text", **stages, **own, "*": "plain"}},
        **{"parties": [opened, two, two], "commits": [commit, 1, MOST]},
        **{"public_value": {**TERMS, "value": "text"} if mode == "fresh" else "null"},
        **{"seed": "hash", "draw_hash": "hash", "draw_rows": "count"},
    }
    return manifest, commit


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def is_plain(part: object, depth: int = 0) -> bool:
    """Text, whole numbers, yes/no, null, lists and objects of them: written the same way in every language."""
    if isinstance(part, dict):
        part = [*part, *part.values()]
    if isinstance(part, list):
        return depth < 20 and all(is_plain(one, depth + 1) for one in part)
    if isinstance(part, str):
        return not re.search("[\ud800-\udfff]", part)
    return part is None or (isinstance(part, int) and abs(part) <= MOST)


def is_kind(part: object, kind: str) -> bool:
    if kind == "plain":
        return is_plain(part)
    if part is None:
        return kind in ("null", "column")
    if kind in ("count", "number"):
        least = 0 if kind == "count" else 1
        return isinstance(part, int) and not isinstance(part, bool) and least <= part <= MOST
    if not isinstance(part, str) or UNPRINTABLE.search(part) or kind == "null":
        return False
    try:
        return bool(re.fullmatch(KINDS.get(kind, ".+"), part)) and (kind != "time" or moment(part) is not None)
    except ValueError:
        return False


def misfits(part: Any, shape: Any, path: str) -> Found:
    """Parts that are absent, unknown or of another kind."""
    if isinstance(shape, str):
        if not is_kind(part, shape):
            yield path
    elif isinstance(shape, list):
        if not isinstance(part, list) or not shape[1] <= len(part) <= shape[2]:
            yield path
        else:
            for number, one in enumerate(part):
                yield from misfits(one, shape[0], path + "[" + str(number) + "]")
    elif not isinstance(part, dict):
        yield path
    else:
        for name in shape:
            if name != "*":
                yield from misfits(part[name], shape[name], path + "." + name) if name in part else [path + "." + name]
        unknown = {name: part[name] for name in part if name not in shape}
        if unknown and not ("*" in shape and is_plain(unknown)):
            yield path + " + " + ", ".join(map(ascii, unknown))


# ---- The checks ---------------------------------------------------------------------------------------------------------
class Case:
    """What lies on the table; read and drawn once."""

    def __init__(self, manifest: Any, frame: bytes, reserves: Any, commit: Any, value: Optional[str]) -> None:
        self.m, self.frame, self.reserves, self.kept, self.value = manifest, frame, reserves, commit, value
        mode = manifest.get("mode") if isinstance(manifest, dict) else None
        self.fresh = mode != "coordinated"
        self.shapes = shapes("fresh" if self.fresh else "coordinated")
        self.cells = self.read()
        self.impossible = ""
        self.drawn: List[Drawn] = []
        self.by_stratum: Dict[str, List[str]] = {}

    def read(self) -> List[List[str]]:
        try:
            cells = list(csv.reader(io.StringIO(self.frame.decode("utf-8"), newline="")))
        except (UnicodeDecodeError, csv.Error):
            return []
        head = cells[0] if cells else []
        sound = "frame_unit_id" in head and len(set(head)) == len(head) and len(cells) > 1
        return cells if sound and all(len(row) == len(head) for row in cells) else []

    def draw(self) -> None:
        rows = [dict(zip(self.cells[0], row)) for row in self.cells[1:]]
        try:
            need(bool(rows), "frame")
            self.drawn = redraw(rows, self.m["plan"], self.m["seed"])
        except Impossible as error:
            self.impossible = str(error)
        for one in sorted(self.drawn, key=lambda row: row[3]):
            if one[1] == len(self.m["plan"]["stages"]):
                self.by_stratum.setdefault(one[2], []).append(one[0])

    def changes(self) -> Iterator[Tuple[str, Dict[str, Any], List[str]]]:
        for number, one in enumerate(self.reserves["changes"] if self.reserves else []):
            yield "changes[" + str(number) + "]", one, self.by_stratum.get(one["stratum_id"], [])


def formats(c: Case) -> Found:
    m = c.m if isinstance(c.m, dict) else {}
    commits = m.get("commits") if isinstance(m.get("commits"), list) else []
    for name, one in [("prn1", m), ("prn1-reserves", c.reserves)] + [("prn1-commit", x) for x in [*commits, c.kept]]:
        if isinstance(one, dict) and isinstance(one.get("format"), str) and one["format"] != name:
            yield one["format"]


def parts(c: Case) -> Found:
    yield from misfits(c.m, c.shapes[0], "manifest")
    if c.reserves is not None:
        yield from misfits(c.reserves, RESERVES, "reserves")
    if c.kept is not None:
        yield from misfits(c.kept, c.shapes[1], "commit")


def coordination(c: Case) -> Found:
    if not c.fresh and c.m["plan"]["coordination"]["frame_source"] == "rated_unit":
        yield "rated_unit"


def plan_hash(c: Case) -> Found:
    if sha256(canonical(c.m["plan"])) != c.m["plan_hash"]:
        yield sha256(canonical(c.m["plan"]))


def frame_hash(c: Case) -> Found:
    if sha256(c.frame) != c.m["frame_hash"]:
        yield sha256(c.frame)


def frame_canonical(c: Case) -> Found:
    column = c.cells[0].index("frame_unit_id") if c.cells else 0
    if not c.cells or csv_bytes([c.cells[0], *sorted(c.cells[1:], key=lambda row: row[column])]) != c.frame:
        yield "UTF-8, LF, frame_unit_id"


def frame_rows(c: Case) -> Found:
    if c.cells and len(c.cells) - 1 != c.m["frame_rows"]:
        yield "%d / %d" % (len(c.cells) - 1, c.m["frame_rows"])


def parties(c: Case) -> Found:
    if c.fresh and c.m["parties"][0]["name"] == c.m["parties"][1]["name"]:
        yield c.m["parties"][0]["name"]


def commitment(c: Case) -> Found:
    for one in c.m["parties"]:
        if sha256(one["name"] + "|" + one["nonce"]) != one["commitment"]:
            yield one["name"]


def commit_chain(c: Case) -> Found:
    before, time = "", c.m["commits"][0]["committed_at"]
    for number, one in enumerate(c.m["commits"], start=1):
        same = (one["commit_no"], one["prev_commit_hash"], one["round_id"]) == (number, before, c.m["commits"][-1]["round_id"])
        if not same or moment(one["committed_at"]) < moment(time):
            yield "commit %d" % number
        before, time = sha256(canonical(one)), one["committed_at"]


def commit(c: Case) -> Found:
    last = c.m["commits"][-1]
    for name in ("round_id", "frame_hash", "frame_rows", "plan_hash"):
        if c.m[name] != last[name]:
            yield name
    if [(one["name"], one["commitment"]) for one in c.m["parties"]] != [(one["name"], one["commitment"]) for one in last["parties"]]:
        yield "parties"


def kept_commit(c: Case) -> Found:
    if c.kept is not None and c.kept != c.m["commits"][-1]:
        yield sha256(canonical(c.kept))


def times(c: Case) -> Found:
    if c.fresh:
        committed, public = moment(c.m["commits"][-1]["committed_at"]), moment(c.m["public_value"]["at"])
        if not committed < public:
            yield "committed_at"
        for one in c.m["parties"]:
            if not committed <= moment(one["opened_at"]) < public:
                yield one["name"] + ": " + one["opened_at"]


def public_terms(c: Case) -> Found:
    if c.fresh:
        for name in TERMS:
            if len({one["public_value"][name] for one in (c.m, c.m["plan"], c.m["commits"][-1])}) > 1:
                yield name


def pattern(c: Case) -> Found:
    """No groups, few repeats, no long texts: a pattern made to keep this program busy for years matches nothing."""
    if c.fresh:
        value, wanted = c.m["public_value"]["value"], c.m["plan"]["public_value"]["pattern"]
        simple = "(" not in wanted and len(re.findall(r"[*+?]|\{[0-9]*,", wanted)) <= 4
        try:
            agrees = simple and max(len(wanted), len(value)) <= 100 and re.fullmatch(wanted, value, re.ASCII)
        except (re.error, OverflowError):
            agrees = False
        if not agrees:
            yield value


def public_value(c: Case) -> Found:
    if c.fresh and c.value is not None and c.value != c.m["public_value"]["value"]:
        yield c.m["public_value"]["value"]


def seed(c: Case) -> Found:
    if c.fresh:
        lines = ["prn1", c.m["round_id"], c.m["frame_hash"], c.m["plan_hash"]]
        lines += [one["nonce"] for one in c.m["parties"]] + [c.m["public_value"]["value"]]
    else:
        lines = ["prn1", "coordinated", c.m["plan"]["coordination"]["programme"]]
    if sha256("".join(line + "\n" for line in lines)) != c.m["seed"]:
        yield c.m["seed"]


def drawable(c: Case) -> Found:
    c.draw()
    if c.impossible:
        yield c.impossible


def draw_hash(c: Case) -> Found:
    head = ["frame_unit_id", "stage", "stratum_id", "draw_order", "is_reserve", "prn"]
    found = sha256(csv_bytes([head, *([str(cell) for cell in row] for row in c.drawn)]))
    if not c.impossible and (found, len(c.drawn)) != (c.m["draw_hash"], c.m["draw_rows"]):
        yield found


def change_draw(c: Case) -> Found:
    if c.reserves and (c.reserves["round_id"], c.reserves["draw_hash"]) != (c.m["round_id"], c.m["draw_hash"]):
        yield c.reserves["draw_hash"]


def change_no(c: Case) -> Found:
    for number, (place, one, _) in enumerate(c.changes(), start=1):
        if one["change_no"] != number:
            yield place


def change_time(c: Case) -> Found:
    before = c.m["public_value"]["at"] if c.fresh else c.m["commits"][-1]["committed_at"]
    for place, one, _ in c.changes():
        if moment(one["decided_at"]) < moment(before):
            yield place
        before = one["decided_at"]


def change_stratum(c: Case) -> Found:
    for place, one, ids in c.changes():
        if not ids:
            yield place + ": " + one["stratum_id"]


def change_gap(c: Case) -> Found:
    """m issued cases, at first the sample: a release begins at m + 1, a withdrawal ends at m."""
    issued = {one["stratum_id"]: one["sample_size"] for one in c.m["plan"]["stages"][-1]["allocation"]}
    for place, one, _ in c.changes():
        now, name = issued.get(one["stratum_id"], 0), one["stratum_id"]
        if one["kind"] == "release":
            agrees, issued[name] = one["first_order"] == now + 1, one["last_order"]
        else:
            agrees, issued[name] = one["last_order"] == now, one["first_order"] - 1
        if not agrees:
            yield place


def change_beyond(c: Case) -> Found:
    for place, one, ids in c.changes():
        if ids and not 1 <= one["first_order"] <= one["last_order"] <= len(ids):
            yield place


def change_ids(c: Case) -> Found:
    for place, one, ids in c.changes():
        if ids and one["frame_unit_ids"] != ids[max(one["first_order"], 1) - 1 : one["last_order"]]:
            yield place


def change_people(c: Case) -> Found:
    for place, one, _ in c.changes():
        two = [" ".join(unicodedata.normalize("NFC", one[name]).casefold().split()) for name in ("proposer", "approver")]
        if not all(two) or two[0] == two[1]:
            yield place


STEPS: List[List[Callable[[Case], Found]]] = [  # a later step is taken when the earlier ones agree
    [formats, parts],
    [coordination, plan_hash, frame_hash, frame_canonical, frame_rows, parties, commitment, commit_chain, commit],
    [kept_commit, times, public_terms, pattern, public_value, seed],
    [drawable, draw_hash],
    [change_draw, change_no, change_time, change_stratum, change_gap, change_beyond, change_ids, change_people],
]


def check(manifest: Any, frame: bytes, reserves: Any = None, commit: Any = None, value: Optional[str] = None) -> List[str]:
    """What does not agree, as "code: text: what was found"; empty when all of it does."""
    case = Case(manifest, frame, reserves, commit, value)
    for step in STEPS:
        wrong = []
        for look in step:
            code = look.__name__
            wrong += [code + ": " + TEXTS[code] + ": " + found for found in look(case)]
        if wrong:
            return wrong
    return []


def load(path: Optional[str]) -> Any:
    """A JSON file; a name given twice in it could show two readers two files."""

    def once(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a name stands twice in " + str(path))
        return dict(pairs)

    return json.loads(Path(path).read_text(encoding="utf-8"), object_pairs_hook=once) if path else None


def main(arguments: List[str]) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a console without Vietnamese letters
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("manifest")
    reader.add_argument("frame")
    reader.add_argument("reserves", nargs="?")
    reader.add_argument("--commit")
    reader.add_argument("--value")
    given = reader.parse_args(arguments)
    try:
        records = [load(one) for one in (given.manifest, given.reserves, given.commit)]
        frame = Path(given.frame).read_bytes()
    except (OSError, ValueError, RecursionError) as error:
        print("KHÔNG ĐỌC ĐƯỢC TỆP / CANNOT READ:", error)
        return 2
    wrong = check(records[0], frame, records[1], records[2], given.value)
    for line in wrong:
        print("KHÔNG KHỚP / DOES NOT AGREE:", ascii(line) if re.search("[\ud800-\udfff]", line) else line)
    if wrong:
        return 1
    print("KHỚP / AGREES: %d / %d, seed %s" % (records[0]["draw_rows"], records[0]["frame_rows"], records[0]["seed"]))
    if records[0]["mode"] == "coordinated":
        print(COORDINATED)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
