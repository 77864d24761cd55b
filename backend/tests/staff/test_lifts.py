"""A manager's PIN for one act: who may give it, where, for what, and that it is good once."""

from __future__ import annotations

import asyncio
from typing import Any, get_args
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.problems import Problem
from rasoi.platform.rights import PERMISSIONS, AboveLimit, NotPermitted
from rasoi.staff import lifts, lifts_repository
from rasoi.staff.api import LiftRefused, authorize
from rasoi.staff.domain import LastOwner
from tests.staff.conftest import PINS, Desk

PATH = "/api/staff/lifts"
SUBJECT = "01930000-0000-7000-8000-000000000001"


def test_what_can_be_lifted_stands_in_the_interface() -> None:
    assert set(get_args(lifts.Liftable)) == {each.name for each in PERMISSIONS.values() if each.liftable}


async def ask(desk: Desk, waiter: str, *, device: str | None = None, **changes: Any) -> Any:
    body = {
        "person_id": str(desk.ids["manager"]),
        "pin": PINS["manager"],
        "permission": "refund",
        "subject": SUBJECT,
        "amount_paise": 500,
    }
    headers = {"Authorization": f"Bearer {waiter}"}
    if given := desk.device if device is None else device:
        headers["X-Device-Token"] = given
    return await desk.client.post(PATH, json=body | changes, headers=headers)


async def lifted(desk: Desk, waiter: str, **changes: Any) -> str:
    answer = await ask(desk, waiter, **changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


async def act(
    desk: Desk,
    who: Principal,
    approval: str | None,
    *,
    paise: int = 500,
    then: Problem | None = None,
    **more: Any,
) -> Any:
    """An act in a transaction of its own, which may fail after it was let through."""
    permission, subject = more.pop("permission", "refund"), more.pop("subject", SUBJECT)
    async with desk.ctx.db.transaction("staff") as tx:
        by = await authorize(desk.ctx, tx, who, permission, subject, approval, paise=paise, **more)
        if then:
            raise then
    return by


def principal(desk: Desk, token: str) -> Principal:
    return desk.ctx.get(Tokens).read(token)


async def test_a_managers_pin_lets_a_waiter_do_one_act_once(desk: Desk) -> None:
    waiter = await desk.token("waiter")
    who = principal(desk, waiter)
    with pytest.raises(NotPermitted):
        await act(desk, who, None)
    token = await lifted(desk, waiter)
    by = await act(desk, who, token)
    assert (by.id, by.name, by.role) == (desk.ids["manager"], "Binod", "manager")
    with pytest.raises(LiftRefused):
        await act(desk, who, token)
    [kept] = await desk.ctx.db.fetch(
        "SELECT actor_id, subject, detail FROM staff.audit WHERE action = 'lift.given'"
    )
    detail = {"permission": "refund", "for": "Chitra", "for_id": str(desk.ids["waiter"]), "amount_paise": 500}
    assert tuple(kept.values()) == (desk.ids["manager"], SUBJECT, detail)
    for table in ("lift", "audit", "outbox"):
        rows = await desk.ctx.db.fetch(f"SELECT to_jsonb(t)::text AS text FROM staff.{table} t")
        assert not any(token in row["text"] for row in rows), table


@pytest.mark.parametrize(
    "other",
    [
        {"permission": "write_off"},
        {"subject": str(uuid4())},
        {"paise": 501},
    ],
)
async def test_it_is_good_for_nothing_else(desk: Desk, other: dict[str, Any]) -> None:
    waiter = await desk.token("waiter")
    token = await lifted(desk, waiter)
    with pytest.raises(LiftRefused):
        await act(desk, principal(desk, waiter), token, **other)
    assert await act(desk, principal(desk, waiter), token)


async def test_it_is_good_for_nobody_else_and_for_no_other_session(desk: Desk) -> None:
    waiter = await desk.token("waiter")
    token, who = await lifted(desk, waiter), principal(desk, waiter)
    for other in (principal(desk, await desk.token("waiter")), principal(desk, await desk.token("kitchen"))):
        with pytest.raises(LiftRefused):
            await act(desk, other, token)
    with pytest.raises(LiftRefused):
        await act(desk, msgspec.structs.replace(who, outlet_id=2), token)
    with pytest.raises(LiftRefused):
        await act(desk, who, token + "x")


async def test_it_is_over_after_a_minute_and_when_who_gave_it_has_left(desk: Desk) -> None:
    waiter = await desk.token("waiter")
    who, token = principal(desk, waiter), await lifted(desk, waiter)
    await desk.ctx.db.execute("UPDATE staff.person SET active = false WHERE role = 'manager'")
    with pytest.raises(LiftRefused):
        await act(desk, who, token)
    await desk.ctx.db.execute("UPDATE staff.person SET active = true")
    left = "SELECT extract(epoch FROM expires_at - created_at) FROM staff.lift"
    assert 59 < await desk.ctx.db.fetchval(left) <= 61
    await desk.ctx.db.execute("UPDATE staff.lift SET expires_at = clock_timestamp()")
    with pytest.raises(LiftRefused):
        await act(desk, who, token)
    await desk.ctx.db.execute("UPDATE staff.lift SET expires_at = now() - interval '25 hours'")
    await lifts_repository.prune(desk.ctx.db)
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.lift") == 0


async def test_an_act_that_fails_does_not_use_it_up_and_one_that_needs_none_does_not_either(
    desk: Desk,
) -> None:
    waiter = await desk.token("waiter")
    who, token = principal(desk, waiter), await lifted(desk, waiter)
    with pytest.raises(LastOwner):
        await act(desk, who, token, then=LastOwner())
    rights = desk.ctx.get(Tokens).rights
    rights.take(1, 1, {"waiter": {"refund": {"allowed": True, "limit_paise": 500}}})
    assert await act(desk, who, token) is None
    with pytest.raises(AboveLimit):
        await act(desk, who, None, paise=1, in_all_paise=501)
    assert await act(desk, who, token, paise=1, in_all_paise=501)


async def test_an_approvers_own_limit_holds_at_the_act_too(desk: Desk) -> None:
    desk.ctx.get(Tokens).rights.take(1, 1, {"manager": {"refund": {"allowed": True, "limit_paise": 600}}})
    waiter = await desk.token("waiter")
    above = await ask(desk, waiter, amount_paise=601)
    assert (above.status_code, above.json()["type"]) == (403, "/problems/above-limit")
    token, who = await lifted(desk, waiter), principal(desk, waiter)
    with pytest.raises(LiftRefused):
        await act(desk, who, token, in_all_paise=601)
    assert await act(desk, who, token, in_all_paise=600)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fails=st.lists(st.booleans(), min_size=2, max_size=6))
async def test_of_acts_at_once_with_one_approval_one_is_done(desk: Desk, fails: list[bool]) -> None:
    waiter = await desk.token("waiter")
    who, token = principal(desk, waiter), await lifted(desk, waiter)
    tries = (act(desk, who, token, then=LastOwner() if each else None) for each in fails)
    done = await asyncio.gather(*tries, return_exceptions=True)
    succeeded = [each for each in done if isinstance(each, lifts_repository.Approver)]
    assert len(succeeded) == (0 if all(fails) else 1), done
    assert all(isinstance(each, (lifts_repository.Approver, LiftRefused, LastOwner)) for each in done), done


async def test_wrong_pins_are_counted_for_that_person_on_that_device(desk: Desk) -> None:
    waiter = await desk.token("waiter")
    answers = [await ask(desk, waiter, pin="0000") for _ in range(6)]
    assert [each.status_code for each in answers] == [403] * 5 + [429]
    assert (await ask(desk, waiter)).status_code == 429, "also the right one"
    owner = {"person_id": str(desk.ids["owner"]), "pin": PINS["owner"]}
    assert (await ask(desk, waiter, **owner)).status_code == 201, "nobody else is slowed"
    tried = await desk.ctx.db.fetch(
        "SELECT outcome FROM staff.sign_in WHERE person_id = $1", desk.ids["manager"]
    )
    assert [row["outcome"] for row in tried if row["outcome"] != "ok"] == ["failed"] * 4 + ["locked out"]


async def test_who_guesses_at_once_gets_no_more_tries(desk: Desk) -> None:
    waiter = await desk.token("waiter")
    answers = await asyncio.gather(*(ask(desk, waiter, pin=f"{n:04}") for n in range(12)))
    assert sorted(each.status_code for each in answers) == [403] * 5 + [429] * 7


async def test_a_pin_is_good_on_the_device_that_the_waiter_is_signed_in_at_only(desk: Desk) -> None:
    waiter = await desk.token("waiter")
    other, _ = await desk.pair("Tablet 2")
    for device in ("", "made up", other):
        answer = await ask(desk, waiter, device=device)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unknown-device"), device
    by_password = await ask(desk, await desk.manager())
    assert by_password.json()["type"] == "/problems/unknown-device"
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.lift") == 0


@pytest.mark.parametrize(
    ("approver", "status", "slug"),
    [("kitchen", 403, "not-permitted"), ("waiter", 403, "wrong-pin"), (None, 403, "wrong-pin")],
)
async def test_who_may_not_do_it_himself_lets_nobody_else(
    desk: Desk, approver: str | None, status: int, slug: str
) -> None:
    waiter = await desk.token("waiter")
    person = {"person_id": str(desk.ids[approver] if approver else uuid4()), "pin": PINS[approver or "owner"]}
    answer = await ask(desk, waiter, **person)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")


async def test_only_what_may_be_lifted_is(desk: Desk) -> None:
    waiter = await desk.token("waiter")
    for permission in ("manage_people", "fly"):
        assert (await ask(desk, waiter, permission=permission)).status_code == 422
    for faulty in ({"pin": "12345"}, {"subject": ""}, {"amount_paise": -1}, {"more": 1}):
        assert (await ask(desk, waiter, **faulty)).status_code == 422


async def test_the_tablet_is_told_whose_pin_would_do(desk: Desk) -> None:
    waiter = await desk.token("waiter")

    async def listed(query: str) -> list[str]:
        answer = await desk.call("GET", f"{PATH}/people?{query}", waiter)
        assert answer.status_code == 200, answer.text
        return [each["name"] for each in answer.json()["items"]]

    assert await listed("permission=refund") == ["Asha", "Binod"]
    assert await listed("permission=cancel_made") == ["Asha", "Binod", "Dev"]
    desk.ctx.get(Tokens).rights.take(1, 1, {"manager": {"refund": {"allowed": True, "limit_paise": 600}}})
    assert await listed("permission=refund&amount_paise=601") == ["Asha"]
    assert (await desk.call("GET", f"{PATH}/people?permission=fly", waiter)).status_code == 422
