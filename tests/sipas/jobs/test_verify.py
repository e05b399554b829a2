"""`verify-draw` from files, without a workspace."""

import json
from pathlib import Path

import pytest
from draw_forger import sealed, sealed_raters

from errors import DataError
from flows.cli import cli
from sipas.jobs.sample.verify import Published, verify_files


@pytest.fixture
def files(tmp_path: Path) -> Published:
    made = sealed()
    for name in ("manifest", "reserves", "commit"):
        (tmp_path / f"{name}.json").write_text(json.dumps(made[name]), encoding="utf-8")
    (tmp_path / "frame.csv").write_bytes(made["frame"])
    return Published(*(tmp_path / name for name in ("manifest.json", "frame.csv", "reserves.json", "commit.json")))


def test_all_files_agree(files: Published) -> None:
    facts, faults = verify_files(files, "48207")
    assert faults == [] and facts["draw_rows"] == 24


def test_the_value_of_the_newspaper_counts(files: Published) -> None:
    assert [fault.rule for fault in verify_files(files, "48208")[1]] == ["verify.public_value"]


@pytest.mark.parametrize(
    ("content", "rule"),
    [(None, "verify.no_file"), ("{", "verify.not_json"), ('{"a": 1, "a": 2}', "verify.not_json"), ("[" * 100_000, "")],
)
@pytest.mark.parametrize("name", ["manifest", "reserves", "commit"])
def test_a_file_that_cannot_be_read(files: Published, name: str, content: str | None, rule: str) -> None:
    path: Path = getattr(files, name)
    if content is None:
        path.unlink()
    else:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        verify_files(files)
    assert caught.value.rule == (rule or "verify.not_json") and caught.value.where == path.name


@pytest.fixture
def rated(tmp_path: Path) -> Published:
    made = sealed_raters()
    (tmp_path / "manifest.json").write_text(json.dumps(made["manifest"]), encoding="utf-8")
    for name in ("frame", "pairs"):
        (tmp_path / f"{name}.csv").write_bytes(made[name])
    return Published(tmp_path / "manifest.json", tmp_path / "frame.csv", pairs=tmp_path / "pairs.csv")


def test_who_rates_whom_is_checked_byte_for_byte(rated: Published, capsys: pytest.CaptureFixture[str]) -> None:
    given = (rated.manifest, rated.frame, "--pairs", rated.pairs)
    assert command(*given) == 0
    assert "Ai đánh giá ai: đúng như phương án" in capsys.readouterr().out
    rated.pairs.write_bytes(rated.pairs.read_bytes().replace(b",each\n", b",all\n", 1))
    assert [(one.rule, one.column) for one in verify_files(rated)[1]] == [("verify.pairs_hash", "pairs.csv")]
    assert command(*given) == 1
    assert "Danh sách ai đánh giá ai không phải" in " ".join(capsys.readouterr().out.split())
    rated.pairs.unlink()
    with pytest.raises(DataError) as caught:
        verify_files(rated)
    assert (caught.value.rule, caught.value.where) == ("verify.no_file", "pairs.csv")


def command(*arguments: object) -> int:
    return int(cli.main(["verify-draw", *map(str, arguments)], standalone_mode=False, prog_name="sipas") or 0)


def test_the_command(files: Published, capsys: pytest.CaptureFixture[str]) -> None:
    given = (files.manifest, files.frame, "--reserves", files.reserves, "--commit", files.commit)
    assert command(*given, "--value", "48207") == 0
    told = capsys.readouterr().out
    assert "KHỚP: 24 dòng" in told and "Số lần niêm phong 2" in " ".join(told.split())
    assert command(*given, "--value", "48208") == 1
    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith("KHÔNG KHỚP:") and 'giá trị đã công bố là "48208"' in told
    assert command(*given, "--value", "48208", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["agrees"] and told["faults"][0]["rule"] == "verify.public_value"


def test_the_command_says_what_a_coordinated_draw_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = sealed("coordinated")
    (tmp_path / "manifest.json").write_text(json.dumps(made["manifest"]), encoding="utf-8")
    (tmp_path / "frame.csv").write_bytes(made["frame"])
    assert command(tmp_path / "manifest.json", tmp_path / "frame.csv") == 0
    assert "lặp lại được, nhưng không phải là không thể đoán trước" in " ".join(capsys.readouterr().out.split())
