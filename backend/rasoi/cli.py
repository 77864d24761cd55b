"""The command line. Each command imports what it needs, so that help is quick."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

from rasoi.optional_packages import hide_optional_packages
from rasoi.settings import Settings, SettingsError, listing, load

Command = Callable[[Settings, argparse.Namespace], int | None]


class Fault(Exception):
    """Something that the person at the keyboard can put right; the text is one line."""


def run(settings: Settings, _: argparse.Namespace) -> int | None:
    with hide_optional_packages():
        from rasoi import app

    return app.run(settings)


def serve(settings: Settings, arguments: argparse.Namespace) -> int | None:
    with hide_optional_packages():
        from rasoi import serve

        rooms = serve.select_rooms(settings, arguments.room)
    return serve.serve(settings, rooms)


def simulator(settings: Settings, _: argparse.Namespace) -> None:
    from rasoi import serve

    serve.simulator(settings)


def migrate(settings: Settings, _: argparse.Namespace) -> None:
    import asyncio

    from rasoi.app import ROOMS, load_demo
    from rasoi.embedded import reachable_database
    from rasoi.platform.migrate import prepare
    from rasoi.platform.passwords import set_passwords

    with reachable_database(settings) as url:
        applied = asyncio.run(prepare(url, ROOMS, months=settings.outbox_months))
        asyncio.run(set_passwords(url, settings.room_passwords))
        lines = asyncio.run(load_demo(settings, url))
    for name in applied.migrations:
        print(f"applied {name}")
    counts = f"{len(applied.migrations)} migrations and {len(applied.functions)} functions applied"
    print("\n".join([f"{counts}; the database is up to date.", *lines]))


def init(settings: Settings, arguments: argparse.Namespace) -> int | None:
    from rasoi.app import ROOMS
    from rasoi.platform.migrate import prepare
    from rasoi.stack.control import installation
    from rasoi.staff import commands

    settings = installation(settings)
    try:
        return commands.init(
            settings, arguments, lambda url: prepare(url, ROOMS, months=settings.outbox_months)
        )
    except commands.Refused as refused:
        raise Fault(str(refused)) from None


def people(settings: Settings, arguments: argparse.Namespace) -> int | None:
    from rasoi.stack.control import installation
    from rasoi.staff import commands

    try:
        return commands.people(installation(settings), arguments)
    except commands.Refused as refused:
        raise Fault(str(refused)) from None


def outlets(settings: Settings, arguments: argparse.Namespace) -> int | None:
    from rasoi.hosting import unfinished_work
    from rasoi.stack.control import installation
    from rasoi.staff import commands, outlet_commands

    try:
        return outlet_commands.main(installation(settings), arguments, unfinished_work())
    except commands.Refused as refused:
        raise Fault(str(refused)) from None


def keys(settings: Settings, arguments: argparse.Namespace) -> int | None:
    from rasoi.stack.control import installation
    from rasoi.staff import commands

    return commands.keys(installation(settings), arguments)


def show_settings(settings: Settings, arguments: argparse.Namespace) -> None:
    rows = listing(settings)
    if arguments.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("Setting", "Value", "Default", "Meaning", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(row[column] for column in ("name", "value", "default", "meaning")))
    Console(width=None if sys.stdout.isatty() else 160, highlight=False).print(table)


def import_file(settings: Settings, arguments: argparse.Namespace) -> int | None:
    if not arguments.file.is_file():
        raise Fault(f"there is no file {arguments.file}")
    from rasoi.platform.problems import NotFound
    from rasoi.stack.control import installation

    settings = installation(settings)
    try:
        if arguments.what == "menu":
            from rasoi.menu import importer as menu

            return menu.main(settings, arguments.file, arguments.outlet)
        from rasoi.inventory import importer as stock

        return stock.main(settings, arguments.file, arguments.outlet)
    except NotFound as error:
        raise Fault(str(error)) from None


def events(settings: Settings, arguments: argparse.Namespace) -> int | None:
    from rasoi.app import ROOMS, handler_context
    from rasoi.platform import parking_cli
    from rasoi.stack.control import installation

    settings = installation(settings)
    if arguments.action == "parked":
        return parking_cli.parked(settings, ROOMS)
    chosen = {"room": arguments.room, "log": arguments.log, "subject": arguments.subject}
    return parking_cli.replay(settings, ROOMS, handler_context, **chosen)


def payments(settings: Settings, arguments: argparse.Namespace) -> int | None:
    from rasoi.app import handler_context
    from rasoi.payments import commands
    from rasoi.stack.control import installation

    try:
        return commands.main(installation(settings), arguments, handler_context)
    except commands.NotFound as error:
        raise Fault(str(error)) from None


def rebuild(settings: Settings, _: argparse.Namespace) -> int | None:
    from rasoi.reports import rebuild
    from rasoi.stack.control import installation

    return rebuild.main(installation(settings))


def documents(settings: Settings, arguments: argparse.Namespace) -> int | None:
    from rasoi.orders import documents_cli
    from rasoi.stack.control import installation

    return documents_cli.main(installation(settings), arguments.outlet, arguments.series)


def stack(settings: Settings, arguments: argparse.Namespace) -> int | None:
    from rasoi.stack import command

    return command.main(settings, arguments)


def openapi(settings: Settings, _: argparse.Namespace) -> None:
    from rasoi import app

    print(app.openapi(settings))


def asyncapi(settings: Settings, _: argparse.Namespace) -> None:
    from rasoi import app

    print(app.asyncapi(settings))


def problems(settings: Settings, _: argparse.Namespace) -> None:
    from rasoi import app

    print(app.problems_table())


def parser() -> argparse.ArgumentParser:
    """All commands with their arguments."""
    from rasoi.stack import arguments as stack_arguments

    top = argparse.ArgumentParser(
        prog="rasoi", description="Restaurant ordering with a realtime kitchen display."
    )
    top.add_argument("--debug", action="store_true", help="show where an error came from")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, work: Command, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(work=work)
        return sub

    command("run", run, "start the whole platform on this machine")
    command("serve", serve, "host some rooms as a service, with EVENTS=kafka").add_argument(
        "room", nargs="+", metavar="ROOM", help="its name, or all"
    )
    command("simulator", simulator, "start the Razorpay simulator for services without keys")
    command(
        "migrate",
        migrate,
        "bring the database up to date; with DEMO=1 fill an empty one with the demo restaurant",
    )
    init_text = "set up an empty database for real use: the first outlet and its owner"
    _add_people(command("init", init, init_text), command("people", people, "help people who are locked out"))
    _add_outlets(command("outlets", outlets, "list, add, close and reopen outlets"))
    sub = command("keys", keys, "list the keys that sign-ins are signed with, or begin another one")
    actions = sub.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="list them; the keys themselves are shown nowhere")
    text = "begin another key; who is signed in stays so, and the old key ends when its last token does"
    rotation = actions.add_parser("rotate", help=text, description=text)
    text = "end the old keys now, because one is known: all tokens end, guests scan again, staff's screens renew theirs"
    rotation.add_argument("--at-once", action="store_true", help=text)
    command("settings", show_settings, "list all settings with their values").add_argument(
        "--json", action="store_true", help="as JSON"
    )
    sub = command("import", import_file, "load a menu or a stock list from a file, all of it or nothing")
    sub.add_argument("what", choices=("menu", "stock"))
    sub.add_argument("file", type=Path, metavar="FILE")
    sub.add_argument("--outlet", type=int, metavar="N", help="into this outlet; the first unless given")
    sub = command("events", events, "list events that were set aside, or hand them in again")
    actions = sub.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("parked", help="list what was set aside, with the reason")
    replay = actions.add_parser("replay", help="hand in again what was set aside, all of it or a part")
    replay.add_argument("--room", help="only this consumer's")
    replay.add_argument("--log", help="only what came from this room's log")
    replay.add_argument("--subject", help="only this key")
    _add_payments(
        command("payments", payments, "hold payments against the provider's books, or apply webhooks again")
    )
    command("rebuild", rebuild, "make a room's figures anew from the logs").add_argument(
        "room", choices=("reports",)
    )
    sub = command("documents", documents, "check the documents that were issued")
    actions = sub.add_subparsers(dest="action", metavar="ACTION", required=True)
    proof = "prove that no document was changed, removed or put in another order; status 1 names the first that was"
    verify = actions.add_parser("verify", help=proof, description=proof)
    verify.add_argument("--outlet", type=int, metavar="N", help="only this outlet's")
    verify.add_argument("--series", metavar="S", help="only one series, named as its numbers begin: I26-1")
    commands.add_parser("rush", help="play a dinner service against a running platform", add_help=False)
    stacked = command("stack", stack, "all of it as many processes on this machine, behind nginx and watched")
    stack_arguments.add(stacked)
    command("openapi", openapi, "print the description of the HTTP interface")
    command("asyncapi", asyncapi, "print the description of the events")
    command("problems", problems, "print the table of what the HTTP interface may refuse")
    return top


def _add_outlet_settings(parser: argparse.ArgumentParser) -> None:
    """Whatever is not given is asked for at a terminal."""
    parser.add_argument("--business", metavar="NAME", help="legal name, as on the GST registration")
    parser.add_argument("--outlet", metavar="NAME", help="name that guests see")
    regimes = ("regular", "composition", "none")
    parser.add_argument("--gst-regime", choices=regimes, help="how GST is charged")
    parser.add_argument("--gstin", help="needed unless the regime is none")


def _add_outlets(parser: argparse.ArgumentParser) -> None:
    """What follows `rasoi outlets`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="list them with their numbers")
    text = "add an outlet; the platform gives it its number"
    add = actions.add_parser("add", help=text, description=text)
    _add_outlet_settings(add)
    add.add_argument("--timezone", metavar="ZONE", help="such as Asia/Kolkata, which it is unless given")
    add.add_argument(
        "--owner", metavar="NAME", help="the user name of the owner; needed where there are several"
    )
    for name, text in (
        ("close", "take no guests and no orders any more; refused while tables, bills or orders are open"),
        ("reopen", "take guests and orders again"),
    ):
        sub = actions.add_parser(name, help=text, description=text)
        sub.add_argument("number", type=int, metavar="N", help="the outlet's number, as `list` shows it")


def _add_people(init: argparse.ArgumentParser, people: argparse.ArgumentParser) -> None:
    """What follows `rasoi init` and `rasoi people`. Whatever is not given is asked for at a terminal."""
    _add_outlet_settings(init)
    init.add_argument("--owner", metavar="NAME", help="the owner's name")
    init.add_argument("--username", metavar="NAME", help="the owner's user name, for signing in")
    actions = people.add_subparsers(dest="action", metavar="ACTION", required=True)
    text = "give somebody another password; who is signed in as them is signed out"
    reset = actions.add_parser("reset-password", help=text, description=text)
    without = (
        "let in without a code somebody who has lost authenticator app and recovery codes; signs them out"
    )
    remove = actions.add_parser("remove-authenticator", help=without, description=without)
    for each in (reset, remove):
        each.add_argument("name", metavar="NAME", help="the person's user name, or full name")
    text = "its first line is the password; - is standard input"
    for each in (init, reset):
        each.add_argument("--password-file", metavar="FILE", help=text)


def _add_payments(parser: argparse.ArgumentParser) -> None:
    """What follows `rasoi payments`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    text = "hold payments against the provider's books and their bills; status 1 when something differs"
    doctor = actions.add_parser("doctor", help=text, description=text)
    named = doctor.add_mutually_exclusive_group(required=True)
    named.add_argument("--bill", type=UUID, metavar="ID", help="the payments of this bill")
    named.add_argument(
        "--payment", metavar="ID", help="this one; our id, the provider's, or that of its order"
    )
    named.add_argument("--day", type=date.fromisoformat, metavar="DATE", help="a business day, as 2026-11-29")
    doctor.add_argument("--heal", action="store_true", help="book what the provider says, tell what is left")
    text = "webhooks that were kept"
    steps = actions.add_parser("webhooks", help=text, description=text)
    step = steps.add_subparsers(dest="step", metavar="ACTION", required=True)
    text = "apply kept webhooks again; what is known already changes nothing; status 1 when some still wait"
    replay = step.add_parser("replay", help=text, description=text)
    chosen = replay.add_mutually_exclusive_group(required=True)
    chosen.add_argument("id", nargs="?", metavar="ID", help="the provider's id of the event")
    states = ("received", "waiting", "parked", "applied", "superseded", "dismissed")
    chosen.add_argument("--state", choices=states, help="all that are in this state")
    text = "end a webhook that waits or is parked; replay with its id takes that back"
    dismiss = step.add_parser("dismiss", help=text, description=text)
    dismiss.add_argument("id", metavar="ID", help="the provider's id of the event")
    dismiss.add_argument("--reason", required=True, metavar="TEXT", help="why it does not matter")
    dismiss.add_argument(
        "--by", required=True, metavar="NAME", help="who says so; both stand in the audit log"
    )
    text = "the totals of the days"
    step = actions.add_parser("stats", help=text, description=text).add_subparsers(
        dest="step", metavar="ACTION", required=True
    )
    text = "make the totals by day and hour what the ledger says, and tell what was wrong"
    repair = step.add_parser("repair", help=text, description=text)
    repair.add_argument("--day", type=date.fromisoformat, metavar="DATE", help="only this business day")
    repair.add_argument("--check", action="store_true", help="change nothing; status 1 when a total is wrong")


def _expected() -> tuple[type[Exception], ...]:
    """Faults that need one line and no trace. Looked up only once something went wrong."""
    import asyncpg

    from rasoi.embedded import AlreadyRunning, ChildFailed
    from rasoi.platform.cluster import KafkaUnavailable
    from rasoi.platform.migrate import MigrationError
    from rasoi.stack.control import NoStack

    return (
        Fault,
        AlreadyRunning,
        ChildFailed,
        KafkaUnavailable,
        MigrationError,
        NoStack,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        OSError,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0 done, 1 it went wrong, 2 it was asked for wrongly."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["rush"]:  # it talks to a platform elsewhere, and needs no settings of this one
        from rasoi.rush import main as rush

        return rush(given[1:])
    arguments = parser().parse_args(given)
    os.umask(0o077)  # what we and our children write is ours alone
    try:
        return arguments.work(load({**getattr(arguments, "defaults", {}), **os.environ}), arguments) or 0
    except SettingsError as wrong:
        print(f"rasoi: {wrong}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if arguments.debug or not isinstance(error, _expected()):
            raise
        print(f"rasoi: {' '.join(str(error).split())}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
