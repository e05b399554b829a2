"""`sipas merge --parts`: published tables recomputed by the command alone, outside any workspace."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest
from command import sipas

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "data" / "published"


def printed(table: str) -> list[dict[str, str]]:
    with (PUBLISHED / table / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("table", "book", "group", "total", "n_units"),
    [
        ("binh-duong-2017-huyen", "binh-duong/2017-huyen", "", "total_max100", 9),
        ("vinh-phuc-2019", "vinh-phuc/2019-so", "sở, ban, ngành", "total", 17),
        ("vinh-phuc-2019", "vinh-phuc/2019-tw", "cơ quan Trung ương", "total", 5),
    ],
)
def test_every_total_and_rank_of_a_published_table(
    tmp_path: Path, table: str, book: str, group: str, total: str, n_units: int
) -> None:
    path = PUBLISHED / table / f"{table}.csv"
    options = ["--group", group] if group else []
    done = sipas("merge", "--parts", path, "--rulebook", book, *options, "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    got = {row["name_vi"]: row for row in json.loads(done.stdout)}
    rows = [row for row in printed(table) if not group or row["group"] == group]
    assert len(got) == len(rows) == n_units
    for row in rows:
        assert Decimal(got[row["unit"]]["total_shown"]) == Decimal(row[total])
        assert got[row["unit"]]["rank"] == int(row["rank"])


def test_the_table_on_screen_and_what_went_where(tmp_path: Path) -> None:
    path = PUBLISHED / "binh-duong-2017-huyen" / "binh-duong-2017-huyen.csv"
    done = sipas("merge", "--parts", path, "--rulebook", "binh-duong/2017-huyen", folder=tmp_path)
    assert "Thành phố Thủ Dầu Một" in done.stdout
    assert "Cột survey_max35 được tính vào: 2 Điểm điều tra xã hội học" in done.stdout


def test_bad_calls_and_tables_are_explained(tmp_path: Path) -> None:
    source = PUBLISHED / "binh-duong-2017-huyen"
    lines = (source / "binh-duong-2017-huyen.csv").read_text(encoding="utf-8").splitlines()
    table = tmp_path / "bảng thiếu.csv"
    (tmp_path / "TABLE.toml").write_text((source / "TABLE.toml").read_text(encoding="utf-8"), encoding="utf-8")
    table.write_text("\n".join([*lines[:3], lines[3].replace(",47.45,", ",,"), *lines[4:]]) + "\n", encoding="utf-8")
    done = sipas("merge", "--parts", table, "--rulebook", "binh-duong/2017-huyen", folder=tmp_path)
    assert done.returncode == 1
    assert "dòng 4" in done.stderr and "appraised_max65" in done.stderr and "không phải là 0" in done.stderr
    assert sipas("merge", "--parts", table, folder=tmp_path).returncode == 2
    wrong = sipas("merge", "--parts", table, "--rulebook", "hue/2020-cqdt-san-sang", folder=tmp_path)
    assert wrong.returncode == 1 and "Cần làm" in wrong.stderr
