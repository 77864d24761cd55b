"""`rasoi init`, `rasoi people` and `rasoi keys`: the first owner, a way back for one who is locked out, another key."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from rasoi.platform.database import Database
from rasoi.platform.problems import Problem
from rasoi.settings import Settings
from rasoi.staff import api, authenticators, credentials, first_run, passkey_repository, repository, signing
from rasoi.staff.domain import NoAuthenticator, PersonRow
from rasoi.staff.schemas import NewOutlet, NewPerson
from rasoi.staff.service import end_all_sessions

Prepare = Callable[[str], Awaitable[Any]]


class Refused(Exception):
    """Why it can't be done, in one line."""


def _ask(given: str | None, question: str, option: str, default: str = "") -> str:
    """What was given, else what somebody at the terminal types."""
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise Refused(f"{option} is missing, and there is no terminal to ask at")
    return input(f"{question}{f' [{default}]' if default else ''}: ").strip() or default


def read_password(file: str | None) -> str:
    """From a file, or typed twice. Raises Refused."""
    if file is not None:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        return (text.splitlines() or [""])[0]
    if not sys.stdin.isatty():
        raise Refused("--password-file is missing, and there is no terminal to ask at")
    first = getpass.getpass("Password (8 characters or more): ")
    if first != getpass.getpass("The same again: "):
        raise Refused("the two passwords differ")
    return first


def _valid(build: Callable[[], Any]) -> Any:
    """What was built; what the platform refuses as one line."""
    try:
        return build()
    except msgspec.ValidationError as error:
        raise Refused(str(error)) from None


def outlet_answers(arguments: argparse.Namespace) -> dict[str, Any]:
    """An outlet's settings, from options and a terminal."""
    business = _ask(arguments.business, "Business, as on the GST registration", "--business")
    outlet = _ask(arguments.outlet, "Outlet, as guests know it", "--outlet", business)
    regime = _ask(arguments.gst_regime, "GST regime: regular, composition or none", "--gst-regime", "none")
    settings: dict[str, Any] = {"name": outlet, "legal_name": business, "gst_regime": regime}
    if regime != "none":
        gstin = _ask(arguments.gstin, "GSTIN", "--gstin")
        settings |= {"gstin": gstin, "state_code": gstin[:2]}
    return settings


def answers(arguments: argparse.Namespace) -> tuple[dict[str, Any], NewPerson]:
    """The outlet's settings and the owner, from options and a terminal."""
    settings = outlet_answers(arguments)
    owner = {
        "role": "owner",
        "name": _ask(arguments.owner, "Owner's name", "--owner"),
        "username": _ask(arguments.username, "Owner's user name", "--username", "owner").lower(),
        "password": read_password(arguments.password_file),
    }
    return settings, _valid(lambda: msgspec.convert(owner, NewPerson))


async def set_up(db: Database, pin_key: str, settings: dict[str, Any], owner: NewPerson) -> None:
    """The first outlet and its owner, together or not at all. Raises Refused."""
    new = _valid(lambda: msgspec.convert(settings, NewOutlet))
    try:
        await first_run.set_up(db, pin_key, new, owner)
    except Problem as error:
        raise Refused(
            f"{error.title}; {error}" if isinstance(error, first_run.SetUpAlready) else str(error)
        ) from None


async def _only_person(db: Database, name: str) -> PersonRow:
    """Whoever has this user name or full name. Raises Refused."""
    found = await repository.people_called(db, name)
    if not found:
        raise Refused(f"there is nobody called {name}")
    if len(found) > 1:
        raise Refused(f"{len(found)} people are called {name}; give the user name")
    return found[0]


async def reset_password(db: Database, name: str, password: str) -> PersonRow:
    """Whoever has this user name or full name signs in by this password, and by no passkey. Raises Refused."""
    person = await _only_person(db, name)
    if person.username is None:
        raise Refused(f"{person.name} has no user name, and signs in by PIN")
    _valid(
        lambda: msgspec.convert({"password": password, "name": person.name, "role": person.role}, NewPerson)
    )
    hashed = await credentials.hash_password(password)
    async with db.transaction("staff") as tx:
        stored = await repository.person(tx, person.outlet_id, person.id, "FOR UPDATE")
        assert stored is not None
        after = msgspec.structs.replace(stored, password_hash=hashed, version=stored.version + 1)
        await repository.save_person(tx, after)
        await passkey_repository.remove(tx, after.outlet_id, after.id)
        await end_all_sessions(tx, after)
        await api.audit_job(
            tx, after.outlet_id, "person.password_reset", f"person:{after.id}", {"person": after.name}
        )
    return after


async def remove_authenticator(db: Database, name: str) -> PersonRow:
    """Whoever has this user name or full name signs in without a code. Raises Refused."""
    person = await _only_person(db, name)
    try:
        async with db.transaction("staff") as tx:
            stored = await repository.person(tx, person.outlet_id, person.id, "FOR UPDATE")
            assert stored is not None
            await authenticators.remove_by_machine(tx, stored)
    except NoAuthenticator:
        raise Refused(f"{person.name} has no authenticator app") from None
    return person


def init(settings: Settings, arguments: argparse.Namespace, prepare: Prepare) -> int:
    """Set up an empty database, which `prepare` brings up to date first. Raises Refused."""
    outlet, owner = answers(arguments)
    with_database(settings, lambda db: set_up(db, settings.pin_key, outlet, owner), prepare)
    print(
        f"{outlet['name']} is set up. Start it with `make run`, and sign in as {owner.username} at /manage."
    )
    print("Next: the menu (`rasoi import menu FILE`), tables, people, devices, and the payment keys.")
    return 0


def people(settings: Settings, arguments: argparse.Namespace) -> int:
    """Give somebody another password, or let them in without a code."""
    if arguments.action == "remove-authenticator":
        person = with_database(settings, lambda db: remove_authenticator(db, arguments.name))
        print(f"{person.name} signs in without a code; who was signed in as them is signed out.")
        return 0
    password = read_password(arguments.password_file)
    person = with_database(settings, lambda db: reset_password(db, arguments.name, password))
    print(f"{person.name} ({person.username}) has a new password; who was signed in as them is signed out.")
    return 0


def keys(settings: Settings, arguments: argparse.Namespace) -> int:
    """List the keys that sign sign-ins, or begin another one."""
    if arguments.action == "rotate":
        kid = with_database(settings, lambda db: signing.rotate(db, at_once=arguments.at_once))
        print(
            f"key {kid} signs from now on"
            if arguments.at_once
            else f"key {kid} signs in {signing.NOTICE_S} s"
        )
    for row in with_database(settings, signing.listed):
        print(f"{row.kid:<10}from {row.begins_at:%Y-%m-%d %H:%M:%S}  {_until(row.ends_at)}")
    return 0


def _until(ends_at: datetime | None) -> str:
    return "no end" if ends_at is None else f"until {ends_at:%Y-%m-%d %H:%M:%S} UTC"


def with_database(
    settings: Settings, work: Callable[[Database], Awaitable[Any]], prepare: Prepare | None = None
) -> Any:
    from rasoi.embedded import reachable_database

    async def go(url: str) -> Any:
        if prepare:
            await prepare(url)
        db = await Database.connect(url, role="rasoi_staff", size=2)
        try:
            return await work(db)
        finally:
            await db.close()

    with reachable_database(settings) as url:
        return asyncio.run(go(url))
