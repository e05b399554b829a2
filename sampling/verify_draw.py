#!/usr/bin/env python3
"""Kiểm chứng việc chọn mẫu. Chỉ cần Python 3.8 trở lên, không cần cài gì thêm / check a draw with plain Python.

    python verify_draw.py manifest.json frame.csv [reserves.json] [--commit commit.json] [--value 48207]
                          [--pairs pairs.csv]

CÁCH KIỂM TRA / HOW TO CHECK
1. Trước khi có giá trị công khai: giữ lại bản niêm phong (commit.json) được công bố / keep the commit record published
   before the public value exists.
2. Sau khi rút mẫu: tải manifest.json, frame.csv (và reserves.json nếu có) rồi chạy lệnh trên; --value là con số tự đọc
   trên báo / download the files and run the line above; --value is the number you read in the newspaper yourself.
3. Danh sách công bố (draw.csv) có mã băm SHA-256 là draw_hash / the SHA-256 of the published draw.csv is draw_hash.
   Nơi có danh sách ai đánh giá ai thì thêm --pairs pairs.csv / where raters are drawn for units, add --pairs pairs.csv.

CHỨNG MINH / WHAT IT PROVES: the frame and the plan are the sealed ones; both secret numbers are the promised ones and
were, by the times stated, opened before the public draw; the seed follows from them and from the public value; the
listed cases are exactly those the seed draws; who rates whom (rounds with quotas) is what the seed gives; reserves went
out in order, by two people. With your own commit record and your own value: nobody who could not foresee the public
value can have chosen who was drawn, or sealed again.

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
TEXTS = {
    "format": "dạng tệp lạ / unknown format",
    "parts": "tệp không đúng cấu trúc / a part is missing, unknown or of the wrong kind",
    "coordination": "đơn vị được đánh giá tự lập dàn mẫu: không được phối hợp mẫu / the rated unit made the frame",
    "plan_hash": "phương án bị sửa sau khi niêm phong / the plan was changed after it was sealed",
    "frame_hash": "dàn mẫu bị sửa sau khi niêm phong / the frame was changed after it was sealed",
    "frame_canonical": "dàn mẫu không ở dạng chuẩn / the frame file is not in canonical form",
    "frame_rows": "số dòng dàn mẫu khác biên bản / the frame has another number of rows",
    "parties": "hai bên trùng nhau / the two parties are one",
    "commitment": "số bí mật không đúng số đã cam kết / the nonce is not the number promised",
    "commit_chain": "chuỗi niêm phong đứt, có lần bị giấu / the chain of commits is broken, one may be hidden",
    "commit": "biên bản khác bản niêm phong cuối / the manifest differs from the last commit",
    "kept_commit": "bản niêm phong đã giữ khác bản cuối / the commit you kept is not the last one",
    "times": "số bí mật không mở giữa lúc niêm phong và lúc quay số / not opened between commit and public draw",
    "public_terms": "nguồn, giờ hoặc dạng giá trị công khai bị đổi / source, time or pattern of the value changed",
    "pattern": "giá trị công khai sai dạng đã định / the public value does not match its pattern",
    "public_value": "giá trị công khai khác giá trị bạn đọc / the public value is not the one you read",
    "seed": "số khởi tạo không suy ra từ các giá trị trên / the seed does not follow from the values above",
    "drawable": "phương án không khớp dàn mẫu / the plan cannot be drawn from this frame",
    "draw_hash": "danh sách không do số này rút ra / not the cases this seed draws",
    "pairs_hash": "danh sách ai đánh giá ai không do số này rút ra / not who rates whom by this seed",
    "change_draw": "tệp dự phòng thuộc lần rút khác / the reserves file is of another draw",
    "change_no": "số thứ tự quyết định không liền / decisions are not numbered 1, 2, ...",
    "change_time": "quyết định trước lúc rút mẫu hoặc ngược thời gian / before the draw or out of time order",
    "change_stratum": "không có tầng này / no such stratum",
    "change_gap": "không theo thứ tự rút / not in draw order, or with a gap",
    "change_beyond": "vượt quá số đã rút / beyond what was drawn",
    "change_ids": "sai hồ sơ / not the units of these places",
    "change_people": "người đề xuất và người duyệt phải là hai người / proposer and approver must be two people",
}


def sha256(data: str | bytes) -> str:
    return hashlib.sha256(data.encode("utf-8") if isinstance(data, str) else data).hexdigest()


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def csv_bytes(rows: list[list[str]]) -> bytes:
    """Canonical CSV: UTF-8, LF, quotes only where needed."""

    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if re.search('[",\r\n]', text) else text

    return "".join(",".join(map(cell, row)) + "\n" for row in rows).encode("utf-8")


# ---- The draw. Digest of a unit: SHA-256("seed|id"); U: its first 16 hexadecimal digits as a number


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
        begin = int(sha256(seed + "|start:" + entry["stratum_id"])[:16], 16)
        picked = systematic(rest, size, left, begin) if rest else []
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
        need(number == 1 or (set(strata) == upper and above), "parent_id")
        own_seed = seed if number == 1 else sha256(f"{seed}|stage{number}")
        opened = strata if number == 1 else above
        chosen = {name: choose(strata[name], plans[name], stage, own_seed, start or "0") for name in opened}
        for name, ids in chosen.items():
            n = plans[name]["sample_size"]
            places = enumerate(ids, start=1)
            drawn += [(one, number, name, k, int(k > n), sha256(own_seed + "|" + one)) for k, one in places]
        above = [one for ids in chosen.values() for one in ids]
        upper = {row["frame_unit_id"] for some in strata.values() for row in some}
    return sorted(drawn)


# ---- Who rates whom, where the plan has quotas for groups of raters and rated units
def ordered(ids: list[str], seed: str) -> list[str]:
    return sorted(ids, key=lambda one: sha256(seed + "|" + one))


def redraw_pairs(rows: list[dict[str, str]], plan: dict[str, Any], seed: str) -> list[tuple[str, str, str, str]]:
    """Rows of pairs.csv: rater, rated unit, group of the rater, pattern. A quota for one unit goes before its group's.

    `each`: the unit has its own draw among the people who may rate it. `all`: one draw from the whole group.
    """
    group_column, own_column = plan["rater_columns"]["rater_group"], plan["rater_columns"]["own_unit_id"]
    need({group_column, own_column} <= set(rows[0]), "rater_columns")
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(row[group_column], []).append(row["frame_unit_id"])
    own = {row["frame_unit_id"]: row[own_column] for row in rows}
    groups = {name: ordered(ids, seed) for name, ids in groups.items()}
    units = {one["rated_unit_id"]: one["unit_group"] for one in plan["rated_units"]}
    quotas = {(one["rater_group"], one["unit_group"], one["rated_unit_id"]): one for one in plan["quotas"]}
    need((len(units), len(quotas)) == (len(plan["rated_units"]), len(plan["quotas"])), "rated_units, quotas")
    need({name for name, _, _ in quotas} == set(groups), "rater_group")
    for _, kind, unit in quotas:
        need(unit in units if not kind else not unit and kind in units.values(), "unit_group, rated_unit_id")
    pairs, rated = [], set()
    for unit, kind in units.items():
        for name, ids in groups.items():
            quota = quotas.get((name, "", unit)) or quotas.get((name, kind, ""))
            if quota and quota["quota"]:
                n, is_each = quota["quota"], quota["pattern"] == "each"
                may = [one for one in ids if own[one] != unit or not quota["exclude_own"]]
                need(may and (quota["short_list"] == "census" or n <= len(may if is_each else ids)), f"{name} {unit}")
                chosen = ordered(may, sha256(f"{seed}|pairs:{unit}"))[:n] if is_each else set(ids[:n]) & set(may)
                pairs += [(one, unit, name, quota["pattern"]) for one in chosen]
                rated.add(unit)
    need(rated == set(units), "rated_unit_id")
    return sorted(pairs)


# ---- What the files are made of: a kind, [part, least, most] for a list, or the parts of an object
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
    "who": "each|all",
    "short": "census|fail",
    "fresh": "fresh",
    "coordinated": "coordinated",
}


def parts_of(text: str, **more: Any) -> dict[str, Any]:
    return {**{pair.partition(":")[0]: pair.partition(":")[2] for pair in text.split()}, **more}


TERMS = parts_of("source:text at:time pattern:text")
COORDINATION = parts_of("programme:text frame_source:text start:start")
SIZES = parts_of("stratum_id:text pop_size:count sample_size:count reserve_size:count")
STAGE = parts_of("method:method size:column forced:column", allocation=[SIZES, 1, MOST])
PLAN = parts_of("id_key:text *:plain", stratum_parts=["text", 1, MOST], stages=[STAGE, 1, MOST])
QUOTA = parts_of("rater_group:text unit_group:line rated_unit_id:line pattern:who quota:count exclude_own:bool")
RATERS = {
    "quotas": [{**QUOTA, "short_list": "short"}, 1, MOST],
    "rated_units": [parts_of("rated_unit_id:text unit_group:text"), 1, MOST],
    "rater_columns": parts_of("rater_group:text own_unit_id:text"),
}
SEALED = parts_of("format:text round_id:text plan_hash:hash frame_hash:hash frame_rows:number")
CHANGE = parts_of(
    "change_no:number kind:kind stratum_id:text first_order:count last_order:count decided_at:time reason:text"
    " proposer:line approver:line",
    frame_unit_ids=["text", 1, MOST],
)
RESERVES = parts_of("format:text round_id:text draw_hash:hash", changes=[CHANGE, 0, MOST])


def shapes(mode: str, plan: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Manifest and commit record. A plan that says anything about raters has to say all of it."""
    is_fresh = mode == "fresh"
    own: dict[str, Any] = {"public_value": TERMS} if is_fresh else {"coordination": COORDINATION}
    if isinstance(plan, dict) and set(RATERS) & set(plan):
        own.update(RATERS)
    party, two = parts_of("name:text commitment:hash"), 2 if is_fresh else 0
    commit = parts_of("commit_no:number prev_commit_hash:before committed_at:time", **SEALED)
    commit.update(parties=[party, two, two], public_value=TERMS if is_fresh else "null")
    manifest = parts_of("seed:hash draw_hash:hash draw_rows:count pairs_hash:before", **SEALED)
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
    if kind == "bool":
        return isinstance(part, bool)
    if kind in ("count", "number"):
        return isinstance(part, int) and not isinstance(part, bool) and int(kind == "number") <= part <= MOST
    if not isinstance(part, str) or kind not in KINDS or UNPRINTABLE.search(part):
        return False
    try:
        return bool(re.fullmatch(KINDS[kind], part) and (kind != "time" or moment(part)))
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


# ---- The checks: each step yields (code, what was found); a later step is taken when the earlier ones agree
class Case:
    """What lies on the table; read and drawn once."""

    def __init__(
        self,
        manifest: Any,
        frame: bytes,
        reserves: Any = None,
        commit: Any = None,
        value: str | None = None,
        pairs: bytes | None = None,
    ):
        self.m, self.frame, self.reserves, self.kept = manifest, frame, reserves, commit
        self.value, self.pairs = value, pairs
        self.fresh = not (isinstance(manifest, dict) and manifest.get("mode") == "coordinated")
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
            self.draws.append(self.try_to(redraw))
        return self.draws[0]

    def try_to(self, draw: Callable[..., Any]) -> Any:
        rows = [dict(zip(self.cells[0], row)) for row in self.cells[1:]]  # noqa: B905 (Python 3.8)
        try:
            need(rows, "frame")
            return draw(rows, self.m["plan"], self.m["seed"])
        except Impossible as error:
            return str(error)


def built(c: Case) -> Iterator[tuple[str, object]]:
    commits = c.m.get("commits") if isinstance(c.m, dict) else None
    records = [("prn1", c.m), ("prn1-reserves", c.reserves), ("prn1-commit", c.kept)]
    records += [("prn1-commit", one) for one in (commits if isinstance(commits, list) else [])]
    for name, one in records:
        if isinstance(one, dict) and isinstance(one.get("format"), str) and one["format"] != name:
            yield "format", ascii(one["format"])
    plan = c.m.get("plan") if isinstance(c.m, dict) else None
    manifest, commit = shapes("fresh" if c.fresh else "coordinated", plan)
    for name, one, shape in (
        ("manifest", c.m, manifest),
        ("reserves", c.reserves, RESERVES),
        ("commit", c.kept, commit),
    ):
        if one is not None or name == "manifest":
            for path in misfits(one, shape, name):
                yield "parts", path


def seals(c: Case) -> Iterator[tuple[str, object]]:
    m, last = c.m, c.m["commits"][-1]
    if sha256(canonical(m["plan"])) != m["plan_hash"]:
        yield "plan_hash", sha256(canonical(m["plan"]))
    if sha256(c.frame) != m["frame_hash"]:
        yield "frame_hash", sha256(c.frame)
    key = c.cells[0].index("frame_unit_id") if c.cells else 0
    if not c.cells or csv_bytes([c.cells[0], *sorted(c.cells[1:], key=lambda row: row[key])]) != c.frame:
        yield "frame_canonical", "UTF-8, LF, frame_unit_id"
    if c.cells and len(c.cells) - 1 != m["frame_rows"]:
        yield "frame_rows", f"{len(c.cells) - 1} / {m['frame_rows']}"
    if len({one["name"] for one in m["parties"]}) < len(m["parties"]):
        yield "parties", m["parties"][0]["name"]
    for one in m["parties"]:
        if sha256(one["name"] + "|" + one["nonce"]) != one["commitment"]:
            yield "commitment", one["name"]
    before, time = "", m["commits"][0]["committed_at"]
    for k, one in enumerate(m["commits"], start=1):
        found = one["commit_no"], one["prev_commit_hash"], one["round_id"]
        if found != (k, before, last["round_id"]) or moment(one["committed_at"]) < moment(time):
            yield "commit_chain", k
        before, time = sha256(canonical(one)), one["committed_at"]
    for name in ("round_id", "frame_hash", "frame_rows", "plan_hash"):
        if m[name] != last[name]:
            yield "commit", name
    promised, opened = ([(one["name"], one["commitment"]) for one in record["parties"]] for record in (last, m))
    if promised != opened:
        yield "commit", "parties"
    if c.kept is not None and canonical(c.kept) != canonical(last):
        yield "kept_commit", sha256(canonical(c.kept))
    yield from (public(c) if c.fresh else programme(c))


def public(c: Case) -> Iterator[tuple[str, object]]:
    """Mode fresh: two numbers opened in time and a public value nobody could know."""
    m, terms = c.m, c.m["plan"]["public_value"]
    last, value = m["commits"][-1], m["public_value"]["value"]
    first, end = moment(last["committed_at"]), moment(m["public_value"]["at"])
    for name, at in [("committed_at", first)] + [(one["name"], moment(one["opened_at"])) for one in m["parties"]]:
        if not first <= at < end:
            yield "times", name
    for name in TERMS:
        if not m["public_value"][name] == terms[name] == last["public_value"][name]:
            yield "public_terms", name
    # A pattern made to keep this program busy for years (groups, many repeats, long texts) matches nothing.
    is_safe = "(" not in terms["pattern"] and len(re.findall(r"[*+?]|\{[0-9]*,", terms["pattern"])) <= 4
    try:
        is_safe = is_safe and max(len(terms["pattern"]), len(value)) <= 100
        agrees = is_safe and re.fullmatch(terms["pattern"], value, re.ASCII)
    except (re.error, OverflowError):
        agrees = False
    if not agrees:
        yield "pattern", value
    if c.value is not None and c.value != value:
        yield "public_value", f"{value} / {c.value}"
    lines = ["prn1", m["round_id"], m["frame_hash"], m["plan_hash"], *(one["nonce"] for one in m["parties"]), value]
    if sha256("".join(line + "\n" for line in lines)) != m["seed"]:
        yield "seed", m["seed"]


def programme(c: Case) -> Iterator[tuple[str, object]]:
    """Mode coordinated: one seed for all rounds of a programme."""
    coordination = c.m["plan"]["coordination"]
    if coordination["frame_source"] == "rated_unit":
        yield "coordination", "rated_unit"
    if sha256("prn1\ncoordinated\n" + coordination["programme"] + "\n") != c.m["seed"]:
        yield "seed", c.m["seed"]


def drawing(c: Case) -> Iterator[tuple[str, object]]:
    rows = c.drawn()
    if isinstance(rows, str):
        yield "drawable", rows
    else:
        head = ["frame_unit_id", "stage", "stratum_id", "draw_order", "is_reserve", "prn"]
        found = sha256(csv_bytes([head, *([str(cell) for cell in row] for row in rows)])), len(rows)
        if found != (c.m["draw_hash"], c.m["draw_rows"]):
            yield "draw_hash", found
        yield from rating(c)


def rating(c: Case) -> Iterator[tuple[str, object]]:
    """Who rates whom: nobody, or the pairs that frame, plan and seed give, and every byte of the published file."""
    content = b""
    if "quotas" in c.m["plan"]:
        pairs = c.try_to(redraw_pairs)
        if isinstance(pairs, str):
            yield "drawable", pairs
            return
        content = csv_bytes([["rater_id", "rated_unit_id", "rater_group", "pattern"], *map(list, pairs)])
    if c.m["pairs_hash"] != (sha256(content) if content else ""):
        yield "pairs_hash", c.m["pairs_hash"]
    if c.pairs is not None and c.pairs != content:
        yield "pairs_hash", "pairs.csv"


def changes(c: Case) -> Iterator[tuple[str, object]]:
    """Reserves released (m + 1, ...) and cases withdrawn (..., m), m being the cases issued until then."""
    if c.reserves is None or isinstance(c.drawn(), str):
        return
    for name in ("round_id", "draw_hash"):
        if c.reserves[name] != c.m[name]:
            yield "change_draw", name
    stage, number = c.m["plan"]["stages"][-1], len(c.m["plan"]["stages"])
    drawn: dict[str, list[str]] = {}
    for one in sorted(c.drawn(), key=lambda row: int(row[3])):
        if one[1] == number:
            drawn.setdefault(one[2], []).append(one[0])
    issued = {one["stratum_id"]: one["sample_size"] for one in stage["allocation"]}
    before = c.m["public_value"]["at"] if c.fresh else c.m["commits"][-1]["committed_at"]
    for k, one in enumerate(c.reserves["changes"], start=1):
        name, first, last = one["stratum_id"], one["first_order"], one["last_order"]
        m, ids, is_release = issued.get(name, 0), drawn.get(name, []), one["kind"] == "release"
        if one["change_no"] != k:
            yield "change_no", k
        if moment(one["decided_at"]) < moment(before):
            yield "change_time", k
        if not ids:
            yield "change_stratum", name
        if (first - 1 if is_release else last) != m:
            yield "change_gap", k
        if ids and not 1 <= first <= last <= len(ids):
            yield "change_beyond", k
        if ids and one["frame_unit_ids"] != ids[max(first, 1) - 1 : last]:
            yield "change_ids", k
        two = [" ".join(unicodedata.normalize("NFC", one[x]).casefold().split()) for x in ("proposer", "approver")]
        if not all(two) or two[0] == two[1]:
            yield "change_people", k
        issued[name], before = last if is_release else first - 1, one["decided_at"]


STEPS: list[Callable[[Case], Iterator[tuple[str, object]]]] = [built, seals, drawing, changes]


def check(
    manifest: Any,
    frame: bytes,
    reserves: Any = None,
    commit: Any = None,
    value: str | None = None,
    pairs: bytes | None = None,
) -> list[str]:
    """What does not agree, as "code: text: what was found"; empty when all of it does."""
    case = Case(manifest, frame, reserves, commit, value, pairs)
    for step in STEPS:
        wrong = [f"{code}: {TEXTS[code]}: {found}" for code, found in step(case)]
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
    for name in ("manifest", "frame", "reserves", "--commit", "--pairs", "--value"):
        reader.add_argument(name, nargs="?" if name == "reserves" else None)
    given = reader.parse_args(arguments)
    try:
        manifest, reserves, commit = map(load, (given.manifest, given.reserves, given.commit))
        frame = Path(given.frame).read_bytes()
        pairs = Path(given.pairs).read_bytes() if given.pairs else None
    except (OSError, ValueError, RecursionError) as error:
        print("KHÔNG ĐỌC ĐƯỢC TỆP / CANNOT READ:", error)
        return 2
    wrong = check(manifest, frame, reserves, commit, given.value, pairs)
    for line in wrong:
        print("KHÔNG KHỚP / DOES NOT AGREE:", line)
    if wrong:
        return 1
    rows, of = (f"{manifest[name]:,}" for name in ("draw_rows", "frame_rows"))
    print(f"KHỚP: {rows.replace(',', '.')} dòng được rút đúng từ {of.replace(',', '.')} dòng")
    print(f"AGREES: {rows} rows are drawn as they should be from {of}")
    print(f"Số khởi tạo ngẫu nhiên / seed:\n  {manifest['seed']}")
    print("Số lần niêm phong / commits:", len(manifest["commits"]))
    if manifest["pairs_hash"]:
        print(f"Ai đánh giá ai / who rates whom (pairs.csv), SHA-256:\n  {manifest['pairs_hash']}")
    if manifest["mode"] == "coordinated":
        print(COORDINATED)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
