"""The command `sipas` inside this process, as a shell would see it: exit code, both streams, its own folder and
environment. A process of its own costs two seconds; what only a process shows is tested in tests/flows/test_cli.py."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import click
from click.testing import CliRunner, Result

import flows.cli.screen  # noqa: F401  its console takes over a width that is set when it is first imported
from flows.cli import cli, main

STRANGERS = ("SIPAS", "PREFECT", "COLUMNS")
# Nothing of the command is left out: what the runner starts is the entry point itself, its messages and exit codes.
ENTRY = SimpleNamespace(name="sipas", main=lambda **_: main())


def sipas(*arguments: object, folder: Path, typed: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command in `folder` with no SIPAS or PREFECT variable of the caller; `typed` answers what it asks.

    An exception that no user should see is raised here, as the stack trace of a process would be found.
    """
    words = ["sipas", *map(str, arguments)]
    clean: dict[str, str | None] = {name: None for name in os.environ if name.startswith(STRANGERS)}
    own = {"COLUMNS": "120", "SIPAS_ACTOR": "lan", "HOME": str(folder), **env}
    with mock.patch.dict(os.environ), contextlib.chdir(folder), mock.patch.object(sys, "argv", words):
        forget_log()
        done = CliRunner().invoke(ENTRY, input=typed, env={**clean, **own})
        forget_log()
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)


def asked(root: Path, *arguments: object, columns: int = 120) -> Result:
    """A command in the workspace `root`; `exception` holds the error that a person would read as a message."""
    words = ["--workspace", str(root), *map(str, arguments)]
    return CliRunner().invoke(cli, words, env={"SIPAS_ACTOR": "lan", "COLUMNS": str(columns)})


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> dict[str, click.Command]:
    """Every command and group by its names below the program."""
    found: dict[str, click.Command] = {" ".join(path): group}
    for name, command in group.commands.items():
        own = (*path, name)
        found |= commands(command, own) if isinstance(command, click.Group) else {" ".join(own): command}
    return found


def strict(text: str) -> Any:
    """JSON as any program reads it: one value, and neither NaN nor Infinity."""

    def fail(name: str) -> None:
        raise AssertionError(name)

    return json.loads(text, parse_constant=fail)


def forget_log() -> None:
    """The next command writes to the log of its own workspace, as a new process would."""
    logger = logging.getLogger("sipas")
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
