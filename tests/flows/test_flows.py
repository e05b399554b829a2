"""The flows under Prefect's own harness: what a run says of its files, and that nothing personal is in its database."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from joint_evening import DELEGATES, SIPAS, drawn_joint
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import LogFilter
from prefect.client.schemas.objects import State
from small_round import COMMITTED_AT, ROUND, VALUE, Office, new_office, open_numbers

import flows.demo
import flows.estimate
import flows.inbox
import flows.receive
import flows.workplace
from errors import Fault, FaultsFound, StoreError
from flows.demo import run_demo
from flows.frame import frame_flow
from flows.params import CommitParams, DrawParams, FolderParams, RoundParams
from flows.publish import publish_flow
from flows.receive import receive_flow
from flows.round import round_flow
from flows.sample import commit_flow, draw_flow
from flows.settings import use_server
from sipas.jobs.example import make_delegate_returns
from sipas.jobs.results.publish import draft_release, release
from sipas.jobs.results.read import table_of
from sipas.store.files.inbox import make_inbox
from sipas.store.office.signing import Signature

pytestmark = pytest.mark.full

PASSPHRASE = "mật khẩu của người này"


def folder_of(office: Office, **more: str) -> FolderParams:
    return FolderParams(workspace=str(office.ws.root), round_id=ROUND, received_on="2026-09-01", **more)


def lay(office: Office, kind: str, name: str, content: bytes, folder: str = "inbox") -> None:
    """A file as an office puts it into the inbox."""
    place = office.ws.root / folder / kind / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


def held(database: Path) -> bytes:
    """Everything Prefect has written to its database."""
    return b"".join(path.read_bytes() for path in database.parent.glob(database.name + "*"))


def page_of(state: State) -> tuple[str, list[str]]:
    """Name of a run and the lines of its log, as its page shows them."""
    run_id = state.state_details.flow_run_id
    with get_client(sync_client=True) as client:
        logs = client.read_logs(LogFilter(flow_run_id={"any_": [run_id]}))
        return client.read_flow_run(run_id).name, [one.message for one in logs]


@pytest.fixture(scope="module")
def office(prefect_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A round drawn by the flows, nothing returned yet."""
    made = new_office(tmp_path_factory.mktemp("flows"))
    for person in ("lan", "minh"):
        made.ws.office.people.add(person, person, PASSPHRASE)
    lay(made, "frame", "danh sách.csv", made.frame_path().read_bytes())
    place = {"workspace": str(made.ws.root), "round_id": ROUND}
    assert frame_flow(folder_of(made))["on_frame"] == made.frame.facts.n_eligible
    commit_flow(CommitParams(**place, at=COMMITTED_AT))
    open_numbers(made.ws)
    assert draw_flow(DrawParams(**place, value=VALUE, again=VALUE))["Mẫu chính"] == 1900
    return made


@pytest.fixture(scope="module")
def joint(prefect_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A round of two instruments, both drawn, nothing returned yet."""
    return drawn_joint(tmp_path_factory.mktemp("joint"))


def test_evenings_of_a_round(office: Office, prefect_database: Path) -> None:
    """No file; one good and one broken; the same again; all that is left: green each time, one clear line first."""
    files = dict(sorted(office.returned().files.items()))
    good = next(iter(files))

    first = round_flow(folder_of(office), return_state=True)
    assert (first.is_completed(), first.name) == (True, "Không có tệp mới")
    assert first.message.splitlines()[0] == "Thư mục inbox/returns: không có tệp mới."
    assert page_of(first) == (f"{ROUND} · Cả đợt", [first.message])

    lay(office, "returns", good, files[good])
    lay(office, "returns", "a hỏng.xlsx", b"PK\x03\x04 half a file")
    second = round_flow(folder_of(office), return_state=True)
    line = f"Thư mục inbox/returns: có 1 tệp mới: {good}; 1 tệp bị từ chối: a hỏng.xlsx."
    assert (second.is_completed(), second.name) == (True, "Có tệp bị từ chối")
    assert second.message.splitlines()[0] == line
    assert "a hỏng.xlsx: Tệp Excel bị hỏng" in second.message and "Cần làm: Gửi lại tệp gốc" in second.message

    third = round_flow(folder_of(office), return_state=True)
    line = "Thư mục inbox/returns: không có tệp mới; 1 tệp bị từ chối: a hỏng.xlsx; 1 tệp đã nhận từ trước."
    assert (third.is_completed(), third.message.splitlines()[0]) == (True, line)
    assert not office.ws.office.releases.find(ROUND)

    (office.ws.root / "inbox" / "returns" / "a hỏng.xlsx").unlink()
    for name, content in files.items():
        lay(office, "returns", name, content)
    for path in office.appraisal_paths():
        lay(office, "appraisals", path.name, path.read_bytes())
    last = round_flow(folder_of(office), return_state=True)
    assert (last.is_completed(), last.name) == (True, "Completed")
    assert "chưa lập dự thảo" in last.message
    assert office.ws.files.outputs.path(f"{ROUND}/ket-qua-{ROUND}.xlsx").is_file()
    assert not office.ws.office.releases.find(ROUND)  # proposing one is a person's act

    made = draft_release(office.ws, ROUND)
    release(office.ws, ROUND, made.release_no, Signature("minh", PASSPHRASE))
    again = round_flow(folder_of(office), return_state=True)
    assert again.name == "Không có tệp mới"
    assert b"So v\\u1edbi l\\u1ea7n c\\u00f4ng b\\u1ed1" in held(prefect_database)  # the preview names that release


def test_a_failed_run_says_file_and_remedy_in_state_and_log(office: Office) -> None:
    lay(office, "returns", "Phiếu huyện A.xlsx", b"PK\x03\x04 half a file", folder="hong")
    ended = receive_flow(folder_of(office, folder="hong"), return_state=True)
    name, log = page_of(ended)
    assert (ended.is_failed(), name) == (True, f"{ROUND} · Nhận phiếu")
    for text in (ended.message, "\n".join(log)):
        assert "Phiếu huyện A.xlsx" in text and "Cần làm: Gửi lại tệp gốc" in text
        assert "Traceback" not in text and "got=" not in text and str(office.ws.root) not in text


def test_a_file_that_waits_for_an_answer_is_no_failure(office: Office) -> None:
    content = next(iter(office.returned().files.values())).replace("Đ".encode(), b"\xd0")
    assert b"\xd0" in content
    lay(office, "returns", "Phiếu xã B.csv", content + b'"\xea\xf2";1\n', folder="cho")
    ended = receive_flow(folder_of(office, folder="cho"), return_state=True)
    assert (ended.is_completed(), ended.name) == (True, "Chờ trả lời")
    wanted = f'sipas -w . receive "cho/returns/Phiếu xã B.csv" --round {ROUND} --received-on 2026-09-01 --code-page'
    assert f"Tại thư mục làm việc, chạy lệnh: {wanted}" in ended.message
    assert "cp1258, cp1252, tcvn3, vni" in ended.message


def test_with_several_surveys_a_file_that_is_nobodys_waits(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def two(ws: object, round_id: str) -> tuple[str, ...]:
        return ("sipas", "dai-bieu")

    for module in (flows.workplace, flows.inbox):
        monkeypatch.setattr(module, "instrument_ids", two)
    asked: list[tuple[str, str]] = []

    def receive(ws: object, round_id: str, path: Path, *, received_on: str, lang: str, instrument_id: str) -> None:
        asked.append((path.name, instrument_id))
        raise StoreError("store.no_file", where=path.name)

    monkeypatch.setattr(flows.receive, "receive", receive)
    for name in ("a.csv", "sipas/b.csv", "dai-bieu/c.csv", "cu/d.csv"):
        lay(office, "returns", name, b"x", folder="hai")
    ended = receive_flow(folder_of(office, folder="hai"), return_state=True)
    assert sorted(asked) == [("b.csv", "sipas"), ("c.csv", "dai-bieu")]
    assert "2 tệp chờ trả lời: a.csv, cu/d.csv" in ended.message
    assert "a.csv: Tệp này thuộc phiếu khảo sát nào (sipas, dai-bieu)?" in ended.message
    assert "Chuyển tệp vào thư mục con hai/returns/MÃ, MÃ là mã phiếu khảo sát" in ended.message
    command = f'sipas -w . receive "hai/returns/cu/d.csv" --round {ROUND} --received-on 2026-09-01 --instrument MÃ'
    assert command in ended.message
    asked.clear()
    receive_flow(folder_of(office, folder="hai", instrument_id="sipas"), return_state=True)
    assert asked == [("b.csv", "sipas")]
    made = make_inbox(office.ws.root, flows.inbox.inbox_places(office.ws))
    assert (made / "returns" / "dai-bieu").is_dir() and (made / "frame" / "sipas").is_dir()


def test_a_frame_file_that_is_nobodys_becomes_no_survey_s_frame(joint: Office) -> None:
    before = joint.ws.rounds.instruments(ROUND)
    lay(joint, "frame", "danh sách.csv", b"x", folder="dàn")
    for survey in (SIPAS, DELEGATES):
        ended = frame_flow(folder_of(joint, folder="dàn", instrument_id=survey), return_state=True)
        assert (ended.is_completed(), ended.name) == (True, "Chờ trả lời")
        assert "Chuyển tệp vào thư mục con dàn/frame/MÃ" in ended.message
        command = f'sipas -w . frame import "dàn/frame/danh sách.csv" --round {ROUND} --instrument MÃ'
        assert command in ended.message
    assert joint.ws.rounds.instruments(ROUND) == before


@pytest.mark.slow
def test_evenings_of_a_joint_round(joint: Office) -> None:
    """Entries of appraisers are taken before any form is back; each survey is counted when its own forms are."""
    for path in joint.appraisal_paths():
        lay(joint, "appraisals", path.name, path.read_bytes())
    first = round_flow(folder_of(joint), return_state=True)
    assert (first.is_completed(), first.name) == (True, "Chờ số liệu")
    assert "Thư mục inbox/appraisals: có 2 tệp mới" in first.message
    for title, survey in (("SIPAS", SIPAS), ("Đại biểu HĐND xã", DELEGATES)):
        assert f"{title}: Chưa có phiếu nào được nhận" in first.message
        assert f"Đặt tệp phiếu vào thư mục inbox/returns/{survey}, hoặc" in first.message
        assert f"sipas -w . receive TỆP --round {ROUND} --instrument {survey}" in first.message
    assert len(joint.ws.appraisals.read(ROUND, "thu/so"))

    for name, content in make_delegate_returns(joint.ws, ROUND).files.items():
        lay(joint, f"returns/{DELEGATES}", name, content)
    second = round_flow(folder_of(joint), return_state=True)
    assert (second.is_completed(), second.name) == (True, "Chờ số liệu")
    assert "SIPAS: Chưa có phiếu nào được nhận" in second.message
    assert "Đã tính xong: Đại biểu HĐND xã; tổng hợp, xếp hạng còn chờ SIPAS." in second.message
    assert table_of(joint.ws, ROUND, "score", "index_scores", DELEGATES)["value_pct"].notna().any()

    for name, content in joint.returned().files.items():
        lay(joint, f"returns/{SIPAS}", name, content)
    last = round_flow(folder_of(joint), return_state=True)
    assert (last.is_completed(), last.name) == (True, "Completed")
    assert "Xếp hạng 78 đơn vị. Kết quả đã cập nhật" in last.message


def test_a_survey_that_breaks_stops_no_other(joint: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def weight(ws: object, round_id: str, *, instrument_id: str) -> object:
        if instrument_id == SIPAS:
            raise StoreError("store.no_file", where="x")
        return SimpleNamespace(n_respondents=1)

    monkeypatch.setattr(flows.estimate, "weight", weight)
    monkeypatch.setattr(flows.estimate, "score", lambda *_, **__: SimpleNamespace(scores=[1]))
    ended = round_flow(folder_of(joint, folder="trống"), return_state=True)
    assert ended.is_failed()
    assert "SIPAS: x: Không tìm thấy tệp" in ended.message
    assert "Đã tính xong: Đại biểu HĐND xã; tổng hợp, xếp hạng còn chờ SIPAS." in ended.message


def test_an_unforeseen_exception_or_a_fault_never_shows_a_cell(
    office: Office, prefect_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(office, "returns", "c.csv", b"x", folder="la")
    cell, errors = "0987600012", []

    def receive(ws: object, round_id: str, path: Path, **more: str) -> None:
        raise errors[0]

    monkeypatch.setattr(flows.receive, "receive", receive)
    for error, words in (
        (ValueError(f"could not convert string to float: {cell}"), "lỗi của chương trình"),
        (
            FaultsFound("files.faults", [Fault("files.formula", "c.csv", row=3, column=cell, got=cell)], total=1),
            "dòng 3",
        ),
    ):
        errors[:] = [error]
        ended = receive_flow(folder_of(office, folder="la"), return_state=True)
        assert ended.is_failed() and words in ended.message
    assert cell.encode() not in held(prefect_database)
    log = (office.ws.logs / "sipas.log").read_text(encoding="utf-8")
    assert "broken: ValueError at" in log and cell not in log


def test_the_example_drafts_what_on_a_real_round_a_person_proposes(prefect_database: Path, tmp_path: Path) -> None:
    made = new_office(tmp_path, "finished")
    made.ws.office.people.add("lan", "lan", PASSPHRASE)
    done = publish_flow(RoundParams(workspace=str(made.ws.root), round_id=ROUND))
    assert done == {"Bảng kết quả": f"ket-qua-{ROUND}.xlsx", "Dự thảo số": 1}
    assert made.ws.office.releases.find(ROUND)


def test_the_example_says_which_step_broke(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_frame(ws: object, round_id: str) -> int:
        raise StoreError("store.disk_full", where=round_id)

    monkeypatch.setattr(flows.demo, "write_frame", write_frame)
    with pytest.raises(StoreError) as caught:
        run_demo(folder_of(office))
    assert caught.value.rule == "flows.demo_failed"
    assert "Ổ đĩa đã đầy" in caught.value.got and "Cần làm" in caught.value.got


def test_prefect_holds_nothing_personal(office: Office, prefect_database: Path) -> None:
    database, rows = held(prefect_database), office.frame.rows
    for column in ("Họ và tên", "Số định danh", "Số điện thoại", "Mã hồ sơ"):
        for value in rows[column].head(300).unique():
            assert not value or value.encode("utf-8") not in database
    assert b"Qu" in database  # the file read is the one Prefect wrote


@pytest.mark.parametrize("url", ["http://10.0.0.5:4200/api", "https://prefect.example/api"])
def test_a_server_elsewhere_is_refused_unless_named(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PREFECT_HOME", "PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING"):
        monkeypatch.setenv(name, "")
    with pytest.raises(StoreError) as caught:
        use_server(tmp_path, url, "a:b", "")
    assert caught.value.rule == "flows.server_elsewhere"
    use_server(tmp_path, url, "a:b", url)
