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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST, TWO64 = 2**53, 2**64
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
COORDINATED = (
    "Chế độ phối hợp mẫu: lặp lại được, nhưng không phải là không thể đoán trước"
    " / coordinated mode: reproducible, not unpredictable"
)


def sha256(data: str | bytes) -> str:
    return hashlib.sha256(data.encode("utf-8") if isinstance(data, str) else data).hexdigest()


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def csv_bytes(rows: list[list[str]]) -> bytes:
    """Canonical CSV: UTF-8, LF, quotes only where needed."""

    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if re.search('[",\r\n]', text) else text

    return "".join(",".join(map(cell, row)) + "\n" for row in rows).encode("utf-8")


# ---- The draw. Digest of a unit: SHA-256("seed|id"); U: its first 16 hexadecimal digits as a number -------------------


class Impossible(ValueError):
    """The plan cannot be drawn from the frame."""


def need(agrees: object, what: str) -> None:
    if not agrees:
        raise Impossible(what)


def whole_sizes(rows: list[dict[str, str]], column: str) -> dict[str, int]:
    """Decimal texts above 0, all times the same power of ten."""
    texts = {row["frame_unit_id"]: row.get(column, "") for row in rows}
    for text in texts.values():
        need(re.fullmatch(r"[0-9]{1,30}(\.[0-9]{1,30})?", text) and re.search("[1-9]", text), column)
    places = max(len(text.partition(".")[2]) for text in texts.values())
    return {one: int(Fraction(text) * 10**places) for one, text in texts.items()}


def certainties(ids: list[str], size: dict[str, int], certain: set[str], take: int) -> set[str]:
    """Drawn for sure: the forced units, then again and again all with (take - c) x >= X over the rest."""
    while True:
        left, total = take - len(certain), sum(size[one] for one in ids if one not in certain)
        more = {one for one in ids if one not in certain and left > 0 and left * size[one] >= total}
        if not more:
            return certain
        certain = certain | more


def systematic(ids: list[str], size: dict[str, int], left: int, start: int) -> list[str]:
    """In order of digests, units whose interval [before, after) of width left * x holds S + jX, S = start X / 2^64."""
    total, before, picked = sum(size[one] for one in ids), 0, []
    first = start * total // TWO64
    for one in ids:
        after = before + left * size[one]
        if (after - first - 1) // total > (before - first - 1) // total:
            picked.append(one)
        before = after
    return picked


def ranked(ids: list[str], size: dict[str, int], left: int, words: dict[str, int], method: str) -> list[str]:
    """The smallest u / p (sequential Poisson) or u (1 - p) / ((1 - u) p) (Pareto) with p = left x / X, u = U / 2^64."""
    total = sum(size[one] for one in ids)

    def rank(one: str) -> Fraction:
        u, x = words[one], size[one]
        if method == "sequential_poisson":
            return Fraction(u, x)
        return Fraction(u * (total - left * x), (TWO64 - u) * left * x)

    return sorted(ids, key=rank)[:left]  # a stable sort: equal ranks stay in order of digests


def choose(
    rows: list[dict[str, str]], entry: dict[str, Any], stage: dict[str, Any], seed: str, start: str
) -> list[str]:
    """Ids drawn in one stratum in draw order: the first sample_size are the sample, the next ones its reserve."""
    n, take, method = entry["sample_size"], entry["sample_size"] + entry["reserve_size"], stage["method"]
    marks = {row["frame_unit_id"]: row.get(stage["forced"], "") if stage["forced"] else "0" for row in rows}
    need(set(marks.values()) <= {"0", "1"}, str(stage["forced"]))
    digests = {one: sha256(seed + "|" + one) for one in marks}
    words = {one: (int(digests[one][:16], 16) - int(start, 16)) % TWO64 for one in marks}
    ids = sorted(marks, key=lambda one: (words[one], digests[one]))
    certain = {one for one in ids if marks[one] == "1"}
    need(len(certain) <= n, "c <= n")
    size = whole_sizes(rows, stage["size"]) if stage["size"] else {}
    if size:
        certain = certainties(ids, size, certain, take)
    rest = [one for one in ids if one not in certain]
    left, is_plain = take - len(certain), method == "srs" and not certain
    need(len(certain) < n or is_plain or (len(certain) == n and not (rest and take)), "c < n")
    first = [one for one in ids if one in certain]
    if method == "srs":
        return first + rest[:left]
    if method == "pps":
        picked = (
            systematic(rest, size, left, int(sha256(seed + "|start:" + entry["stratum_id"])[:16], 16)) if rest else []
        )
    else:
        need(not rest or n - len(certain) >= 10, "n - c >= 10")
        picked = ranked(rest, size, left, words, method)
    again = sha256(seed + "|order")
    return [one for part in (first, picked) for one in sorted(part, key=lambda one: sha256(again + "|" + one))]


def redraw(rows: list[dict[str, str]], plan: dict[str, Any], seed: str) -> list[tuple[str, int, str, int, int, str]]:
    """Rows of draw.csv. Stratum: the parts joined by | at stage 1, the parent below; only drawn parents are opened."""
    stages, parts = plan["stages"], plan["stratum_parts"]
    start = plan["coordination"]["start"] if plan["mode"] == "coordinated" else None
    need({*parts, "psu_id"} <= set(rows[0]), "stratum_parts, psu_id")
    need(len({row["frame_unit_id"] for row in rows}) == len(rows), "frame_unit_id")
    for one in (row["frame_unit_id"] for row in rows):
        need(one and one == one.strip() and unicodedata.normalize("NFC", one) == one, "frame_unit_id")
        need(not UNPRINTABLE.search(one), "frame_unit_id")
    need({row.get("stage", "1") for row in rows} == {str(k + 1) for k in range(len(stages))}, "stage")
    drawn, above, upper = [], [""], {""}
    for number, stage in enumerate(stages, start=1):
        need((stage["method"] == "srs") == (stage["size"] is None), "size")
        need(stage["method"] == "srs" or (stage["method"] == "pps") == (start is None), "method")
        need(number == len(stages) or not any(one["reserve_size"] for one in stage["allocation"]), "reserve_size")
        strata: dict[str, list[dict[str, str]]] = {}
        for row in [row for row in rows if row.get("stage", "1") == str(number)]:
            name = "|".join(row[part] for part in parts) if number == 1 else row.get("parent_id", "")
            strata.setdefault(name, []).append(row)
        plans = {one["stratum_id"]: one for one in stage["allocation"]}
        need(set(plans) == set(strata) and len(plans) == len(stage["allocation"]), "stratum_id")
        for name, one in plans.items():
            need(len(strata[name]) == one["pop_size"] >= one["sample_size"] + one["reserve_size"], name)
        need(number == 1 or set(strata) == upper and above, "parent_id")
        own_seed = seed if number == 1 else sha256(f"{seed}|stage{number}")
        chosen = {
            name: choose(strata[name], plans[name], stage, own_seed, start or "0")
            for name in (strata if number == 1 else above)
        }
        for name, ids in chosen.items():
            n = plans[name]["sample_size"]
            drawn += [
                (one, number, name, k, int(k > n), sha256(own_seed + "|" + one)) for k, one in enumerate(ids, start=1)
            ]
        above = [one for ids in chosen.values() for one in ids]
        upper = {row["frame_unit_id"] for some in strata.values() for row in some}
    return sorted(drawn)


# ---- What the files are made of: a kind, [part, least, most] for a list, or the parts of an object --------------------
KINDS = {
    "text": ".+",
    "line": ".*",
    "column": ".+",
    "hash": "[0-9a-f]{64}",
    "before": "([0-9a-f]{64})?",
    "start": "[0-9a-f]{16}",
    "time": "20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})",
    "method": "srs|pps|pareto|sequential_poisson",
    "kind": "release|withdraw",
    "fresh": "fresh",
    "coordinated": "coordinated",
}


def parts_of(text: str, **more: Any) -> dict[str, Any]:
    return {**{pair.partition(":")[0]: pair.partition(":")[2] for pair in text.split()}, **more}


TERMS = parts_of("source:text at:time pattern:text")
SIZES = parts_of("stratum_id:text pop_size:count sample_size:count reserve_size:count")
STAGE = parts_of("method:method size:column forced:column", allocation=[SIZES, 1, MOST])
PLAN = parts_of("id_key:text *:plain", stratum_parts=["text", 1, MOST], stages=[STAGE, 1, MOST])
SEALED = parts_of("format:text round_id:text plan_hash:hash frame_hash:hash frame_rows:number")
CHANGE = parts_of(
    "change_no:number kind:kind stratum_id:text first_order:count last_order:count decided_at:time reason:text"
    " proposer:line approver:line",
    frame_unit_ids=["text", 1, MOST],
)
RESERVES = parts_of("format:text round_id:text draw_hash:hash", changes=[CHANGE, 0, MOST])


def shapes(mode: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Manifest and commit record."""
    is_fresh = mode == "fresh"
    own = (
        {"public_value": TERMS}
        if is_fresh
        else {"coordination": parts_of("programme:text frame_source:text start:start")}
    )
    party, two = parts_of("name:text commitment:hash"), 2 if is_fresh else 0
    commit = parts_of("commit_no:number prev_commit_hash:before committed_at:time", **SEALED)
    commit.update(parties=[party, two, two], public_value=TERMS if is_fresh else "null")
    manifest = parts_of("seed:hash draw_hash:hash draw_rows:count", **SEALED)
    manifest.update(mode=mode, plan={**PLAN, "mode": mode, **own}, commits=[commit, 1, MOST])
    manifest.update(parties=[{**party, "nonce": "text", "opened_at": "time"}, two, two])
    manifest.update(public_value={**TERMS, "value": "text"} if is_fresh else "null")
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
    if part is None or kind == "plain":
        return is_plain(part) if kind == "plain" else kind in ("null", "column")
    if kind in ("count", "number"):
        return isinstance(part, int) and not isinstance(part, bool) and int(kind == "number") <= part <= MOST
    if (
        not isinstance(part, str)
        or kind not in KINDS
        or UNPRINTABLE.search(part)
        or not re.fullmatch(KINDS[kind], part)
    ):
        return False
    try:
        return kind != "time" or moment(part) is not None
    except ValueError:
        return False


def misfits(part: Any, shape: Any, path: str) -> Iterator[str]:
    """Parts that are absent, unknown or of another kind."""
    if isinstance(shape, list) and isinstance(part, list) and shape[1] <= len(part) <= shape[2]:
        for number, one in enumerate(part):
            yield from misfits(one, shape[0], f"{path}[{number}]")
    elif isinstance(shape, dict) and isinstance(part, dict):
        unknown = {name: part[name] for name in part if name not in shape}
        if unknown and not ("*" in shape and is_plain(unknown)):
            yield path + " + " + ascii(list(unknown))
        for name in sorted(set(shape) - {"*"}):
            yield from misfits(part[name], shape[name], f"{path}.{name}") if name in part else [f"{path}.{name}"]
    elif not (isinstance(shape, str) and is_kind(part, shape)):
        yield path


# ---- The checks: each gives what it found; its first line is what a reader is told ------------------------------------
class Case:
    """What lies on the table; read and drawn once."""

    def __init__(self, manifest: Any, frame: bytes, reserves: Any = None, commit: Any = None, value: str | None = None):
        self.m, self.frame, self.reserves, self.kept, self.value = manifest, frame, reserves, commit, value
        self.fresh = not (isinstance(manifest, dict) and manifest.get("mode") == "coordinated")
        self.shapes = shapes("fresh" if self.fresh else "coordinated")
        self.cells = self.read()
        self.draws: list[Any] = []

    def read(self) -> list[list[str]]:
        try:
            cells = list(csv.reader(io.StringIO(self.frame.decode("utf-8"), newline="")))
        except (UnicodeDecodeError, csv.Error):
            return []
        head = cells[0] if cells else []
        sound = "frame_unit_id" in head and len(set(head)) == len(head) and len(cells) > 1
        return cells if sound and all(len(row) == len(head) for row in cells) else []

    def drawn(self) -> Any:
        """Rows of draw.csv, or why there are none."""
        if not self.draws:
            rows = [dict(zip(self.cells[0], row)) for row in self.cells[1:]]  # noqa: B905 (Python 3.8)
            try:
                need(rows, "frame")
                self.draws.append(redraw(rows, self.m["plan"], self.m["seed"]))
            except Impossible as error:
                self.draws.append(str(error))
        return self.draws[0]

    def last(self) -> dict[str, Any]:
        return dict(self.m["commits"][-1])

    def changes(self) -> Iterator[tuple[str, dict[str, Any], list[str], int, str]]:
        """Place, change, ids drawn in its stratum in draw order, cases issued until then, time of the one before."""
        ids: dict[str, list[str]] = {}
        for one in sorted(self.drawn(), key=lambda row: int(row[3])) if isinstance(self.drawn(), list) else []:
            if one[1] == len(self.m["plan"]["stages"]):
                ids.setdefault(one[2], []).append(one[0])
        issued = {one["stratum_id"]: one["sample_size"] for one in self.m["plan"]["stages"][-1]["allocation"]}
        before = self.m["public_value"]["at"] if self.fresh else self.last()["committed_at"]
        for k, one in enumerate(self.reserves["changes"] if self.reserves and ids else []):
            name = one["stratum_id"]
            yield f"changes[{k}]", one, ids.get(name, []), issued.get(name, 0), before
            issued[name] = one["last_order"] if one["kind"] == "release" else one["first_order"] - 1
            before = one["decided_at"]


def differ(found: object, promised: object) -> list[str]:
    return [] if found == promised else [f"{found} / {promised}"]


def format_(c: Case) -> list[str]:
    """dạng tệp lạ / unknown format"""
    commits = c.m.get("commits") if isinstance(c.m, dict) else None
    records = [("prn1", c.m), ("prn1-reserves", c.reserves), ("prn1-commit", c.kept)]
    records += [("prn1-commit", one) for one in (commits if isinstance(commits, list) else [])]
    named = [(name, one.get("format")) for name, one in records if isinstance(one, dict)]
    return [ascii(found) for name, found in named if isinstance(found, str) and found != name]


def parts(c: Case) -> list[str]:
    """tệp không đúng cấu trúc / a part is missing, unknown or of the wrong kind"""
    records = [("manifest", c.m, c.shapes[0]), ("reserves", c.reserves, RESERVES), ("commit", c.kept, c.shapes[1])]
    return [bad for name, one, shape in records if one is not None or one is c.m for bad in misfits(one, shape, name)]


def coordination(c: Case) -> list[str]:
    """đơn vị được đánh giá tự lập dàn mẫu: không được phối hợp mẫu / the rated unit made the frame"""
    return [] if c.fresh or c.m["plan"]["coordination"]["frame_source"] != "rated_unit" else ["rated_unit"]


def plan_hash(c: Case) -> list[str]:
    """kế hoạch bị sửa sau khi niêm phong / the plan was changed after it was sealed"""
    return differ(sha256(canonical(c.m["plan"])), c.m["plan_hash"])


def frame_hash(c: Case) -> list[str]:
    """dàn mẫu bị sửa sau khi niêm phong / the frame was changed after it was sealed"""
    return differ(sha256(c.frame), c.m["frame_hash"])


def frame_canonical(c: Case) -> list[str]:
    """dàn mẫu không ở dạng chuẩn / the frame file is not in canonical form"""
    key = c.cells[0].index("frame_unit_id") if c.cells else 0
    rows = [*c.cells[:1], *sorted(c.cells[1:], key=lambda row: row[key])]
    return [] if rows and csv_bytes(rows) == c.frame else ["UTF-8, LF, frame_unit_id"]


def frame_rows(c: Case) -> list[str]:
    """số dòng dàn mẫu khác biên bản / the frame has another number of rows"""
    return differ(len(c.cells) - 1, c.m["frame_rows"]) if c.cells else []


def parties(c: Case) -> list[str]:
    """hai bên trùng nhau / the two parties are one"""
    return differ(len({one["name"] for one in c.m["parties"]}), len(c.m["parties"]))


def commitment(c: Case) -> list[str]:
    """số bí mật không đúng số đã cam kết / the nonce is not the number promised"""
    return [one["name"] for one in c.m["parties"] if sha256(one["name"] + "|" + one["nonce"]) != one["commitment"]]


def commit_chain(c: Case) -> list[str]:
    """chuỗi niêm phong đứt, có lần bị giấu / the chain of commits is broken, one may be hidden"""
    wrong, before, time = [], "", c.m["commits"][0]["committed_at"]
    for k, one in enumerate(c.m["commits"], start=1):
        found = one["commit_no"], one["prev_commit_hash"], one["round_id"]
        if found != (k, before, c.last()["round_id"]) or moment(one["committed_at"]) < moment(time):
            wrong.append(f"commit {k}")
        before, time = sha256(canonical(one)), one["committed_at"]
    return wrong


def commit(c: Case) -> list[str]:
    """biên bản khác bản niêm phong cuối / the manifest differs from the last commit"""
    wrong = [name for name in ("round_id", "frame_hash", "frame_rows", "plan_hash") if c.m[name] != c.last()[name]]
    promises = [[(one["name"], one["commitment"]) for one in record["parties"]] for record in (c.m, c.last())]
    return wrong + ([] if promises[0] == promises[1] else ["parties"])


def kept_commit(c: Case) -> list[str]:
    """bản niêm phong đã giữ khác bản cuối / the commit you kept is not the last one"""
    return [] if c.kept is None else differ(sha256(canonical(c.last())), sha256(canonical(c.kept)))


def times(c: Case) -> list[str]:
    """số bí mật không mở giữa lúc niêm phong và lúc quay số / not opened between commit and public draw"""
    if not c.fresh:
        return []
    first, end = moment(c.last()["committed_at"]), moment(c.m["public_value"]["at"])
    wrong = [one["name"] for one in c.m["parties"] if not first <= moment(one["opened_at"]) < end]
    return wrong + ([] if first < end else ["committed_at"])


def public_terms(c: Case) -> list[str]:
    """nguồn, giờ, dạng giá trị công khai bị đổi / source, time or pattern of the public value changed"""
    records = [one["public_value"] for one in (c.m, c.m["plan"], c.last())] if c.fresh else []
    return [name for name in TERMS if len({one[name] for one in records}) > 1]


def pattern(c: Case) -> list[str]:
    """giá trị công khai sai dạng đã định / the public value does not match its pattern"""
    if not c.fresh:
        return []
    value, wanted = c.m["public_value"]["value"], c.m["plan"]["public_value"]["pattern"]
    # A pattern made to keep this program busy for years (groups, many repeats, long texts) matches nothing.
    is_safe = "(" not in wanted and len(re.findall(r"[*+?]|\{[0-9]*,", wanted)) <= 4
    try:
        agrees = is_safe and max(len(wanted), len(value)) <= 100 and re.fullmatch(wanted, value, re.ASCII)
    except (re.error, OverflowError):
        agrees = False
    return [] if agrees else [f"{value} / {wanted}"]


def public_value(c: Case) -> list[str]:
    """giá trị công khai khác giá trị bạn đọc / the public value is not the one you read"""
    return differ(c.m["public_value"]["value"], c.value) if c.fresh and c.value is not None else []


def seed(c: Case) -> list[str]:
    """số khởi tạo không suy ra từ các giá trị trên / the seed does not follow from the values above"""
    if c.fresh:
        lines = ["prn1", c.m["round_id"], c.m["frame_hash"], c.m["plan_hash"]]
        lines += [one["nonce"] for one in c.m["parties"]] + [c.m["public_value"]["value"]]
    else:
        lines = ["prn1", "coordinated", c.m["plan"]["coordination"]["programme"]]
    return differ(sha256("".join(line + "\n" for line in lines)), c.m["seed"])


def drawable(c: Case) -> list[str]:
    """kế hoạch không khớp dàn mẫu / the plan cannot be drawn from this frame"""
    return [c.drawn()] if isinstance(c.drawn(), str) else []


def draw_hash(c: Case) -> list[str]:
    """danh sách không do số này rút ra / not the cases this seed draws"""
    if isinstance(c.drawn(), str):
        return []
    head = ["frame_unit_id", "stage", "stratum_id", "draw_order", "is_reserve", "prn"]
    found = sha256(csv_bytes([head, *([str(cell) for cell in row] for row in c.drawn())]))
    return differ((found, len(c.drawn())), (c.m["draw_hash"], c.m["draw_rows"]))


def change_draw(c: Case) -> list[str]:
    """tệp dự phòng thuộc lần rút khác / the reserves file is of another draw"""
    return [name for name in ("round_id", "draw_hash") if c.reserves and c.reserves[name] != c.m[name]]


def change_no(c: Case) -> list[str]:
    """số thứ tự quyết định không liền / decisions are not numbered 1, 2, ..."""
    return [place for k, (place, one, *_) in enumerate(c.changes(), start=1) if one["change_no"] != k]


def change_time(c: Case) -> list[str]:
    """quyết định trước lúc rút mẫu hoặc ngược thời gian / decided before the draw or out of time order"""
    return [place for place, one, _, _, before in c.changes() if moment(one["decided_at"]) < moment(before)]


def change_stratum(c: Case) -> list[str]:
    """không có tầng này / no such stratum"""
    return [f"{place}: {one['stratum_id']}" for place, one, ids, *_ in c.changes() if not ids]


def change_gap(c: Case) -> list[str]:
    """không theo thứ tự rút / not in draw order: a release begins after the last issued case, a withdrawal ends with it"""
    ends = [(place, one, m) for place, one, _, m, _ in c.changes()]
    return [
        place
        for place, one, m in ends
        if (one["first_order"] - 1 if one["kind"] == "release" else one["last_order"]) != m
    ]


def change_beyond(c: Case) -> list[str]:
    """vượt quá số đã rút / beyond what was drawn"""
    orders = [(place, ids, one["first_order"], one["last_order"]) for place, one, ids, *_ in c.changes()]
    return [place for place, ids, first, last in orders if ids and not 1 <= first <= last <= len(ids)]


def change_ids(c: Case) -> list[str]:
    """sai hồ sơ / not the units of these places"""
    some = [
        (place, one, ids[max(one["first_order"], 1) - 1 : one["last_order"]], ids)
        for place, one, ids, *_ in c.changes()
    ]
    return [place for place, one, mine, ids in some if ids and one["frame_unit_ids"] != mine]


def change_people(c: Case) -> list[str]:
    """người đề xuất và người duyệt phải là hai người / proposer and approver must be two people"""

    def bare(name: str) -> str:
        return " ".join(unicodedata.normalize("NFC", name).casefold().split())

    two = [(place, bare(one["proposer"]), bare(one["approver"])) for place, one, *_ in c.changes()]
    return [place for place, proposer, approver in two if not proposer or not approver or proposer == approver]


STEPS: tuple[tuple[Callable[[Case], list[str]], ...], ...] = (  # a later step is taken when the earlier ones agree
    (format_, parts),
    (coordination, plan_hash, frame_hash, frame_canonical, frame_rows, parties, commitment, commit_chain, commit)
    + (kept_commit, times, public_terms, pattern, public_value, seed),
    (drawable, draw_hash),
    (change_draw, change_no, change_time, change_stratum, change_gap, change_beyond, change_ids, change_people),
)


def check(manifest: Any, frame: bytes, reserves: Any = None, commit: Any = None, value: str | None = None) -> list[str]:
    """What does not agree, as "code: text: what was found"; empty when all of it does."""
    case = Case(manifest, frame, reserves, commit, value)
    for step in STEPS:
        wrong = [f"{look.__name__.rstrip('_')}: {look.__doc__}: {found}" for look in step for found in look(case)]
        if wrong:
            return wrong
    return []


def load(path: str | None) -> Any:
    """A JSON file; a name given twice in it could show two readers two files."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError(f"{path}: a name stands twice")
        return dict(pairs)

    return json.loads(Path(path).read_text(encoding="utf-8"), object_pairs_hook=once) if path else None


def main(arguments: list[str]) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a console without Vietnamese letters
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, most in (("manifest", None), ("frame", None), ("reserves", "?"), ("--commit", None), ("--value", None)):
        reader.add_argument(name, nargs=most)
    given = reader.parse_args(arguments)
    try:
        manifest, reserves, commit = map(load, (given.manifest, given.reserves, given.commit))
        frame = Path(given.frame).read_bytes()
    except (OSError, ValueError, RecursionError) as error:
        print("KHÔNG ĐỌC ĐƯỢC TỆP / CANNOT READ:", error)
        return 2
    wrong = check(manifest, frame, reserves, commit, given.value)
    for line in wrong:
        print("KHÔNG KHỚP / DOES NOT AGREE:", line)
    if wrong:
        return 1
    print(f"KHỚP / AGREES: {manifest['draw_rows']} / {manifest['frame_rows']}, seed {manifest['seed']}")
    if manifest["mode"] == "coordinated":
        print(COORDINATED)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
