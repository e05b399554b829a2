"""The `sipas` command: analysts and scoring staff work with it, in Vietnamese."""

from __future__ import annotations

import logging
import os
import sys

import click

from errors import SurveyError
from flows.cli import audit, lists, raters, results, returns, rounds, rulebooks, sample, sealing, setup, values
from flows.cli.base import Session, VietnameseGroup, usage_text


@click.group(cls=VietnameseGroup)
@click.option("--workspace", "-w", metavar="THƯ_MỤC", help="Thư mục làm việc (mặc định: SIPAS_HOME, rồi ./workspace).")
@click.pass_context
def cli(context: click.Context, workspace: str | None) -> None:
    """Khảo sát hài lòng (SIPAS), điều tra xã hội học và Chỉ số cải cách hành chính: từ dàn mẫu đến bảng xếp hạng."""
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
        show_error(error, os.environ)
        sys.exit(1)
    except click.UsageError as error:
        click.echo(usage_text(error), err=True)
        sys.exit(2)
    except click.Abort:
        click.echo("Đã dừng theo yêu cầu.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)
