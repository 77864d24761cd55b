"""What offers take off: the sums are exact, caps hold, and the choice is the best one."""

from __future__ import annotations

import random
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasoi.offers.domain import (
    BadOffer,
    Offer,
    Portions,
    Terms,
    evaluate,
    is_in_force,
    require_sense,
    state_of,
)

NAAN, CURRY, LASSI = (UUID(int=n) for n in (11, 12, 13))
BREAD, MAIN, DRINKS = (UUID(int=n) for n in (21, 22, 23))
CATEGORY = {NAAN: BREAD, CURRY: MAIN, LASSI: DRINKS}
FRIDAY_EVENING = datetime(2026, 12, 4, 21, 30)


def line(item: UUID, quantity: int, unit: int) -> Portions:
    return Portions(item, UUID(int=item.int + 100), CATEGORY[item], quantity, unit)


def offer(number: int = 1, **terms: Any) -> Offer:
    kind: dict[str, Any] = {"kind": "percent", "percent_bp": 1000} if "kind" not in terms else {}
    return Offer(UUID(int=number), Terms(**{"name": f"Offer {number}"} | kind | terms))


def taken(
    offers: list[Offer],
    cart: list[Portions],
    order_type: str = "dine_in",
    now: datetime = FRIDAY_EVENING,
) -> dict[int, list[int]]:
    return {each.offer.id.int: each.paise for each in evaluate(offers, cart, order_type, now)}


CART = [line(NAAN, 3, 4500), line(CURRY, 1, 32000), line(LASSI, 2, 9000)]


def test_percent_and_amount_are_spread_over_what_they_concern() -> None:
    assert taken([offer()], CART) == {1: [1350, 3200, 1800]}
    assert taken([offer(category_ids=[BREAD])], CART) == {1: [1350, 0, 0]}
    assert taken([offer(item_ids=[LASSI], category_ids=[BREAD])], CART) == {1: [1350, 0, 1800]}
    assert taken([offer(kind="amount", amount_paise=10000)], CART) == {1: [2126, 5039, 2835]}
    assert taken([offer(kind="amount", amount_paise=10000, item_ids=[NAAN])], [line(NAAN, 1, 4500)]) == {
        1: [4500]
    }, "never more than it comes to"
    assert taken([offer(item_ids=[LASSI])], [line(NAAN, 1, 4500)]) == {}


def test_the_cheapest_portions_are_free() -> None:
    two_and_one: dict[str, Any] = {"kind": "buy_get", "buy": 2, "get": 1}
    assert taken([offer(**two_and_one)], CART) == {1: [9000, 0, 0]}, "six portions, the two cheapest free"
    assert taken([offer(**two_and_one, item_ids=[NAAN])], CART) == {1: [4500, 0, 0]}
    assert taken([offer(**two_and_one, item_ids=[LASSI])], CART) == {}
    assert taken([offer(**two_and_one, cap_paise=5000)], CART) == {1: [5000, 0, 0]}
    dear_and_cheap = [line(NAAN, 1, 6000), line(NAAN, 2, 4500)]
    assert taken([offer(**two_and_one)], dear_and_cheap) == {1: [0, 4500]}


def test_minimum_spend_cap_and_type_of_order() -> None:
    assert taken([offer(min_spend_paise=63500)], CART) == {1: [1350, 3200, 1800]}
    assert taken([offer(min_spend_paise=63501)], CART) == {}
    assert taken([offer(cap_paise=1000)], CART) == {1: [213, 504, 283]}
    assert taken([offer(order_types=["takeaway"])], CART) == {}
    assert list(taken([offer(order_types=["takeaway"])], CART, "takeaway")) == [1]


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        ("2026-12-04T21:59", False),
        ("2026-12-04T22:00", True),
        ("2026-12-05T01:59", True),
        ("2026-12-05T02:00", False),
        ("2026-12-05T22:00", True),
        ("2026-12-06T01:30", True),
        ("2026-12-06T22:00", False),
        ("2026-12-04T01:00", False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_began(now: str, holds: bool) -> None:
    friday_and_saturday = offer(days=[5, 6], from_minute=22 * 60, to_minute=2 * 60).terms
    assert is_in_force(friday_and_saturday, datetime.fromisoformat(now)) is holds


def test_by_day_the_hours_end_before_the_minute_named() -> None:
    lunch = offer(from_minute=12 * 60, to_minute=15 * 60).terms
    at = [datetime(2026, 12, 4, *time) for time in ((11, 59), (12, 0), (14, 59), (15, 0))]
    assert [is_in_force(lunch, each) for each in at] == [False, True, True, False]


def test_dates_hold_from_the_first_to_the_end_of_the_last_night() -> None:
    night = {"from_minute": 20 * 60, "to_minute": 60}
    week = offer(first_day=date(2026, 12, 1), last_day=date(2026, 12, 4), **night).terms
    at = {
        datetime(2026, 11, 30, 21): (False, "planned"),
        datetime(2026, 12, 1, 0, 30): (False, "running"),
        datetime(2026, 12, 1, 20): (True, "running"),
        datetime(2026, 12, 5, 0, 59): (True, "running"),
        datetime(2026, 12, 5, 1, 0): (False, "over"),
    }
    for now, (holds, state) in at.items():
        assert (is_in_force(week, now), state_of(week, now, paused=False, ended=False)) == (holds, state), now
    assert state_of(week, FRIDAY_EVENING, paused=True, ended=False) == "paused"
    assert state_of(week, FRIDAY_EVENING, paused=True, ended=True) == "over"


def test_exclusive_offers_apply_alone_and_what_may_be_combined_together() -> None:
    five, ten = offer(1, percent_bp=500, kind="percent"), offer(2)
    assert list(taken([five, ten], CART)) == [2], "the better one"
    assert list(taken([offer(1), offer(2)], CART)) == [1], "the older one of equals"
    first = offer(1, percent_bp=500, kind="percent", priority=1)
    assert list(taken([first, ten], CART)) == [1], "the one that goes before others"
    both = [offer(n, combinable=True, kind="percent", percent_bp=1000) for n in (1, 2)]
    assert taken(both, CART) == {1: [1350, 3200, 1800], 2: [1215, 2880, 1620]}, "the second off what is left"
    assert list(taken([*both, offer(3, kind="percent", percent_bp=1899)], CART)) == [1, 2]
    assert list(taken([*both, offer(3, kind="percent", percent_bp=1901)], CART)) == [3]


def test_what_makes_no_sense_is_refused() -> None:
    for wrong in (
        {"kind": "percent"},
        {"kind": "percent", "percent_bp": 1000, "amount_paise": 100},
        {"kind": "amount", "percent_bp": 1000},
        {"kind": "buy_get", "buy": 2},
        {"from_minute": 600},
        {"from_minute": 600, "to_minute": 600},
        {"first_day": date(2026, 12, 2), "last_day": date(2026, 12, 1)},
    ):
        with pytest.raises(BadOffer):
            require_sense(offer(**wrong).terms)
    require_sense(offer(kind="buy_get", buy=2, get=1, from_minute=0, to_minute=600).terms)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": "x", "kind": "percent", "percent_bp": 10001}, Terms)


kinds = st.one_of(
    st.builds(lambda bp: {"kind": "percent", "percent_bp": bp}, st.integers(1, 10_000)),
    st.builds(lambda paise: {"kind": "amount", "amount_paise": paise}, st.integers(1, 60_000)),
    st.builds(lambda b, g: {"kind": "buy_get", "buy": b, "get": g}, st.integers(1, 3), st.integers(1, 3)),
)
any_terms = st.builds(
    lambda kind, items, cap, least, priority, combinable: (
        kind
        | {
            "item_ids": items,
            "cap_paise": cap,
            "min_spend_paise": least,
            "priority": priority,
            "combinable": combinable,
        }
    ),
    kinds,
    st.lists(st.sampled_from([NAAN, CURRY, LASSI]), max_size=2),
    st.none() | st.integers(1, 20_000),
    st.sampled_from([0, 0, 10_000, 50_000]),
    st.integers(0, 2),
    st.booleans(),
)
carts = st.lists(
    st.builds(
        line,
        st.sampled_from([NAAN, CURRY, LASSI]),
        st.integers(1, 9),
        st.sampled_from([0, 1, 333, 4500, 9999]),
    ),
    min_size=1,
    max_size=6,
)


def made(many: list[dict[str, Any]], **same: Any) -> list[Offer]:
    return [offer(number, **terms | same) for number, terms in enumerate(many, 1)]


@given(st.lists(any_terms, max_size=5), carts, st.randoms(use_true_random=False))
def test_sums_hold_and_the_order_of_lines_and_offers_does_not_matter(
    many: list[dict[str, Any]], cart: list[Portions], chance: random.Random
) -> None:
    offers = made(many)
    applied = evaluate(offers, cart, "dine_in", FRIDAY_EVENING)
    for position, each in enumerate(cart):
        shares = [one.paise[position] for one in applied]
        assert min(shares, default=0) >= 0 and sum(shares) <= each.paise
    for one in applied:
        assert one.offer.terms.cap_paise is None or sum(one.paise) <= one.offer.terms.cap_paise
        assert sum(each.paise for each in cart) >= one.offer.terms.min_spend_paise
    assert len(applied) <= 1 or all(one.offer.terms.combinable for one in applied)

    places = list(range(len(cart)))
    chance.shuffle(places)
    chance.shuffle(offers)
    again = evaluate(offers, [cart[place] for place in places], "dine_in", FRIDAY_EVENING)

    def by_line(found: Any, lines: list[Portions]) -> list[Any]:
        key = [(p.variant_id, p.unit_paise, p.quantity) for p in lines]
        return [(one.offer.id, sorted(zip(key, one.paise, strict=True))) for one in found]

    assert by_line(applied, cart) == by_line(again, [cart[place] for place in places])


@given(st.lists(any_terms, min_size=1, max_size=5), carts)
def test_of_equals_the_best_for_the_guest_is_taken(many: list[dict[str, Any]], cart: list[Portions]) -> None:
    offers = made(many, priority=0)
    together = [each for each in offers if each.terms.combinable]
    best = sum(sum(each.paise) for each in evaluate(offers, cart, "dine_in", FRIDAY_EVENING))
    for choice in [*([each] for each in offers if not each.terms.combinable), together]:
        alone = evaluate(choice, cart, "dine_in", FRIDAY_EVENING)
        assert best >= sum(sum(each.paise) for each in alone)
