"""The flows under Prefect's own harness: three evenings, what a run says of its files, nothing personal in its database."""

from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from small_round import COMMITTED_AT, ROUND, VALUE, Office, new_office, open_numbers

import flows.receive
import flows.workplace
from flows.estimate import estimate_flow
from flows.frame import frame_flow
from flows.merge import merge_flow
from flows.params import CommitParams, DrawParams, FolderParams, RoundParams
from flows.receive import receive_flow
from flows.round import round_flow
from flows.sample import commit_flow, draw_flow
from flows.settings import use_server
from sampling.errors import StoreError

PHONE = "0912345678"


def folder_of(office: Office, **more: str) -> FolderParams:
    return FolderParams(workspace=str(office.ws.root), round_id=ROUND, received_on="2026-09-01", **more)


def lay(office: Office, kind: str, name: str, content: bytes) -> None:
    place = office.ws.root / "inbox" / kind / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


def held(database: Path) -> bytes:
    """Everything Prefect has written to its database."""
    return b"".join(path.read_bytes() for path in database.parent.glob(database.name + "*"))


def run_of(state: State) -> tuple[str, list[str]]:
    """Name of a run and the lines of its log, as its page shows them."""
    from prefect.client.schemas.filters import LogFilter

    run_id = state.state_details.flow_run_id
    with get_client(sync_client=True) as client:
        logs = client.read_logs(LogFilter(flow_run_id={"any_": [run_id]}))
        return client.read_flow_run(run_id).name, [one.message for one in logs]


@pytest.fixture(scope="module")
def office(prefect_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A round drawn by the flows."""
    made = new_office(tmp_path_factory.mktemp("flows"))
    made.ws.people.add("lan", "Lan", "mật khẩu của Lan")
    lay(made, "frame", "danh sách.csv", made.frame_path().read_bytes())
    place = {"workspace": str(made.ws.root), "round_id": ROUND}
    assert frame_flow(folder_of(made))["on_frame"] == made.frame.facts.n_eligible
    commit_flow(CommitParams(**place, at=COMMITTED_AT))
    open_numbers(made.ws)
    assert draw_flow(DrawParams(**place, value=VALUE, again=VALUE))["Mẫu chính"] == 1900
    return made


def test_three_evenings_are_green_and_say_in_one_line_what_came(office: Office, prefect_database: Path) -> None:
    files = dict(sorted(office.returned().files.items()))
    good, content = next(iter(files.items()))
    first = round_flow(folder_of(office), return_state=True)
    print("EVENING 1", first.name, first.message, *run_of(first), sep="\n")
    lay(office, "returns", good, content)
    lay(office, "returns", "a hỏng.xlsx", b"PK\x03\x04 half a file")
    second = round_flow(folder_of(office), return_state=True)
    print("EVENING 2", second.name, second.message, *run_of(second), sep="\n")
    third = round_flow(folder_of(office), return_state=True)
    print("EVENING 3", third.name, third.message, *run_of(third), sep="\n")
    assert [one.is_completed() for one in (first, second, third)] == [True] * 3
