"""The rules of offers: when one is in force, what it takes off an order, and which apply together. Pure, whole paise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from rasoi.platform.money import half_up, spread
from rasoi.platform.problems import Conflict, NotFound, Unprocessable

Kind = Literal["percent", "amount", "buy_get"]
OrderType = Literal["dine_in", "takeaway"]
State = Literal["running", "planned", "paused", "over"]
HIGHEST_PAISE = 10_000_000_00
LINE = r"^(?! )[^\x00-\x1f\x7f]+$(?!\n)"  # one line that is not blank, without control signs
Minute = Annotated[int, Meta(ge=0, le=1439)]
Paise = Annotated[int, Meta(ge=1, le=HIGHEST_PAISE)]
Ids = Annotated[list[UUID], Meta(max_length=200)]


class UnknownOffer(NotFound):
    slug, title = "unknown-offer", "There is no such offer"


class BadOffer(Unprocessable):
    slug, title = "bad-offer", "This offer does not make sense"


class OfferEnded(Conflict):
    slug, title = "offer-ended", "This offer has ended"


class TooManyOffers(Conflict):
    slug, title = "too-many-offers", "There are too many offers"


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an offer gives, on what and when. `percent` takes `percent_bp` off in basis points, `amount` so many paise, and
    `buy_get` makes `get` portions of every `buy` + `get` free, the cheapest. It concerns the whole order where neither
    categories nor items are named. Days are numbered from Monday, 1; minutes are counted from the outlet's midnight, and a
    time that ends before it begins goes on over midnight and belongs to the day on which it began. `min_spend_paise` is what
    the whole order comes to at the menu's prices, before tax is added; `cap_paise` the most that one order gets. Those that
    are not `combinable` apply alone."""

    name: Annotated[str, Meta(min_length=1, max_length=60, pattern=LINE)]
    kind: Kind
    percent_bp: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    amount_paise: Paise | None = None
    buy: Annotated[int, Meta(ge=1, le=99)] | None = None
    get: Annotated[int, Meta(ge=1, le=99)] | None = None
    category_ids: Ids = []
    item_ids: Ids = []
    order_types: Annotated[list[OrderType], Meta(max_length=2)] = []
    days: Annotated[list[Annotated[int, Meta(ge=1, le=7)]], Meta(max_length=7)] = []
    from_minute: Minute | None = None
    to_minute: Minute | None = None
    first_day: date | None = None
    last_day: date | None = None
    min_spend_paise: Annotated[int, Meta(ge=0, le=HIGHEST_PAISE)] = 0
    cap_paise: Paise | None = None
    priority: Annotated[int, Meta(ge=0, le=100)] = 0
    combinable: bool = False


NEEDED = {"percent": ("percent_bp",), "amount": ("amount_paise",), "buy_get": ("buy", "get")}


class Offer(msgspec.Struct, frozen=True):
    """One that is neither paused nor ended."""

    id: UUID
    terms: Terms


class Portions(msgspec.Struct, frozen=True):
    """A line of a cart: so many portions at one price."""

    item_id: UUID
    variant_id: UUID
    category_id: UUID
    quantity: int
    unit_paise: int

    @property
    def paise(self) -> int:
        return self.unit_paise * self.quantity


class Applied(msgspec.Struct, frozen=True):
    """An offer with what it takes off each line."""

    offer: Offer
    paise: list[int]


def require_sense(terms: Terms) -> None:
    """Raises BadOffer for what the fields alone don't refuse."""
    of_kinds = {name for names in NEEDED.values() for name in names}
    given = {name for name in of_kinds if getattr(terms, name) is not None}
    if given != set(NEEDED[terms.kind]):
        wanted = " and ".join(NEEDED[terms.kind])
        raise BadOffer(f"An offer of the kind {terms.kind} has {wanted}, and nothing else of the kind.")
    if (terms.from_minute is None) != (terms.to_minute is None) or (
        terms.from_minute is not None and terms.from_minute == terms.to_minute
    ):
        raise BadOffer("A time of day needs a beginning and another end.")
    if terms.first_day and terms.last_day and terms.last_day < terms.first_day:
        raise BadOffer("The last day is before the first.")


def begun_on(terms: Terms, now: datetime) -> date | None:
    """The day to which this moment of the outlet's clock belongs; None outside the offer's time of day."""
    if terms.from_minute is None or terms.to_minute is None:
        return now.date()
    minute = now.hour * 60 + now.minute
    if terms.from_minute < terms.to_minute:
        return now.date() if terms.from_minute <= minute < terms.to_minute else None
    if minute >= terms.from_minute:
        return now.date()
    return now.date() - timedelta(days=1) if minute < terms.to_minute else None


def is_in_force(terms: Terms, now: datetime) -> bool:
    """Whether the offer holds at this moment of the outlet's clock."""
    day = begun_on(terms, now)
    if day is None or (terms.days and day.isoweekday() not in terms.days):
        return False
    return (terms.first_day or day) <= day <= (terms.last_day or day)


def state_of(terms: Terms, now: datetime, *, paused: bool, ended: bool) -> State:
    """What an outlet's list says of an offer. A running one may still wait for its day or hour."""
    today = now.date()
    # the night of the last day is not over at midnight
    still = is_in_force(terms, now)
    if ended or (terms.last_day is not None and today > terms.last_day and not still):
        return "over"
    if paused:
        return "paused"
    return "planned" if terms.first_day is not None and today < terms.first_day else "running"


def evaluate(
    offers: Sequence[Offer], cart: Sequence[Portions], order_type: str, now: datetime
) -> list[Applied]:
    """What applies to an order at this moment of the outlet's clock, in the order of its taking off: one exclusive offer,
    or all that may be combined, each off what those before it leave. Of these choices the one with the highest priority is
    taken, among equals the best for the guest, then the oldest."""
    # one order of lines, so that it does not matter in which they were put into the cart
    order = sorted(range(len(cart)), key=lambda i: (cart[i].variant_id, cart[i].unit_paise, cart[i].quantity))
    lines = [cart[position] for position in order]
    fitting = [each for each in offers if _fits(each.terms, lines, order_type, now)]
    combined = sorted((each for each in fitting if each.terms.combinable), key=_rank)
    choices = [[each] for each in fitting if not each.terms.combinable]
    best: list[Applied] = []
    best_rank: tuple[int, int, int] | None = None
    for choice in [*choices, combined]:
        taken = _take_off(choice, lines)
        if not taken:
            continue
        rank = (
            max(each.offer.terms.priority for each in taken),
            sum(sum(each.paise) for each in taken),
            -min(each.offer.id.int for each in taken),
        )
        if best_rank is None or rank > best_rank:
            best, best_rank = taken, rank
    place = {position: index for index, position in enumerate(order)}
    return [Applied(each.offer, [each.paise[place[i]] for i in range(len(cart))]) for each in best]


def _rank(offer: Offer) -> tuple[int, UUID]:
    return -offer.terms.priority, offer.id


def _fits(terms: Terms, lines: Sequence[Portions], order_type: str, now: datetime) -> bool:
    return (
        (not terms.order_types or order_type in terms.order_types)
        and is_in_force(terms, now)
        and sum(line.paise for line in lines) >= terms.min_spend_paise
    )


def _concerns(terms: Terms, line: Portions) -> bool:
    if not terms.category_ids and not terms.item_ids:
        return True
    return line.category_id in terms.category_ids or line.item_id in terms.item_ids


def _take_off(offers: Sequence[Offer], lines: Sequence[Portions]) -> list[Applied]:
    """What these take off, one after the other; those that come to nothing are left out."""
    left = [line.paise for line in lines]
    applied = []
    for offer in offers:
        paise = _discount(offer.terms, lines, left)
        if any(paise):
            left = [before - off for before, off in zip(left, paise, strict=True)]
            applied.append(Applied(offer, paise))
    return applied


def _discount(terms: Terms, lines: Sequence[Portions], left: Sequence[int]) -> list[int]:
    """What an offer takes off each line, never more than is left of it."""
    if terms.kind == "buy_get":
        found = _free_portions(terms, lines, left)
    else:
        weights = [rest if _concerns(terms, line) else 0 for line, rest in zip(lines, left, strict=True)]
        whole = sum(weights)
        wanted = half_up(whole * (terms.percent_bp or 0), 10_000) + (terms.amount_paise or 0)
        found = spread(min(wanted, whole), weights)
    if terms.cap_paise is not None and sum(found) > terms.cap_paise:
        return spread(terms.cap_paise, found)
    return found


def _free_portions(terms: Terms, lines: Sequence[Portions], left: Sequence[int]) -> list[int]:
    """What the free portions come to on each line: of every `buy` + `get` the cheapest `get`."""
    buy, get = terms.buy or 0, terms.get or 0
    concerned = [i for i, line in enumerate(lines) if _concerns(terms, line)]
    free = sum(lines[i].quantity for i in concerned) // (buy + get) * get
    found = [0] * len(lines)
    for i in sorted(concerned, key=lambda i: (lines[i].unit_paise, i)):
        portions = min(free, lines[i].quantity)
        free -= portions
        found[i] = half_up(left[i] * portions, lines[i].quantity)
    return found
