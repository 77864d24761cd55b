"""`rasoi init` and `rasoi people`: a first owner without the demo, and the ways back for one who is locked out."""

from __future__ import annotations

import argparse
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rasoi import cli
from rasoi.hosting import unfinished_work
from rasoi.platform.database import Database
from rasoi.settings import Settings
from rasoi.staff import commands, credentials, outlet_commands
from rasoi.staff.commands import Refused
from tests.conftest import AsRoom
from tests.staff.conftest import PINS, Desk
from tests.staff.test_authenticators import set_up
from tests.staff.test_devices import sign_in
from tests.staff.test_domain import OUTLET

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
    assert [tuple(row) for row in actions] == [("person.password_reset", '{"person": "Asha"}')]


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


def asked(*given: str) -> argparse.Namespace:
    return cli.parser().parse_args(["outlets", *given])


WORK = unfinished_work()


async def test_outlets_are_listed_added_closed_and_reopened(desk: Desk) -> None:
    new = {"name": "Rasoi Bandra", "legal_name": "Kapoor Foods", "gst_regime": "none"}
    added = await outlet_commands.add(desk.ctx.db, new, None)
    assert (added.id, added.timezone) == (2, "Asia/Kolkata")
    assert [each.name for each in await outlet_commands.listed(desk.ctx.db)] == ["Rasoi", "Rasoi Bandra"]
    mine = (await desk.call("GET", "/api/outlets", await desk.token("owner"))).json()["items"]
    assert [(each["id"], each["role"]) for each in mine] == [(1, "owner"), (2, "owner")]
    for opens in (False, False, True, True):
        outlet = await outlet_commands.set_open(desk.ctx.db, 2, WORK, opens=opens)
        assert (outlet.closed_at is None) == opens
    rows = await desk.ctx.db.fetch("SELECT action, actor_id FROM staff.audit WHERE outlet_id = 2 ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (f"outlet.{each}", None) for each in ("added", "closed", "reopened")
    ]


@pytest.mark.parametrize(
    ("given", "owner", "said"),
    [
        ({"name": "B", "gst_regime": "regular"}, None, "gstin: the regular regime needs a GSTIN"),
        ({"name": "B", "timezone": "Mars"}, None, "timezone"),
        ({"name": ""}, None, "length"),
        ({"name": "B"}, "binod", "no owner has the user name binod"),
    ],
)
async def test_what_is_wrong_with_a_new_outlet_is_one_line(
    desk: Desk, given: dict[str, Any], owner: str | None, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        await outlet_commands.add(desk.ctx.db, given, owner)
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.outlet") == 1


async def test_whose_it_is_must_be_said_where_there_are_several_owners(desk: Desk) -> None:
    body = {"name": "Om", "role": "owner", "username": "om", "password": "om's password"}
    await desk.call("POST", "/api/staff/people", await desk.token("owner"), body)
    with pytest.raises(Refused, match="several owners"):
        await outlet_commands.add(desk.ctx.db, {"name": "B"}, None)
    added = await outlet_commands.add(desk.ctx.db, {"name": "B"}, "OM")
    row = await desk.ctx.db.fetchrow(
        "SELECT name, role, username FROM staff.person WHERE outlet_id = $1", added.id
    )
    assert tuple(row) == ("Om", "owner", None)


async def test_an_outlet_that_is_not_there_or_in_use_is_not_closed(desk: Desk, database: Database) -> None:
    await database.execute(
        "INSERT INTO orders.bill (outlet_id, type, business_day) VALUES (1, 'takeaway', now())"
    )
    for number, said in ((1, "1 open bill"), (9, "There is no such outlet")):
        with pytest.raises(Refused, match=said):
            await outlet_commands.set_open(desk.ctx.db, number, WORK, opens=False)


async def test_an_empty_database_has_no_outlet_to_add_to(empty: Database) -> None:
    with pytest.raises(Refused, match="no owner yet"):
        await outlet_commands.add(empty, {"name": "B"}, None)


async def test_a_password_is_reset_where_it_stands(desk: Desk) -> None:
    """By either name, also of who has left the outlet where the user name stands, and works in another."""
    await outlet_commands.add(desk.ctx.db, {"name": "B"}, None)
    for name in ("asha", "Asha"):
        assert (await commands.reset_password(desk.ctx.db, name, "another password")).outlet_id == 1
    await desk.ctx.db.execute("UPDATE staff.person SET active = false WHERE outlet_id = 1 AND name = 'Asha'")
    assert (await commands.reset_password(desk.ctx.db, "Asha", "another password")).username == "asha"
    await desk.ctx.db.execute("UPDATE staff.person SET active = false WHERE name = 'Asha'")
    with pytest.raises(Refused, match="nobody called"):
        await commands.reset_password(desk.ctx.db, "asha", "another password")


def test_the_command_line_of_outlets(
    desk_of: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["--business", "Kapoor Foods", "--outlet", "Bandra", "--gst-regime", "none"]
    for arguments in (["list"], ["add", *given, "--timezone", "Asia/Dubai"], ["close", "2"], ["reopen", "2"]):
        assert outlet_commands.main(settings, asked(*arguments), WORK) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2    Bandra  closed since 2026-11-30 12:00 UTC",
        "Bandra is outlet 2. Next: its menu (`rasoi import menu FILE --outlet 2`).",
        "Bandra is closed.",
        "Bandra is open again.",
    ]
    assert [each.__name__ for each in desk_of] == ["listed", "<lambda>", "<lambda>", "<lambda>"]


@pytest.fixture
def desk_of(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would be done with a database."""
    done: list[Any] = []
    closed = msgspec.structs.replace(
        OUTLET, id=2, name="Bandra", closed_at=datetime(2026, 11, 30, 12, tzinfo=UTC)
    )

    def with_database(settings: Settings, work: Any) -> Any:
        done.append(work)
        return [closed] if work is outlet_commands.listed else closed

    monkeypatch.setattr(outlet_commands, "with_database", with_database)
    return done
