"""Commands: init, demo, serve, people."""

from __future__ import annotations

import os
from pathlib import Path

import click

from flows.cli.base import Answer, Command, Group, Session, argument, option
from flows.speech import text, word


@click.command(cls=Command)
@argument("folder", default="")
@option("--name", default="")
@option("--key-file", default=None)
@click.pass_obj
def init(session: Session, folder: str, name: str, key_file: str | None) -> Answer:
    """Make a workspace: in the folder named here, else in that of --workspace or SIPAS_HOME, else in ./workspace."""
    from flows.cli.screen import moment, say
    from sipas.store.disk.atomic import disk_errors
    from sipas.store.workspace import init_workspace, is_workspace

    if folder and session.workspace:
        raise click.UsageError(text("cli_setup.one_folder"), click.get_current_context())
    place = Path(folder) if folder else session.folder()
    key = Path(key_file) if key_file else None
    is_known = is_workspace(place)
    with disk_errors(place), init_workspace(place, key_file=key, name=name, env=os.environ) as ws:
        facts = {"workspace": ws.root, "key_file": Path(ws.config.key_file)}
        created = ws.config.created
    say("cli_setup.workspace", folder=facts["workspace"])
    if is_known:
        say("cli_setup.workspace_before", since=moment(created))
    say("cli_setup.key_file", file=facts["key_file"])
    say("cli_setup.back_up_key")
    return Answer({**facts, "is_new": not is_known})


@click.command(cls=Command)
@option("--without-prefect", is_flag=True)
@click.pass_obj
def demo(session: Session, without_prefect: bool) -> None:
    """Run the example round."""
    from flows.cli.demo import run

    run(session.folder(), with_prefect=not without_prefect)


@click.command(cls=Command)
@option("--port", default=4200)
@click.pass_obj
def serve(session: Session, port: int) -> None:
    """Open Prefect's page and run the flows on schedule."""
    from flows.deploy import serve_workspace
    from flows.inbox import inbox_places
    from sipas.store.files.inbox import make_inbox

    with session.open() as ws:
        make_inbox(ws.root, inbox_places(ws))
        root, auth, allowed = ws.root, ws.key("prefect").hex()[:32], ws.config.prefect.api_url
    serve_workspace(root, auth=auth, port=port, allowed_url=allowed)


@click.group(cls=Group)
def people() -> None:
    """People who propose and approve."""


@people.command("add")
@argument("person_id")
@argument("name")
@click.pass_obj
def people_add(session: Session, person_id: str, name: str) -> Answer:
    """Enter a person."""
    from flows.cli.screen import ask, say

    passphrase = ask("cli_setup.passphrase", is_secret=True)
    if ask("cli_setup.passphrase_again", is_secret=True) != passphrase:
        raise click.UsageError(text("cli_setup.passphrases_differ"))
    with session.open() as ws:
        added = ws.office.people.add(person_id, name, passphrase)
    say("cli_setup.entered" if added else "cli_setup.entered_before", person=person_id)
    return Answer({"person_id": person_id, "name": name, "is_new": added})


@people.command("list")
@click.pass_obj
def people_list(session: Session) -> Answer:
    """People who have been entered."""
    from flows.cli.screen import show_table

    with session.open() as ws:
        persons = ws.office.people.all()
    rows = [(person.person_id, person.name, word("yes_no", str(person.is_active).lower())) for person in persons]
    columns = (text("cli.code"), text("cli_setup.full_name"), text("cli_setup.in_use"))
    show_table(text("cli_setup.people"), columns, rows)
    return Answer({"people": persons})


COMMANDS = (init, demo, serve, people)
