"""The published file run as a stranger runs it: plain Python, no package in reach, folders with diacritics."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from draw_forger import VERIFIER, sealed, sealed_raters


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("biên bản có dấu và 'nháy'")
    for mode in ("fresh", "coordinated"):
        files = sealed(mode)
        for name in ("manifest", "reserves", "commit"):
            (place / f"{mode} {name}.json").write_text(json.dumps(files[name], ensure_ascii=False), encoding="utf-8")
    (place / "dàn mẫu.csv").write_bytes(files["frame"])
    rated = sealed_raters()
    (place / "raters.json").write_text(json.dumps(rated["manifest"], ensure_ascii=False), encoding="utf-8")
    (place / "danh sách.csv").write_bytes(rated["frame"])
    (place / "pairs.csv").write_bytes(rated["pairs"])
    return place


def run(folder: Path, *arguments: str, encoding: str = "utf-8") -> tuple[int, str]:
    command = [sys.executable, "-I", "-X", "utf8=" + str(int(encoding == "utf-8")), str(VERIFIER), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, env={"LC_ALL": "C", "PATH": ""})
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done.returncode, done.stdout.decode(encoding, errors="replace")


def test_agreement(folder: Path) -> None:
    code, text = run(folder, "fresh manifest.json", "dàn mẫu.csv")
    assert (
        code == 0
        and text.startswith("KHỚP: 24 dòng được rút đúng từ 60 dòng\nAGREES: 24 rows")
        and "đoán trước" not in text
    )
    assert "commits: 2" in text  # sealed twice: everybody sees it
    files = ["fresh manifest.json", "dàn mẫu.csv", "fresh reserves.json", "--commit", "fresh commit.json"]
    assert run(folder, *files, "--value", "48207")[0] == 0


def test_who_rates_whom(folder: Path) -> None:
    code, text = run(folder, "raters.json", "danh sách.csv", "--pairs", "pairs.csv")
    assert code == 0 and "who rates whom (pairs.csv), SHA-256:\n" in text
    code, text = run(folder, "raters.json", "danh sách.csv", "--pairs", "danh sách.csv")
    assert code == 1 and "KHÔNG KHỚP / DOES NOT AGREE: pairs_hash: danh sách ai đánh giá ai" in text
    assert run(folder, "raters.json", "danh sách.csv", "--pairs", "absent.csv")[0] == 2


def test_disagreement_is_named_in_both_languages(folder: Path) -> None:
    code, text = run(folder, "fresh manifest.json", "dàn mẫu.csv", "--value", "48208")
    assert (
        code == 1 and "KHÔNG KHỚP / DOES NOT AGREE: public_value: giá trị công khai" in text and "newspaper" not in text
    )
    code, text = run(folder, "coordinated manifest.json", "dàn mẫu.csv", "--commit", "fresh commit.json")
    assert code == 1 and "parts: " in text


def test_a_coordinated_draw_is_not_called_unpredictable(folder: Path) -> None:
    code, text = run(folder, "coordinated manifest.json", "dàn mẫu.csv", "coordinated reserves.json")
    assert code == 0
    assert (
        "lặp lại được, nhưng không phải là không thể đoán trước" in text and "reproducible, not unpredictable" in text
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("absent.json", "dàn mẫu.csv"),
        ("dàn mẫu.csv", "dàn mẫu.csv"),
        ("fresh manifest.json", "absent.csv"),
        ("fresh manifest.json",),
        ("twice.json", "dàn mẫu.csv"),
        ("deep.json", "dàn mẫu.csv"),
        ("fresh manifest.json", "dàn mẫu.csv", "--commit", "absent.json"),
    ],
)
def test_what_cannot_be_read_is_neither_agreement_nor_disagreement(folder: Path, arguments: tuple[str, ...]) -> None:
    text = (folder / "fresh manifest.json").read_text(encoding="utf-8")
    (folder / "twice.json").write_text(text[:-1] + ', "seed": "0"}', encoding="utf-8")
    (folder / "deep.json").write_text("[" * 200_000, encoding="utf-8")
    assert run(folder, *arguments)[0] == 2


def test_a_console_without_vietnamese_letters(folder: Path) -> None:
    code, text = run(folder, "fresh manifest.json", "dàn mẫu.csv", "--value", "0", encoding="ascii")
    assert code == 1 and "DOES NOT AGREE: public_value" in text


def test_the_file_is_python_3_8_and_standard_library_only() -> None:
    tree = ast.parse(VERIFIER.read_text(encoding="utf-8"), feature_version=(3, 8))
    named = [one.module for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)]
    named += [alias.name for one in ast.walk(tree) if isinstance(one, ast.Import) for alias in one.names]
    assert {name.split(".")[0] for name in named} <= sys.stdlib_module_names
