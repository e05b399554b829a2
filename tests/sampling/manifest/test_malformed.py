"""Whatever the files hold, both verifiers answer with the same faults or agree; never with a stack trace."""

import copy
import functools
import json

import pytest
from draw_forger import ALONE, alone_rules, copied, main_rules, reseal, sealed, sealed_raters
from hypothesis import given, settings
from hypothesis import strategies as st
from sampled import sampled

from sampling.manifest import verify

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70),
    st.sampled_from([2**53, 2**53 + 1, -(10**30), 0.5, 1.0, float("nan"), float("inf"), -0.0]),
    st.sampled_from(["", "\ud800", "a\nb", "0" * 64, "F" * 64, "prn1", "coordinated", "fresh", "withdraw", "pps"]),
    st.sampled_from(["2026-13-01T00:00:00Z", "2026-07-15T11:29:59Z", "2026-07-15", "hồ sơ-001", "U0", "size", "(a+)+"]),
    st.text(max_size=4),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
)


@functools.cache
def _honest(mode: str) -> dict[str, object]:
    return sealed_raters() if mode == "raters" else sealed(mode)


def nodes(part: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Paths of all parts below `part`."""
    inner = list(part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else [])
    return [(*path, key) for key, _ in inner] + [one for key, value in inner for one in nodes(value, (*path, key))]


@st.composite
def mangled(draw) -> dict[str, object]:
    """The files of an honest round with one to three parts deleted, added or replaced."""
    files = copied(_honest(draw(st.sampled_from(["fresh", "coordinated", "raters"]))))
    records = {name: files[name] for name in ("manifest", "reserves", "commit")}
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(nodes(records)))
        part = functools.reduce(lambda one, key: one[key], way, records)
        act = draw(st.sampled_from(["delete", "replace", "replace", "copy"]))
        if act == "delete" and way:
            del part[last]
        elif act == "copy" and isinstance(part, list):
            part.append(copy.deepcopy(part[last]))
        else:
            part[last] = draw(VALUES)
    return {**files, **records}


@pytest.mark.full
@settings(max_examples=sampled(100, 300))
@given(mangled())
def test_random_damage_ends_in_faults_or_agreement_and_both_say_the_same(files) -> None:
    assert main_rules(files) == alone_rules(files)


@settings(max_examples=sampled(40, 120))
@given(st.sampled_from(["fresh", "coordinated"]), st.data())
def test_a_forged_plan_sealed_again_is_drawn_or_refused_by_both_alike(mode: str, data) -> None:
    files = copied(_honest(mode))
    plan = files["manifest"]["plan"]
    for _ in range(data.draw(st.integers(1, 2))):
        *way, last = data.draw(st.sampled_from(nodes(plan["stages"])))
        part = functools.reduce(lambda one, key: one[key], way, plan["stages"])
        value = data.draw(
            st.sampled_from([0, 1, 12, 20, 21, None, "", "srs", "pps", "pareto", "sequential_poisson", "U1"])
            | st.sampled_from(["size", "has_contact", "frame_unit_id", "psu_id", "unit_id", "absent"])
        )
        if isinstance(part[last], str | int | None):
            part[last] = value
    reseal(files, keep="draw")
    assert main_rules(files) == alone_rules(files)


@settings(max_examples=sampled(20, 60))
@given(st.data())
def test_forged_quotas_sealed_again_are_drawn_or_refused_by_both_alike(data) -> None:
    files = copied(_honest("raters"))
    plan = files["manifest"]["plan"]
    for _ in range(data.draw(st.integers(1, 2))):
        parts = {name: plan[name] for name in ("quotas", "rated_units", "rater_columns")}
        *way, last = data.draw(st.sampled_from([one for one in nodes(parts) if len(one) > 1]))
        part = functools.reduce(lambda one, key: one[key], way, plan)
        if isinstance(part[last], str | int):
            values = [
                0,
                3,
                2**53,
                True,
                False,
                None,
                "",
                "each",
                "all",
                "fail",
                "HD",
                "LD",
                "so",
                "xa",
                "U1",
                "person_key",
            ]
            part[last] = data.draw(st.sampled_from(values))
        elif data.draw(st.booleans()):
            part.append(copy.deepcopy(part[last]))
        else:
            del part[last]
            break
    reseal(files, keep="draw pairs")
    assert main_rules(files) == alone_rules(files)


@settings(max_examples=sampled(50, 150))
@given(st.data())
def test_a_damaged_frame_is_refused_by_both_alike(data) -> None:
    files = copied(_honest("fresh"))
    content = bytearray(files["frame"])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        piece = data.draw(
            st.sampled_from([b"", b'"', b",", b"\n", b"\r", b"\xff", b"\x00", b" ", b"0", b"\xc4", b"\n\n"])
        )
        content[place : place + data.draw(st.integers(0, 2))] = piece
    files["frame"] = bytes(content)
    main, alone = main_rules(files), alone_rules(files)
    assert bool(main) == bool(alone) == (files["frame"] != _honest("fresh")["frame"])
    assert main == [] or "verify.frame_hash" in main


@pytest.mark.parametrize("frame", [b"", b"\n", b"frame_unit_id\n", b"a,b\n1,2\n", b"\xff\xfe", b'frame_unit_id\n"'])
def test_a_file_that_is_no_frame(frame: bytes) -> None:
    files = {**copied(_honest("fresh")), "frame": frame}
    assert "verify.frame_canonical" in main_rules(files) == alone_rules(files)


@pytest.mark.parametrize("manifest", [None, [], "prn1", 1, {}, {"format": "prn1", "mode": ["fresh"]}])
def test_a_manifest_that_is_none(manifest) -> None:
    assert {fault.rule for fault in verify(manifest, b"")} == {"verify.parts"}
    assert all(line.startswith("parts: ") for line in ALONE.check(manifest, b""))


def test_parts_without_end() -> None:
    files = copied(_honest("fresh"))
    files["manifest"]["plan"]["rule"] = json.loads("[" * 900 + "]" * 900)
    assert main_rules(files) == alone_rules(files) == ["verify.parts"]


def test_every_misfit_has_its_path() -> None:
    files = copied(_honest("fresh"))
    del files["manifest"]["parties"][1]["nonce"]
    files["manifest"]["plan"]["stages"][0]["allocation"][2]["pop_size"] = "20"
    paths = {fault.column for fault in verify(files["manifest"], files["frame"])}
    assert paths == {"parties[1].nonce", "plan.stages[0].allocation[2].pop_size"}
