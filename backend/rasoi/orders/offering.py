"""Offers in a quote and in placing: from a snapshot in memory, with no question to the database."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rasoi.menu.api import MenuSnapshot
from rasoi.offers.api import OfferSnapshot, Portions, evaluate
from rasoi.offers.api import snapshot as offer_snapshot
from rasoi.orders.held import HeldByOutlet
from rasoi.orders.pricing import PricedOrder, price
from rasoi.orders.rows import DiscountRow
from rasoi.orders.schemas import LineRequest
from rasoi.platform.context import Context
from rasoi.staff.api import Outlet

OLDEST_S = 60.0  # then it is read anew, should word of a change have been lost


class OfferSnapshots(HeldByOutlet[OfferSnapshot]):
    """The outlets' offers."""

    async def read(self, ctx: Context, outlet_id: int) -> OfferSnapshot:
        return await offer_snapshot(ctx.db, outlet_id)

    def is_fresh(self, held: OfferSnapshot) -> bool:
        return held.age_s < OLDEST_S


async def price_with_offers(
    ctx: Context, outlet: Outlet, menu: MenuSnapshot, cart: Sequence[LineRequest], order_type: str
) -> PricedOrder:
    """The cart with what its outlet's offers take off it now. Raises BadLine."""
    taxed = outlet.gst_regime == "regular"
    priced = price(cart, menu, taxed=taxed)
    offers = await ctx.get(OfferSnapshots).of(ctx, outlet.id)
    if not offers.offers:
        return priced
    discounts = discounts_of(offers, menu, priced, order_type, outlet.timezone)
    return price(cart, menu, taxed=taxed, discounts=discounts) if any(discounts) else priced


def discounts_of(
    offers: OfferSnapshot, menu: MenuSnapshot, priced: PricedOrder, order_type: str, timezone: str
) -> list[list[DiscountRow]]:
    """What is taken off each line, offer by offer."""
    portions = [
        Portions(
            line.item_id,
            line.variant_id,
            menu.variants[line.variant_id].category_id,
            line.quantity,
            line.unit_price_paise,
        )
        for line in priced.lines
    ]
    applied = evaluate(offers.offers, portions, order_type, offers.now.astimezone(ZoneInfo(timezone)))
    return [
        [
            DiscountRow(
                id=each.offer.id,
                kind="offer",
                name=each.offer.terms.name,
                paise=each.paise[position],
                given_paise=each.paise[position],
                given_quantity=line.quantity,
            )
            for each in applied
            if each.paise[position]
        ]
        for position, line in enumerate(priced.lines)
    ]
