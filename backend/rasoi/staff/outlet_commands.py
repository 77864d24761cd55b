"""`rasoi outlets`: list, add, close and reopen outlets on the machine itself."""

from __future__ import annotations

import argparse
from typing import Any

import msgspec

from rasoi.platform.database import Database
from rasoi.platform.problems import Problem
from rasoi.settings import Settings
from rasoi.staff import api, outlets, repository, service
from rasoi.staff.commands import Refused, outlet_answers, with_database
from rasoi.staff.domain import PersonRow
from rasoi.staff.schemas import NewOutlet, Outlet


async def listed(db: Database) -> list[Outlet]:
    """All of them, the first one first."""
    return [await api.outlet(db, outlet_id) for outlet_id in await api.outlet_ids(db)]


async def add(db: Database, settings: dict[str, Any], owner: str | None) -> Outlet:
    """A new outlet; its owner is the one of this user name, or the only owner that there is. Raises Refused."""
    try:
        new = msgspec.convert(settings, NewOutlet)
        async with service.refusals_by_field(), db.transaction("staff") as tx:
            person = await _owner(tx, owner)
            outlet = await outlets.create(tx, new, person)
            await api.audit_job(tx, outlet.id, "outlet.added", f"outlet:{outlet.id}", {"name": outlet.name})
    except (Problem, msgspec.ValidationError) as error:
        raise Refused(str(error)) from None
    return outlet


async def _owner(tx: Any, username: str | None) -> PersonRow:
    found = await repository.owners(tx)
    if username is not None:
        found = [row for row in found if row.username == username.lower()]
    if not found:
        raise Refused(f"no owner has the user name {username}" if username else "there is no owner yet")
    if len(found) > 1:
        raise Refused("there are several owners; say whose it is with --owner")
    return found[0]


async def set_open(db: Database, outlet_id: int, work: api.UnfinishedWork, *, opens: bool) -> Outlet:
    """Close or reopen an outlet. Raises Refused with the reason against it."""
    subject = f"outlet:{outlet_id}"
    try:
        async with db.transaction("staff") as tx:
            if opens:
                outlet, changed = await outlets.unshut(tx, outlet_id)
            else:
                outlet, changed = await outlets.shut(tx, outlet_id, work)
            if changed and opens:
                await api.audit_job(tx, outlet_id, "outlet.reopened", subject, {"name": outlet.name})
            elif changed:
                await api.audit_job(tx, outlet_id, "outlet.closed", subject, {"name": outlet.name})
    except Problem as error:
        raise Refused(str(error)) from None
    return outlet


def main(settings: Settings, arguments: argparse.Namespace, work: api.UnfinishedWork) -> int:
    """What `rasoi outlets` was asked for. Raises Refused."""
    if arguments.action == "list":
        for each in with_database(settings, listed):
            print(f"{each.id:<5}{each.name}{'' if each.closed_at is None else _closed(each)}")
        return 0
    if arguments.action == "add":
        given = outlet_answers(arguments) | ({"timezone": arguments.timezone} if arguments.timezone else {})
        added = with_database(settings, lambda db: add(db, given, arguments.owner))
        print(
            f"{added.name} is outlet {added.id}. Next: its menu (`rasoi import menu FILE --outlet {added.id}`)."
        )
        return 0
    opens = arguments.action == "reopen"
    outlet = with_database(settings, lambda db: set_open(db, arguments.number, work, opens=opens))
    print(f"{outlet.name} {'is open again' if opens else 'is closed'}.")
    return 0


def _closed(outlet: Outlet) -> str:
    return f"  closed since {outlet.closed_at:%Y-%m-%d %H:%M} UTC"
