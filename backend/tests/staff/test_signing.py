"""Keys of sign-ins over the database: begun by one process, known to all, and ended."""

from __future__ import annotations

import argparse
from typing import Any

import asyncpg
import jwt
import pytest

from rasoi.orders.tables import qr_code
from rasoi.platform.auth import LONGEST_S, Tokens
from rasoi.platform.problems import Unauthenticated
from rasoi.room_list import NAMES
from rasoi.settings import Settings, load
from rasoi.staff import api, commands, repository, signing
from rasoi.staff.api import Revocations
from tests.conftest import AsRoom
from tests.staff.conftest import Desk, make_context


async def status(desk: Desk, token: str) -> int:
    answer = await desk.call("GET", "/api/staff/me", token)
    return int(answer.status_code)


async def look(desk: Desk) -> None:
    """What every process does every two seconds."""
    await desk.ctx.get(Revocations).start(desk.ctx.db, desk.ctx.get(Tokens))
    await desk.ctx.get(Revocations).stop()


async def test_who_is_signed_in_stays_so_and_the_old_key_ends_with_its_last_token(desk: Desk) -> None:
    old = await desk.token("waiter")
    kid = await signing.rotate(desk.ctx.db)
    await look(desk)
    assert jwt.get_unverified_header(await desk.token("waiter"))["kid"] == "1", "others may not know it yet"
    await desk.ctx.db.execute(
        "UPDATE staff.signing_key SET begins_at = now() - interval '1 s' WHERE kid = $1", kid
    )
    await look(desk)
    new = await desk.token("waiter")
    assert jwt.get_unverified_header(new)["kid"] == kid
    assert [await status(desk, old), await status(desk, new)] == [200, 200]
    first, second = await signing.listed(desk.ctx.db)
    assert second.ends_at is None
    assert first.ends_at is not None
    left = first.ends_at - await repository.now(desk.ctx.db)
    assert LONGEST_S < left.total_seconds() <= LONGEST_S + signing.NOTICE_S, (
        "its last token is read to its end"
    )
    await desk.ctx.db.execute("UPDATE staff.signing_key SET ends_at = now() WHERE kid = '1'")
    await look(desk)
    assert [await status(desk, old), await status(desk, new)] == [401, 200]


async def test_at_once_ends_every_token_and_refresh_tokens_go_on(desk: Desk) -> None:
    session = (await desk.pin("1001")).json()
    await signing.rotate(desk.ctx.db)
    await signing.rotate(desk.ctx.db, at_once=True)
    await look(desk)
    assert await status(desk, session["access_token"]) == 401
    again = await desk.client.post("/api/staff/refresh", json={"refresh_token": session["refresh_token"]})
    assert await status(desk, again.json()["access_token"]) == 200
    assert len(await repository.signing_keys(desk.ctx.db)) == 1


async def test_every_room_verifies_what_the_staff_room_signed(desk: Desk, as_room: AsRoom) -> None:
    kid = await signing.rotate(desk.ctx.db, at_once=True)
    await look(desk)
    token = await desk.token("kitchen")
    for room in NAMES:
        theirs = await make_context(await as_room(room), desk.ctx.settings)
        with pytest.raises(Unauthenticated):
            theirs.get(Tokens).read(token)
        await theirs.get(Revocations).start(theirs.db, theirs.get(Tokens))
        await theirs.get(Revocations).stop()
        assert theirs.get(Tokens).read(token).role == "kitchen", room
        assert jwt.get_unverified_header(token)["kid"] == kid
        if room != "staff":
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await theirs.db.execute("UPDATE staff.signing_key SET ends_at = now()")


async def test_every_outlet_has_it_in_its_audit_log(desk: Desk) -> None:
    kid = await signing.rotate(desk.ctx.db, at_once=True)
    rows = await desk.ctx.db.fetch(
        "SELECT outlet_id, action, subject FROM staff.audit WHERE action = 'keys.rotated'"
    )
    assert [tuple(row.values()) for row in rows] == [
        (outlet_id, "keys.rotated", f"key:{kid}") for outlet_id in await api.outlet_ids(desk.ctx.db)
    ]


async def test_keys_that_are_long_over_are_forgotten(desk: Desk) -> None:
    await desk.ctx.db.execute("UPDATE staff.signing_key SET ends_at = now() - interval '31 days'")
    kid = await signing.rotate(desk.ctx.db)
    assert [row.kid for row in await signing.listed(desk.ctx.db)] == [kid]


def test_the_command_names_keys_and_shows_none(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    there = load(
        {"RASOI_DATA": str(settings.data), "SECRET_KEY": settings.secret_key, "DATABASE_URL": database_url}
    )
    commands.keys(there, argparse.Namespace(action="rotate", at_once=False))
    first, old, new = capsys.readouterr().out.splitlines()
    kid = first.split()[1]
    assert first == f"key {kid} signs in 30 s"
    assert old.startswith("1 ")
    assert " UTC" in old
    assert new.startswith(f"{kid} ")
    assert new.endswith("no end")
    commands.keys(there, argparse.Namespace(action="list"))
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_each_purpose_has_a_key_of_its_own(settings: Settings) -> None:
    from rasoi.hosting import simulator_secrets

    keys: list[Any] = [
        settings.pin_key,
        settings.refresh_key,
        settings.table_code_key,
        settings.network_key,
        *simulator_secrets(settings),
    ]
    keys += [settings.derived_key("device pairing"), settings.derived_key("sign-ins"), settings.secret_key]
    assert len({key[:32] for key in keys}) == 9


async def test_a_table_code_key_signs_no_token(desk: Desk) -> None:
    claims = jwt.decode(await desk.token("waiter"), options={"verify_signature": False})
    settings = desk.ctx.settings
    code = qr_code(settings.table_code_key, 1, desk.ids["waiter"], 1)
    keys = (
        settings.secret_key,
        settings.pin_key,
        settings.table_code_key,
        settings.refresh_key,
        code.ljust(32, "="),
    )
    for key in keys:
        assert await status(desk, jwt.encode(claims, key, algorithm="HS256", headers={"kid": "1"})) == 401
    known = jwt.encode(claims, settings.derived_key("sign-ins"), algorithm="HS256", headers={"kid": "1"})
    assert await status(desk, known) == 200, "the claims are right, the keys were not"
