"""The offers room's use-cases, under its own database role."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest
from litestar import Response
from uuid_utils.compat import uuid7

from rasoi.offers import service
from rasoi.offers.api import OfferSnapshot, snapshot
from rasoi.offers.domain import BadOffer, OfferEnded, Terms, TooManyOffers, UnknownOffer
from rasoi.offers.schemas import OfferChange, OfferView
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.idempotency import IdempotencyKey
from rasoi.settings import Settings
from tests.conftest import AsRoom
from tests.orders.conftest import NAAN, SEED

MANAGER = Principal(kind="staff", id=uuid7(), outlet_id=1, role="manager", session_id=uuid7(), name="Meera")
TEN = Terms(name="Ten off", kind="percent", percent_bp=1000)


def key() -> IdempotencyKey:
    return IdempotencyKey(str(uuid7()), "an act", b"")


def read(answer: Response[bytes]) -> OfferView:
    return msgspec.json.decode(answer.content, type=OfferView)


@pytest.fixture
async def ctx(database: Database, as_room: AsRoom, settings: Settings) -> Context:
    await database.execute(SEED)
    return Context(settings, await as_room("offers"))


async def live(ctx: Context) -> list[UUID]:
    found: OfferSnapshot = await snapshot(ctx.db, 1)
    return [offer.id for offer in found.offers]


async def told(database: Database, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await database.fetch(sql)]


async def test_an_offer_is_made_paused_resumed_changed_and_ended(ctx: Context, database: Database) -> None:
    made = read(await service.make(ctx, MANAGER, TEN, key()))
    assert (made.state, made.version, made.terms, await live(ctx)) == ("running", 1, TEN, [made.id])
    paused = read(await service.pause(ctx, MANAGER, made.id, key()))
    assert (paused.state, paused.version, await live(ctx)) == ("paused", 2, [])
    again = read(await service.pause(ctx, MANAGER, made.id, key()))
    assert again == paused, "it was paused already"
    resumed = read(await service.resume(ctx, MANAGER, made.id, key()))
    assert (resumed.state, resumed.version, await live(ctx)) == ("running", 3, [made.id])
    twenty = Terms(name="Twenty off", kind="percent", percent_bp=2000)
    changed = read(await service.change(ctx, MANAGER, made.id, OfferChange(3, twenty), key()))
    assert (changed.terms, changed.version) == (twenty, 4)
    with pytest.raises(service.OfferIsAnother):
        await service.change(ctx, MANAGER, made.id, OfferChange(3, TEN), key())
    ended = read(await service.end(ctx, MANAGER, made.id, key()))
    assert (ended.state, ended.version, await live(ctx)) == ("over", 5, [])
    with pytest.raises(OfferEnded):
        await service.resume(ctx, MANAGER, made.id, key())
    assert await told(database, "SELECT type, aggregate_version FROM offers.outbox ORDER BY id") == [
        ("rasoi.offer.made.v1", 1),
        *(("rasoi.offer.changed.v1", version) for version in (2, 3, 4, 5)),
    ]
    audit = await told(database, "SELECT action, detail FROM staff.audit ORDER BY id")
    assert audit == [
        ("offer.made", {"offer": "Ten off"}),
        ("offer.paused", {"offer": "Ten off"}),
        ("offer.resumed", {"offer": "Ten off"}),
        ("offer.changed", {"offer": "Ten off", "changed": ["name", "percent_bp"]}),
        ("offer.ended", {"offer": "Twenty off"}),
    ]


async def test_the_same_key_makes_one_offer(ctx: Context) -> None:
    same = key()
    first, second = [read(await service.make(ctx, MANAGER, TEN, same)) for _ in range(2)]
    assert first == second
    assert len(await live(ctx)) == 1


async def test_what_is_not_on_the_menu_or_of_another_house_is_refused(ctx: Context) -> None:
    for terms in (
        Terms(name="x", kind="percent", percent_bp=1, item_ids=[NAAN, uuid7()]),
        Terms(name="x", kind="percent", percent_bp=1, category_ids=[uuid7()]),
    ):
        with pytest.raises(BadOffer):
            await service.make(ctx, MANAGER, terms, key())
    on_naan = Terms(name="x", kind="percent", percent_bp=1, item_ids=[NAAN], category_ids=[UUID(int=41)])
    made = read(await service.make(ctx, MANAGER, on_naan, key()))
    other = Principal(kind="staff", id=uuid7(), outlet_id=2, role="manager", session_id=uuid7())
    with pytest.raises(UnknownOffer):
        await service.end(ctx, other, made.id, key())


async def test_there_are_only_so_many(
    ctx: Context, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST", 2)
    first = read(await service.make(ctx, MANAGER, TEN, key()))
    await service.make(ctx, MANAGER, TEN, key())
    with pytest.raises(TooManyOffers):
        await service.make(ctx, MANAGER, TEN, key())
    await service.end(ctx, MANAGER, first.id, key())
    await service.make(ctx, MANAGER, TEN, key())
