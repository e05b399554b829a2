"""`sipas receive A B C`: every file is tried, what was refused is said at the end, what was taken in stays."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from small_round import new_office, survey

from flows.cli import cli


@pytest.mark.full
def test_one_unreadable_file_never_stops_the_next(tmp_path: Path) -> None:
    office = new_office(tmp_path, "drawn")
    first, second, *_ = office.returned_paths()
    broken, asking = office.inbox / "hỏng.xlsx", office.inbox / "chữ cũ.csv"
    broken.write_bytes(b"PK\x03\x04 half a file")
    asking.write_bytes(first.read_bytes() + b'"\xea\xf2";1\n')
    files = [str(one) for one in (broken, first, asking, office.inbox / "không có.csv", second)]
    arguments = ["-w", str(office.ws.root), "receive", *files, "--received-on", "2026-09-01"]
    done = CliRunner().invoke(cli, arguments, env={"SIPAS_ACTOR": "lan"})
    assert done.exit_code == 1
    assert [one.file_name for one in office.ws.field.received.batches(survey(office.ws))] == [first.name, second.name]
    assert "3 trong 5 tệp chưa được nhận" in done.stderr
    command = f'sipas -w "{office.ws.root}" receive "{asking}" --received-on 2026-09-01 --code-page BẢNG_MÃ'
    for words in ("hỏng.xlsx: Tệp Excel bị hỏng", command, "không có.csv"):
        assert words in done.stderr.replace("\n", " ")
    assert done.stderr.count("Cần làm:") == 3
    again = CliRunner().invoke(cli, [*arguments[:3], files[1]], env={"SIPAS_ACTOR": "lan"})
    assert (again.exit_code, len(office.ws.field.received.batches(survey(office.ws)))) == (0, 2)
