"""Attacks on passkeys: answers used twice, of other pages, of copies, without the person, for somebody else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rasoi.staff import challenges
from tests.passkeys import PRESENT, VERIFIED, Authenticator, text
from tests.staff import conftest
from tests.staff.conftest import Desk
from tests.staff.test_authenticators import outcome
from tests.staff.test_passkeys import LOGIN, OWN, ask, begun, challenge, made, names, sign_in

ctx, desk = conftest.ctx, conftest.desk
REFUSED = (401, "sign-in-failed")


async def test_an_answer_counts_once_also_at_the_same_moment(desk: Desk) -> None:
    device = await made(desk, await desk.token("owner"), step=0)
    answer = device.sign(await challenge(desk))
    first = await asyncio.gather(*(ask(desk, LOGIN, answer) for _ in range(4)))
    assert sorted(a.status_code for a in first) == [200, 401, 401, 401]
    assert outcome(await ask(desk, LOGIN, answer)) == REFUSED


async def test_a_new_passkey_is_kept_once(desk: Desk) -> None:
    token = await desk.token("owner")
    options = await begun(desk, token)
    devices = [Authenticator() for _ in range(3)]
    answers = await asyncio.gather(*(ask(desk, OWN, device.make(options), token) for device in devices))
    assert sorted(a.status_code for a in answers) == [201, 403, 403]


async def test_a_challenge_is_over_after_five_minutes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    device = await made(desk, await desk.token("owner"))
    monkeypatch.setattr(challenges, "LIFETIME_S", 0)
    assert outcome(await sign_in(desk, device)) == REFUSED


async def test_a_challenge_of_ones_own_making_is_none(desk: Desk) -> None:
    device = await made(desk, await desk.token("owner"))
    for made_up in (text(bytes(56)), text(b"x"), text(b"x" * 200)):
        assert outcome(await ask(desk, LOGIN, device.sign({"challenge": made_up}))) == REFUSED


async def test_a_challenge_for_one_thing_is_none_for_another(desk: Desk) -> None:
    owner, manager = await desk.token("owner"), await desk.token("manager")
    device = await made(desk, owner)
    options = await begun(desk, owner)
    assert outcome(await ask(desk, LOGIN, device.sign(options))) == REFUSED
    wrong = (403, "wrong-proof")
    stolen = Authenticator().make(options)
    assert outcome(await ask(desk, OWN, stolen, manager)) == wrong, "somebody else's"
    assert outcome(await ask(desk, OWN, stolen, await desk.token("owner"))) == wrong, "another sign-in's"
    of_strangers = await challenge(desk) | {"user_id": options["user_id"]}
    assert outcome(await ask(desk, OWN, Authenticator().make(of_strangers), owner)) == wrong


FORGED: list[dict[str, Any]] = [
    {"origin": "https://rasoi.test.evil.example"},
    {"origin": "http://rasoi.test"},
    {"rp_id": "evil.example"},
    {"flags": PRESENT},
    {"flags": VERIFIED},
]


@pytest.mark.parametrize("forged", FORGED)
async def test_answers_of_other_pages_and_without_the_person(desk: Desk, forged: dict[str, Any]) -> None:
    token = await desk.token("owner")
    device = await made(desk, token)
    for name, value in forged.items():
        setattr(device, name, value)
    assert outcome(await sign_in(desk, device)) == REFUSED
    new = Authenticator(**forged)
    assert outcome(await ask(desk, OWN, new.make(await begun(desk, token)), token)) == (403, "wrong-proof")
    assert await names(desk, token) == ["Laptop"]


async def test_a_copy_is_found_by_its_count(desk: Desk) -> None:
    device = await made(desk, await desk.token("owner"))
    assert (await sign_in(desk, device)).status_code == 200
    device.count -= 1
    assert outcome(await sign_in(desk, device)) == REFUSED
    counted = "SELECT sign_count FROM staff.passkey"
    assert await desk.ctx.db.fetchval(counted) == 1


async def test_another_key_or_another_person_opens_nothing(desk: Desk) -> None:
    device = await made(desk, await desk.token("owner"))
    theirs = await made(desk, await desk.token("manager"), "manager")
    stranger = Authenticator(credential_id=device.credential_id, handle=device.handle)
    swapped = Authenticator(key=theirs.key, credential_id=theirs.credential_id, handle=device.handle)
    unknown = Authenticator(handle=device.handle)
    for each in (stranger, swapped, unknown):
        assert outcome(await sign_in(desk, each)) == REFUSED


async def test_who_left_or_is_no_manager_any_more_does_not_sign_in(desk: Desk) -> None:
    device = await made(desk, await desk.token("manager"), "manager")
    for change in ("active = false", "active = true, role = 'waiter'"):
        await desk.ctx.db.execute(f"UPDATE staff.person SET {change} WHERE id = $1", desk.ids["manager"])
        assert outcome(await sign_in(desk, device)) == REFUSED


GARBAGE = [
    "AA",
    "A",
    "_" * 8192,
    text(b"{}"),
    text(b"\xff" * 64),
    text(b'{"type":"webauthn.get","challenge":1}'),
]


@pytest.mark.parametrize(
    "part", ["credential_id", "client_data", "authenticator_data", "signature", "user_handle"]
)
async def test_garbage_in_a_sign_in(desk: Desk, part: str) -> None:
    device = await made(desk, await desk.token("owner"))
    for garbage in GARBAGE:
        answer = device.sign(await challenge(desk)) | {part: garbage}
        assert outcome(await ask(desk, LOGIN, answer)) == REFUSED, garbage[:20]
    for unreadable in ("", "=", "a b", "x" * 8193, None, 1):
        unread: dict[str, Any] = device.sign(await challenge(desk)) | {part: unreadable}
        assert (await ask(desk, LOGIN, unread)).status_code == 422


@pytest.mark.parametrize("part", ["credential_id", "client_data", "attestation"])
async def test_garbage_in_a_new_passkey(desk: Desk, part: str) -> None:
    token = await desk.token("owner")
    for garbage in GARBAGE:
        answer = Authenticator().make(await begun(desk, token)) | {part: garbage}
        assert outcome(await ask(desk, OWN, answer, token)) == (403, "wrong-proof"), garbage[:20]
    assert await names(desk, token) == []


async def test_asking_is_limited_and_writes_no_row(desk: Desk) -> None:
    answers = [await ask(desk, f"{LOGIN}/challenge") for _ in range(61)]
    assert [a.status_code for a in answers] == [200] * 60 + [429]
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.used_challenge") == 0
