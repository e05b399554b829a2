"""What all commands share: the workspace asked for, options that recur, help and usage errors in Vietnamese."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from errors import StoreError

if TYPE_CHECKING:
    from sipas.store.workspace import Workspace

Command = Callable[..., Any]
TRAINING_HEAD = "ĐỢT TẬP HUẤN: phiếu của đợt này không bao giờ được tính vào kết quả."


@dataclass(frozen=True)
class Session:
    """The workspace option of this call; opened by the command that needs it."""

    workspace: str | None

    def open(self, actor: str = "") -> Workspace:
        """Open the workspace: option, then SIPAS_HOME, then ./workspace; logs go to its folder. actor: who acts."""
        from flows.logs import start_logging
        from sipas.store.workspace import open_workspace

        env = {**os.environ, "SIPAS_ACTOR": actor} if actor else os.environ
        ws = open_workspace(Path(self.workspace) if self.workspace else None, env)
        start_logging(ws.logs)
        _say_upgraded(ws)
        _head_of_training(ws)
        return ws


def _say_upgraded(ws: Workspace) -> None:
    """A workspace of an earlier version was moved to this one: from what, and where the old ledger is."""
    if ws.upgraded is not None:
        click.echo(
            f"Thư mục làm việc đã được nâng cấp từ phiên bản {ws.upgraded.from_version} lên {ws.upgraded.to_version}; "
            f"sổ cũ được sao lưu tại {ws.upgraded.backup}",
            err=True,
        )


def _head_of_training(ws: Workspace) -> None:
    """Every screen about a training round says so first, on stderr: `--json` stays plain."""
    context = click.get_current_context(silent=True)
    named = context.params.get("round_id") if context is not None else None
    if named is None:
        return
    try:
        is_training = ws.rounds.get(named or ws.rounds.default()).is_training
    except StoreError:  # no such round yet, or more than one: the command itself says what is wrong
        return
    if is_training:
        click.echo(TRAINING_HEAD, err=True)


class VietnameseCommand(click.Command):
    """A command whose help has Vietnamese headings."""

    def format_usage(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Usage line."""
        formatter.write_usage(context.command_path, " ".join(self.collect_usage_pieces(context)), prefix="Cách dùng: ")

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Options. What is given by place stands in the usage line."""
        options = [one for one in self.get_params(context) if isinstance(one, click.Option)]
        records = [one for one in (option.get_help_record(context) for option in options) if one]
        if records:
            with formatter.section("Tùy chọn"):
                formatter.write_dl([(name, _vietnamese(text)) for name, text in records])

    def get_help_option(self, context: click.Context) -> click.Option | None:
        """--help with a Vietnamese text."""
        option = super().get_help_option(context)
        if option is not None:
            option.help = "Hiện hướng dẫn này."
        return option

    def collect_usage_pieces(self, context: click.Context) -> list[str]:
        """Options and arguments in short."""
        return [piece.replace("[OPTIONS]", "[TÙY CHỌN]") for piece in super().collect_usage_pieces(context)]


class VietnameseGroup(VietnameseCommand, click.Group):
    """A group whose help has Vietnamese headings; its commands keep the order in which they are used."""

    command_class = VietnameseCommand

    def list_commands(self, context: click.Context) -> list[str]:
        """Names in order of use."""
        return list(self.commands)

    def collect_usage_pieces(self, context: click.Context) -> list[str]:
        """Options and commands in short."""
        return ["[TÙY CHỌN]", "LỆNH", "..."]

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Options, then commands."""
        VietnameseCommand.format_options(self, context, formatter)
        rows = [(name, command.get_short_help_str(80)) for name, command in self.commands.items()]
        if rows:
            with formatter.section("Lệnh"):
                formatter.write_dl(rows)


VietnameseGroup.group_class = VietnameseGroup


def round_option(command: Command) -> Command:
    """--round: which round; the only open one when left out."""
    return click.option(
        "--round", "round_id", default="", metavar="MÃ_ĐỢT", help="Đợt khảo sát (mặc định: đợt đang mở)."
    )(command)


def instrument_option(command: Command) -> Command:
    """--instrument: which instrument; needed only where a round has more than one that fits."""
    text = "Phiếu khảo sát trong đợt (chỉ cần khi đợt có nhiều phiếu)."
    return click.option("--instrument", "instrument_id", default="", metavar="MÃ_PHIẾU", help=text)(command)


def json_option(command: Command) -> Command:
    """--json: the same facts for a machine."""
    return click.option("--json", "as_json", is_flag=True, help="In ra dạng JSON.")(command)


def usage_text(error: click.UsageError) -> str:
    """A usage error in Vietnamese: what was wrong with the call and where its help is."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error.message
    if isinstance(error, click.MissingParameter):
        text = f"thiếu {_name_of(error)}"
    elif isinstance(error, click.exceptions.NoSuchCommand):
        text = f"không có lệnh {error.command_name}"
    elif isinstance(error, click.NoSuchOption):
        text = f"không có tùy chọn {error.option_name}"
    elif isinstance(error, click.BadOptionUsage):
        text = f"tùy chọn {error.option_name} cần một giá trị"
    elif isinstance(error, click.BadParameter):
        choices = error.param.type.choices if error.param and isinstance(error.param.type, click.Choice) else ()
        wanted = f"chọn một trong {', '.join(map(str, choices))}" if choices else "giá trị không hợp lệ"
        text = f"{_name_of(error)}: {wanted}"
    else:
        text = "thừa đối số" if "extra argument" in error.message else error.message
    path = error.ctx.command_path if error.ctx is not None else "sipas"
    return f"Lệnh chưa đúng: {text}\nXem hướng dẫn: {path} --help"


def _name_of(error: click.BadParameter) -> str:
    """The option or argument as it is typed."""
    if error.param is None or error.ctx is None:
        return "?"
    return error.param.opts[0] if isinstance(error.param, click.Option) else error.param.make_metavar(error.ctx)


def _vietnamese(help_text: str) -> str:
    """Words that the option parser adds by itself."""
    return help_text.replace("[required]", "[bắt buộc]").replace("[default: ", "[mặc định: ")
