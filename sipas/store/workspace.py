"""A workspace: one folder on a local disk that holds everything of an office, and the way to open it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final

from errors import StoreError
from sipas.acts import WorkspaceMade
from sipas.cells.days import local_day
from sipas.store.appraisals import Appraisals
from sipas.store.disk.clock import Clock, utc_now
from sipas.store.disk.config import FILE_NAME, Config, read_config, write_config
from sipas.store.disk.keys import Keys, default_key_file, key_check, make_key_file
from sipas.store.disk.local import refuse_network
from sipas.store.disk.locks import Locks
from sipas.store.ledger.base import Base
from sipas.store.ledger.engine import Ledger
from sipas.store.ledger.log import Log
from sipas.store.ledger.upgrade import Upgrade, upgrade
from sipas.store.parts import Field, Files, Office
from sipas.store.rounds.register import Rounds

_LEDGER: Final = "sipas.db"
_FOLDERS: Final = ("cache", "contacts", "fieldwork", "locks", "logs", "methodology", "outputs", "received", "snapshots")
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Workspace:
    """Everything the store offers. Made by `init_workspace` and `open_workspace`; close it when done.

    `upgraded`: what opening it had to do first with the ledger of an earlier version, None otherwise.
    """

    def __init__(self, root: Path, config: Config, ledger: Ledger, log: Log, upgraded: Upgrade | None = None) -> None:
        self.root = root
        self.upgraded = upgraded
        self.config = config
        self.ledger = ledger
        self.log = log
        self.actor = log.actor
        self.now = log.now
        self.logs = root / "logs"
        self._locks = Locks(root / "locks")
        self.key = _keys(config).key
        base = Base(root, ledger, log, self._locks, self.key)
        self.files = Files(base)
        self.office = Office(base)
        self.field = Field(base, self.office)
        self.rounds = Rounds(base, self.files.methodology, config.default_round)
        self.appraisals = Appraisals(base, self.office.approvals)

    def lock(self, name: str, *, timeout: float = 600.0) -> AbstractContextManager[None]:
        """Hold a lock of this workspace over processes and threads; see `Locks.hold`."""
        return self._locks.hold(name, timeout=timeout)

    def today(self) -> str:
        """Today's date in Viet Nam."""
        return local_day(self.now())

    def close(self) -> None:
        """Give the ledger back; afterwards the folder can be moved or deleted, on Windows too."""
        self.ledger.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def is_workspace(path: Path) -> bool:
    """True where `init_workspace` would only open what is there."""
    return (path.expanduser().resolve() / FILE_NAME).is_file()


def init_workspace(
    path: Path,
    *,
    key_file: Path | None = None,
    name: str = "",
    env: Mapping[str, str] = _NOTHING,
    clock: Clock = utc_now,
    key: str = "",
) -> Workspace:
    """Make `path` a workspace and open it; a workspace that is there is only opened.

    sipas.toml is written last, so a broken-off call can be repeated. The key file lives outside the workspace: in
    the person's own folder unless `key_file` says otherwise, and has to be backed up apart. `key`: its content, where
    pseudonyms must come out as in another workspace.
    StoreError `store.network_share`, `store.key_inside`, `store.no_wal`.
    """
    root = path.expanduser().resolve()
    if (root / FILE_NAME).is_file():
        return open_workspace(root, env, clock=clock)
    refuse_network(root)
    for folder in _FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    with Locks(root / "locks").hold("init"):
        if not (root / FILE_NAME).is_file():
            _make(root, key_file, key, name, actor=_actor(env, ""), clock=clock)
    return open_workspace(root, env, clock=clock)


def open_workspace(option: Path | None, env: Mapping[str, str], *, clock: Clock = utc_now) -> Workspace:
    """Open the workspace named by `option`, else by SIPAS_HOME, else the default (./workspace; on Windows the
    user's local data folder).

    The actor in the log is SIPAS_ACTOR, else `actor` of sipas.toml, else the login name. StoreError
    `store.no_workspace`, `store.network_share` and those of config and ledger. A ledger of an earlier version is
    upgraded first (see `sipas.store.ledger.upgrade`).
    """
    root = _place(option, env)
    if not (root / FILE_NAME).is_file():
        raise StoreError("store.no_workspace", where=str(root))
    refuse_network(root)
    config = read_config(root)
    place, actor = root / _LEDGER, _actor(env, config.actor)
    log = Log(Ledger(place), actor, clock)
    upgraded = upgrade(place, config.id, log, lambda: _keys(config).key("upgrade"))
    ledger = Ledger.open(place)
    return Workspace(root, config, ledger, Log(ledger, actor, clock), upgraded)


def _place(option: Path | None, env: Mapping[str, str]) -> Path:
    if option is not None:
        named = option
    elif env.get("SIPAS_HOME"):
        named = Path(env["SIPAS_HOME"])
    elif os.name == "nt" and env.get("LOCALAPPDATA"):
        named = Path(env["LOCALAPPDATA"]) / "sipas"
    else:
        named = Path("workspace")
    return named.expanduser().resolve()


def _keys(config: Config) -> Keys:
    return Keys(Path(config.key_file), config.id, config.key_check)


def _actor(env: Mapping[str, str], configured: str) -> str:
    return env.get("SIPAS_ACTOR") or configured or env.get("USERNAME") or env.get("USER") or "?"


def _make(root: Path, key_file: Path | None, key: str, name: str, *, actor: str, clock: Clock) -> None:
    """Ledger, key file and, last, sipas.toml. A ledger that is there keeps its id, and with it its key file."""
    created = clock()
    ledger = Ledger.create(root / _LEDGER, secrets.token_hex(8), created)
    workspace_id = ledger.identity()[1]
    log = Log(ledger, actor, clock)
    if not log.head():
        with ledger.write() as connection:
            log.append(connection, workspace_id, WorkspaceMade())
    ledger.close()
    place = (key_file or default_key_file(workspace_id)).expanduser().resolve()
    make_key_file(place, root, key)
    check = key_check(place, workspace_id)
    write_config(root, Config(id=workspace_id, name=name, created=created, key_file=str(place), key_check=check))
