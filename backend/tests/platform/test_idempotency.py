"""One effect, one answer: also for twenty at once, for another body, and for a refused first try."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from uuid_utils.compat import uuid7

from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Database, Tx
from rasoi.platform.idempotency import IdempotencyKey, KeyReused, body_hash, claim, idempotent, key_of, store
from rasoi.platform.problems import BadRequest, Busy, Conflict
from rasoi.settings import Settings

GUEST = Principal(kind="guest", id=uuid7(), outlet_id=1, role="guest", session_id=uuid7())
EFFECT = "INSERT INTO payments.inbox (log, event_id) VALUES ('effect', uuidv7())"


class Answer(msgspec.Struct):
    n: int


def key(value: str = "k", body: bytes = b'{"a":1}') -> IdempotencyKey:
    return IdempotencyKey(value, "POST /x", body_hash(body))


@pytest.fixture
async def ctx(database: Database, settings: Settings) -> Context:
    return Context(settings, database)


async def effects(ctx: Context) -> int:
    return int(await ctx.db.fetchval("SELECT count(*) FROM payments.inbox"))


async def work(tx: Tx) -> tuple[int, Answer]:
    await tx.execute(EFFECT)
    await asyncio.sleep(0.02)
    return 201, Answer(await tx.fetchval("SELECT count(*) FROM payments.inbox"))


async def test_twenty_at_once_have_one_effect_and_the_same_answer(ctx: Context) -> None:
    answers = await asyncio.gather(*(idempotent(ctx, "payments", GUEST, key(), work) for _ in range(20)))
    assert {(a.status_code, bytes(a.content)) for a in answers} == {(201, b'{"n":1}')}
    assert await effects(ctx) == 1
    assert sum("Idempotency-Replayed" in a.headers for a in answers) == 19


async def test_keys_are_the_callers_own(ctx: Context) -> None:
    other = msgspec.structs.replace(GUEST, id=uuid7())
    await idempotent(ctx, "payments", GUEST, key(), work)
    await idempotent(ctx, "payments", other, key(), work)
    await idempotent(ctx, "payments", msgspec.structs.replace(GUEST, outlet_id=2), key(), work)
    assert await effects(ctx) == 3


async def test_the_same_key_with_another_body_is_refused(ctx: Context) -> None:
    await idempotent(ctx, "payments", GUEST, key(), work)
    with pytest.raises(KeyReused):
        await idempotent(ctx, "payments", GUEST, key(body=b'{"a":2}'), work)
    assert (await idempotent(ctx, "payments", GUEST, key(body=b'{ "a": 1 }'), work)).status_code == 201, (
        "white space is no other body"
    )
    assert await effects(ctx) == 1


async def test_a_refused_request_leaves_nothing_and_may_be_tried_again(ctx: Context) -> None:
    async def refuse(tx: Tx) -> tuple[int, Answer]:
        await tx.execute(EFFECT)
        raise Conflict("no")

    with pytest.raises(Conflict):
        await idempotent(ctx, "payments", GUEST, key(), refuse)
    assert await effects(ctx) == 0
    assert (await idempotent(ctx, "payments", GUEST, key(), work)).status_code == 201


async def test_while_an_intent_is_open_duplicates_are_told_to_come_back(ctx: Context) -> None:
    async with ctx.db.transaction("payments") as tx:
        assert await claim(tx, GUEST, key()) is None
        await store(tx, GUEST, key(), None, None)
    async with ctx.db.transaction("payments") as tx:
        with pytest.raises(Busy) as busy:
            await claim(tx, GUEST, key())
    assert busy.value.headers == {"Retry-After": "1"}
    async with ctx.db.transaction("payments") as tx:
        await store(tx, GUEST, key(), 200, b"{}")
    async with ctx.db.transaction("payments") as tx:
        stored = await claim(tx, GUEST, key())
    assert stored is not None and (stored.status, stored.body) == (200, b"{}")


@pytest.mark.parametrize("value", [b"k", b"k" * 200, "\u00fc".encode("latin-1")])
def test_a_key_of_1_to_200_characters(value: bytes) -> None:
    found = key_of({b"idempotency-key": value}, "POST /x", b"{}")
    assert found == IdempotencyKey(value.decode("latin-1"), "POST /x", body_hash(b"{}"))


@pytest.mark.parametrize("value", [None, b"", b"k" * 201, b"k\x07", b"a\nb"])
def test_another_key_is_refused(value: bytes | None) -> None:
    with pytest.raises(BadRequest):
        key_of({} if value is None else {b"idempotency-key": value}, "POST /x", b"{}")


def test_bodies_are_the_same_whatever_their_spaces_and_order() -> None:
    same = {body_hash(body) for body in (b'{"a":1,"b":2}', b'{ "b": 2, "a": 1 }')}
    others = {body_hash(body) for body in (b"", b"{", b"\xff", b'{"a":1,"b":3}', b"null")}
    assert len(same) == 1 and len(others) == 5 and not same & others
