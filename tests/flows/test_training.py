"""A training round at the screen and under the flows: named on every screen, never counted."""

import json

import pytest
from click.testing import Result
from command import asked
from small_round import ROUND, Office, new_office

from errors import StoreError

TRAINING = "tap-huan-2026"
HEAD = "ĐỢT TẬP HUẤN"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A real round and a training round copied from it, both just opened."""
    made = new_office(tmp_path_factory.mktemp("training"))
    made.frame_path()
    made.ws.close()
    done = sipas(made, "round", "new", TRAINING, "--from", ROUND, "--training")
    assert done.exit_code == 0, done.output
    assert HEAD in done.stderr
    return made


def sipas(office: Office, *arguments: str) -> Result:
    """A command in this process; `exception` holds the error a person would read."""
    return asked(office.ws.root, *arguments)


@pytest.mark.parametrize(
    "command",
    [
        ["round", "status"],
        ["frame", "check", "danh sách hồ sơ.csv"],
        ["frame", "import", "danh sách hồ sơ.csv"],
        ["plan"],
        ["draw"],
        ["returns"],
        ["weight"],
        ["publish"],
    ],
)
def test_every_screen_of_a_training_round_says_so_and_no_other_does(office, command: list[str]) -> None:
    arguments = [str(office.inbox / one) if one.endswith(".csv") else one for one in command]
    assert sipas(office, *arguments, "--round", TRAINING).stderr.startswith(HEAD)
    if command[0] in ("round", "returns", "weight"):
        assert HEAD not in sipas(office, *arguments).output  # the only real round, unnamed


def test_status_says_it_and_json_stays_plain(office) -> None:
    assert f"{HEAD} - {TRAINING}" in sipas(office, "round", "status", "--round", TRAINING).stdout
    facts = json.loads(sipas(office, "round", "status", "--round", TRAINING, "--json").stdout)
    assert facts["is_training"] is True
    assert [one["step"] for one in facts["steps"]] == ["frame", "plan", "draw"]


@pytest.mark.parametrize(
    "command", [["weight"], ["score"], ["merge"], ["export"], ["export", "--to", "csv"], ["publish"]]
)
def test_commands_that_count_refuse(office, command: list[str]) -> None:
    done = sipas(office, *command, "--round", TRAINING)
    assert done.exit_code != 0
    assert isinstance(done.exception, StoreError)
    assert done.exception.rule == "jobs.training"


def test_flows_that_count_refuse(office) -> None:
    from flows.estimate import score_task, weight_task
    from flows.merge import merge_task
    from flows.params import FolderParams
    from flows.publish import draft_task, workbook_task
    from flows.words import text_of

    params = FolderParams(workspace=str(office.ws.root), round_id=TRAINING, folder="inbox")
    for task in (weight_task, score_task, merge_task, workbook_task, draft_task):
        ended = task.fn(params)
        assert (
            ended.is_failed()
            and text_of(StoreError("jobs.training", got="sipas weight")).split("\n")[0][:30] in ended.message
        )
