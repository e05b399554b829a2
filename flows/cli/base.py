"""What all commands share: the workspace and the round asked for, options that recur, help and usage errors.

No text stands here: help of a command is `cli_help.<command>`, of an option `cli_help.<command>.<option>` or, where it
says the same everywhere, `cli_help.any.<option>`; what stands for a value is `cli_help.meta.<option>`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from errors import DataError
from flows.speech import for_machine, language, text

if TYPE_CHECKING:
    from sipas.store.workspace import Workspace

Decorated = Callable[..., Any]
WITHOUT_JSON: Final = frozenset({"demo", "serve"})  # they show progress, and end without a result


@dataclass(frozen=True)
class Answer:
    """What a command found or did: its facts, for a machine, and its exit code. What a person reads of it was shown."""

    facts: object
    code: int = 0


@dataclass(frozen=True)
class Session:
    """The workspace option of this call; opened by the command that needs it."""

    workspace: str | None

    def folder(self) -> Path:
        """Where a workspace is made when no other folder is named."""
        return Path(self.workspace or os.environ.get("SIPAS_HOME") or "workspace")

    @contextmanager
    def open(self, actor: str = "") -> Iterator[Workspace]:
        """The workspace: option, then SIPAS_HOME, then ./workspace; logs go to its folder, a list of faults that stops
        the command to its outputs. actor: who acts."""
        from flows.logs import start_logging
        from sipas.jobs.faults import faults_kept
        from sipas.store.disk.atomic import disk_errors
        from sipas.store.workspace import open_workspace

        env = {**os.environ, "SIPAS_ACTOR": actor} if actor else os.environ
        place = Path(self.workspace) if self.workspace else None
        with disk_errors(self.folder()), open_workspace(place, env) as ws:
            start_logging(ws.logs)
            _say_upgraded(ws)
            with faults_kept(ws, lang=language()):
                yield ws

    @contextmanager
    def in_round(self, named: str, actor: str = "") -> Iterator[tuple[Workspace, str]]:
        """The workspace and the id of the round meant: the one named, else `Rounds.default`.

        Every screen about a training round says so first, on stderr: `--json` stays plain.
        """
        from sipas.jobs.faults import faults_kept

        with self.open(actor) as ws:
            round_id = named or ws.rounds.default()
            if ws.rounds.get(round_id).is_training:
                click.echo(text("cli.training"), err=True)
            with faults_kept(ws, round_id, language()):
                yield ws, round_id

    def command(self, words: str, file: str = "", **options: str) -> str:
        """A command to type next, in the workspace of this one."""
        from flows.names import command_line

        return command_line(words, file, workspace=self.workspace or "", **options)


def _say_upgraded(ws: Workspace) -> None:
    """A workspace of an earlier version was moved to this one: from what, and where the old ledger is."""
    if ws.upgraded is not None:
        upgrade = ws.upgraded
        line = text("cli.upgraded", before=upgrade.from_version, now=upgrade.to_version, backup=upgrade.backup)
        click.echo(line, err=True)


def help_text(path: Sequence[str], name: str = "") -> str:
    """Help of a command (`path`: its names below the program), or of one of its options."""
    if not name:
        return text(f"cli_help.{'.'.join(path) or 'sipas'}")
    try:
        return text(f"cli_help.{'.'.join((*path, name))}")
    except DataError:  # it says the same everywhere
        return text(f"cli_help.any.{name}")


def path_of(context: click.Context) -> list[str]:
    """Names of a command below the program."""
    names: list[str] = []
    while context.parent is not None:
        names.insert(0, context.info_name or "")
        context = context.parent
    return names


class Option(click.Option):
    """An option whose words are found when they are shown."""

    def make_metavar(self, ctx: click.Context) -> str:
        """What stands for the value."""
        return super().make_metavar(ctx) if isinstance(self.type, click.Choice) else text(f"cli_help.meta.{self.name}")

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Names and help."""
        names, *_ = super().get_help_record(ctx) or ("",)
        extra = [text("cli_help.required")] if self.required else []
        if self.show_default:
            extra.append(text("cli_help.default", value=self.default))
        return names, "  ".join([help_text(path_of(ctx), self.name or ""), *extra])


class Argument(click.Argument):
    """An argument whose name is found when it is shown."""

    def make_metavar(self, ctx: click.Context) -> str:
        """The name in a usage line."""
        name = text(f"cli_help.meta.{self.name}")
        return (name if self.required else f"[{name}]") + ("..." if self.nargs != 1 else "")


option = partial(click.option, cls=Option)
argument = partial(click.argument, cls=Argument)


class Explained(click.Command):
    """A command or a group whose help is found when it is shown."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Usage line."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{text('cli_help.usage')} ")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What it does."""
        self.help = help_text(path_of(ctx))
        super().format_help_text(ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Options. What is given by place stands in the usage line."""
        records = [param.get_help_record(ctx) for param in self.get_params(ctx) if isinstance(param, click.Option)]
        with formatter.section(text("cli_help.options")):
            formatter.write_dl([record for record in records if record])

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """--help in the reader's language."""
        help_option = super().get_help_option(ctx)
        if help_option is not None:
            help_option.help = text("cli_help.any.help")
        return help_option

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Options and arguments in short."""
        return [text("cli_help.options_piece"), *super().collect_usage_pieces(ctx)[1:]]


class Command(Explained):
    """A command that gives an Answer; --json prints its facts alone. WITHOUT_JSON names those that have none."""

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        if self.name not in WITHOUT_JSON:
            self.params.append(Option(["--json", "as_json"], is_flag=True, expose_value=False))

    def invoke(self, ctx: click.Context) -> None:
        """Run it: facts on stdout where a machine reads, and the exit code."""
        answer = super().invoke(ctx)
        if self.name in WITHOUT_JSON:
            return
        if for_machine():
            from flows.cli.machine import show_json

            show_json(answer.facts)
        ctx.exit(answer.code)


class Group(Explained, click.Group):
    """A group of commands; they keep the order in which they are used."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in order of use."""
        return list(self.commands)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Options and commands in short."""
        return [text("cli_help.options_piece"), text("cli_help.command_piece"), "..."]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Options, then commands, each with its whole sentence."""
        Explained.format_options(self, ctx, formatter)
        path = path_of(ctx)
        with formatter.section(text("cli_help.commands")):
            formatter.write_dl([(name, help_text([*path, name])) for name in self.list_commands(ctx)])


Group.group_class = Group


def round_option(command: Decorated) -> Decorated:
    """--round: which round; the only unfinished one, or the only one there is, when left out."""
    return option("--round", "round_id", default="")(command)


def instrument_option(command: Decorated) -> Decorated:
    """--instrument: which instrument; needed only where a round has more than one that fits."""
    return option("--instrument", "instrument_id", default="")(command)


def working_option(command: Decorated) -> Decorated:
    """--working: the present state instead of the release."""
    return option("--working", is_flag=True)(command)


def what_is_wrong(error: click.UsageError) -> str:
    """What is wrong with a call."""
    name = (
        error.param.opts[0] if isinstance(error, click.BadParameter) and isinstance(error.param, click.Option) else ""
    )
    if isinstance(error, click.BadParameter) and not name:
        name = error.param.make_metavar(error.ctx) if error.param and error.ctx else "?"
    if isinstance(error, click.MissingParameter):
        return text("cli_help.missing", name=name)
    if isinstance(error, click.exceptions.NoSuchCommand):
        return text("cli_help.no_command", name=error.command_name)
    if isinstance(error, click.NoSuchOption):
        return text("cli_help.no_option", name=error.option_name)
    if isinstance(error, click.BadOptionUsage):
        return text("cli_help.option_needs_value", name=error.option_name)
    if isinstance(error, click.BadParameter):
        choices = error.param.type.choices if error.param and isinstance(error.param.type, click.Choice) else ()
        listed = ", ".join(map(str, choices))
        return text(f"cli_help.{'choose_one' if choices else 'bad_value'}", name=name, choices=listed)
    return text("cli_help.extra") if "extra argument" in error.message else error.message


def usage_text(error: click.UsageError) -> str:
    """A usage error: what was wrong with the call and where its help is."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error.message
    path = error.ctx.command_path if error.ctx is not None else "sipas"
    return text("cli_help.wrong_call", what=what_is_wrong(error), path=path)
