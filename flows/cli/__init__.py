"""The `sipas` command: analysts and scoring staff work with it, in Vietnamese or in English."""

from __future__ import annotations

import logging
import sys
from typing import Any

import click

from errors import SurveyError
from flows.cli import audit, lists, log, raters, results, returns, rounds, rulebooks, sample, sealing, setup, values
from flows.cli.base import Group, Option, Session, option, usage_text, what_is_wrong
from flows.speech import LANGUAGES, for_machine, listen, text


class Program(Group):
    """The command itself: hears in which language it is asked before anything else."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of a call."""
        listen(args)
        return super().make_context(info_name, args, parent, **extra)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@option("--workspace", "-w")
@option("--lang", type=click.Choice(LANGUAGES), expose_value=False)
@click.version_option(package_name="sipas", message="%(prog)s %(version)s", cls=Option)
@click.pass_context
def cli(context: click.Context, workspace: str | None) -> None:
    """From the sampling frame to the table of ranks."""
    context.obj = Session(workspace)


for command in (
    *setup.COMMANDS,
    *rounds.COMMANDS,
    *rulebooks.COMMANDS,
    *sample.FRAME_COMMANDS,
    *sealing.COMMANDS,
    *sample.COMMANDS,
    *sealing.AFTER_DRAW,
    *raters.COMMANDS,
    *lists.COMMANDS,
    *returns.COMMANDS,
    *values.COMMANDS,
    *results.COMMANDS,
    *log.COMMANDS,
    *audit.COMMANDS,
):
    cli.add_command(command)


def main() -> None:
    """Entry point: exit code 0 only when done; a user's mistake gives a message, never a stack trace."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    try:
        code = cli.main(standalone_mode=False, prog_name="sipas")
    except SurveyError as error:
        # Texts and tables are read only when there is something to say: `sipas --help` stays quick.
        from flows.cli.screen import show_error

        logger = logging.getLogger("sipas")
        if logger.handlers:  # none before a workspace is open
            logger.error("refused: %s", error.rule)
        show_error(error)
        sys.exit(1)
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx is not None else "sipas"
        _show_wrong_call("cli.usage", what_is_wrong(error), path, usage_text(error))
        sys.exit(2)
    except click.Abort:
        stopped = text("cli_help.stopped")
        _show_wrong_call("cli.stopped", stopped, "sipas", stopped)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)


def _show_wrong_call(rule: str, what: str, path: str, words: str) -> None:
    """A call that is wrong, or was stopped: words on stderr, and as JSON on stdout where a machine reads that."""
    from flows.cli.lines import tell

    if for_machine():
        from flows.cli.machine import call_facts, show_json

        show_json(call_facts(rule, what, path))
    tell(words, error=True)
