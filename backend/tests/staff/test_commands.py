"""`rasoi init` and `rasoi people`: a first owner without the demo, and the ways back for one who is locked out."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Any

import pytest

from rasoi import cli
from rasoi.platform.database import Database
from rasoi.settings import Settings
from rasoi.staff import commands, credentials
from rasoi.staff.commands import Refused
from tests.conftest import AsRoom
from tests.staff.conftest import PINS, Desk
from tests.staff.test_authenticators import set_up
from tests.staff.test_devices import sign_in

GSTIN = "27AAPFU0939F1ZV"
GIVEN = [
    *("--business", "Kapoor Foods LLP", "--outlet", "Kapoor's", "--gst-regime", "regular", "--gstin", GSTIN),
    *("--owner", "Meera Kapoor", "--username", "Meera"),
]


def parsed(*given: str) -> argparse.Namespace:
    return cli.parser().parse_args(["init", *given])


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    path = tmp_path / "password"
    path.write_text("a long password\nnot this line\n")
    return str(path)


@pytest.fixture
async def empty(as_room: AsRoom) -> Database:
    return await as_room("staff")


async def test_an_owner_who_signs_in_and_nothing_of_the_demo(
    empty: Database, settings: Settings, password_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: pytest.fail("nothing is asked when all is given"))
    outlet, owner = commands.answers(parsed(*GIVEN, "--password-file", password_file))
    await commands.set_up(empty, settings.pin_key, outlet, owner)
    [person] = await empty.fetch("SELECT name, username, role, pin_hash, password_hash FROM staff.person")
    assert tuple(person)[:4] == ("Meera Kapoor", "meera", "owner", None)
    assert await credentials.verify_password(person["password_hash"], "a long password")
    row = await empty.fetchrow("SELECT name, legal_name, gst_regime, gstin, state_code FROM staff.outlet")
    assert tuple(row) == ("Kapoor's", "Kapoor Foods LLP", "regular", GSTIN, "27")


async def test_only_an_empty_database_is_set_up(desk: Desk, password_file: str) -> None:
    outlet, owner = commands.answers(parsed(*GIVEN, "--password-file", password_file))
    with pytest.raises(Refused, match="already"):
        await commands.set_up(desk.ctx.db, desk.ctx.settings.pin_key, outlet, owner)
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.person WHERE role = 'owner'") == 1


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--gstin", "27AAPFU0939F1ZX", "gstin"),
        ("--gstin", "nonsense", "regex"),
        ("--outlet", "", "length"),
    ],
)
async def test_what_can_not_be_leaves_nothing(
    empty: Database, settings: Settings, password_file: str, option: str, value: str, said: str
) -> None:
    outlet, owner = commands.answers(parsed(*GIVEN, "--password-file", password_file, option, value))
    with pytest.raises(Refused, match=said):
        await commands.set_up(empty, settings.pin_key, outlet, owner)
    assert await empty.fetchval("SELECT count(*) FROM staff.outlet") == 0


def test_short_passwords_and_odd_names_are_refused(password_file: str, tmp_path: Path) -> None:
    (tmp_path / "short").write_text("short\n")
    for more in (
        ["--password-file", str(tmp_path / "short")],
        ["--password-file", password_file, "--username", "no name"],
    ):
        with pytest.raises(Refused):
            commands.answers(parsed(*GIVEN, *more))


def test_what_is_missing_without_a_terminal_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("piped in\n"))
    with pytest.raises(Refused, match="--business is missing"):
        commands.answers(parsed())
    with pytest.raises(Refused, match="--password-file is missing"):
        commands.answers(parsed(*GIVEN))
    assert commands.read_password("-") == "piped in"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_missing_is_asked_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    replies = iter(["Kapoor Foods", "", "", "Meera", ""])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda _: next(replies))
    monkeypatch.setattr("getpass.getpass", lambda _: "a long password")
    outlet, owner = commands.answers(parsed())
    assert outlet == {"name": "Kapoor Foods", "legal_name": "Kapoor Foods", "gst_regime": "none"}
    assert (owner.name, owner.username, owner.role) == ("Meera", "owner", "owner")


def test_a_password_is_typed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["a long password", "a lomg password"])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    with pytest.raises(Refused, match="differ"):
        commands.read_password(None)


async def signed_in(desk: Desk, password: str) -> Any:
    body = {"username": "asha", "password": password}
    return await desk.client.post("/api/staff/login", json=body)


@pytest.mark.parametrize("name", ["asha", "ASHA", "Asha"])
async def test_a_new_password_replaces_the_old_and_signs_out(desk: Desk, name: str) -> None:
    before = (await signed_in(desk, "asha's password")).json()
    await commands.reset_password(desk.ctx.db, name, "another password")
    assert (await signed_in(desk, "asha's password")).status_code == 401
    assert (await signed_in(desk, "another password")).status_code == 200
    body = {"refresh_token": before["refresh_token"]}
    assert (await desk.client.post("/api/staff/refresh", json=body)).status_code == 401
    actions = await desk.ctx.db.fetch("SELECT action, detail::text AS detail FROM staff.audit")
    assert [tuple(row) for row in actions] == [("person.password_reset", "{}")]


async def test_whose_password_can_not_be_reset(desk: Desk) -> None:
    for name, password, said in (
        ("nobody", "another password", "nobody called"),
        ("Chitra", "another password", "signs in by PIN"),
        ("asha", "short", "8"),
    ):
        with pytest.raises(Refused, match=said):
            await commands.reset_password(desk.ctx.db, name, password)
    token, _ = await desk.pair()
    assert (await sign_in(desk, token, desk.ids["waiter"], PINS["waiter"])).status_code == 200


async def test_an_owner_without_phone_and_codes_comes_in_again(desk: Desk) -> None:
    app = await set_up(desk)
    assert (await app.sign_in(None)).status_code == 401
    await commands.remove_authenticator(desk.ctx.db, "Asha")
    live = "SELECT count(*) FROM staff.session WHERE revoked_at IS NULL"
    assert await desk.ctx.db.fetchval(live) == 0, "signed out"
    assert (await app.sign_in(None)).status_code == 200
    actions = [row["action"] for row in await desk.ctx.db.fetch("SELECT action FROM staff.audit ORDER BY id")]
    assert actions == ["authenticator.set_up", "authenticator.removed"]
    for name, said in (("asha", "no authenticator app"), ("nobody", "nobody called")):
        with pytest.raises(Refused, match=said):
            await commands.remove_authenticator(desk.ctx.db, name)


def test_the_command_line_knows_both_ways_back() -> None:
    given = cli.parser().parse_args(["people", "remove-authenticator", "asha"])
    assert (given.action, given.name) == ("remove-authenticator", "asha")
