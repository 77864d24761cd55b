"""Who comes when and what they mean to do: a whole service from one seed. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

TAKEAWAY = 0.4  # share of orders
BY_WAITER = 0.25  # share of the orders at tables that a waiter takes
IN_COURSES = 0.4  # share of a waiter's orders whose second course waits to be fired
CANCELLED = 0.04
CASH_AT_TABLE, CASH_AT_COUNTER = 0.45, 0.15
LEFT_TO_WEBHOOK = 0.25
FAILS_FIRST = 0.2
ORDERS_OF_A_PARTY = (1, 1, 2, 2, 3, 4)
LINES = (1, 1, 2, 2, 2, 3, 3, 4)
METHODS = ("upi", "upi", "upi", "card", "card", "netbanking", "wallet")


@dataclass(frozen=True)
class Wish:
    """One order that somebody will send, `at` seconds after the start."""

    number: int
    at: float
    lines: int
    by_waiter: bool = False
    in_courses: bool = False
    cancelled: bool = False


@dataclass(frozen=True)
class Means:
    """How a party pays. `failures` tries fail first; without `verified` only the webhook tells."""

    method: str
    failures: int = 0
    verified: bool = True

    @property
    def cash(self) -> bool:
        return self.method == "cash"


@dataclass
class Party:
    """Guests of one bill: at a table (its place in the list of tables), or taking away."""

    table: int | None
    means: Means
    wishes: list[Wish] = field(default_factory=list)


def plan(orders: int, rate: float, seed: int, tables: int) -> list[Party]:
    """`orders` orders at `rate` a second on average, in the order in which the parties come."""
    chance = Random(seed)
    parties: list[Party] = []
    seated: dict[int, tuple[Party, int]] = {}
    at = 0.0
    for number in range(1, orders + 1):
        at += chance.expovariate(rate)
        if not tables or chance.random() < TAKEAWAY:
            parties.append(
                Party(None, _means(chance, CASH_AT_COUNTER), [_wish(chance, number, at, at_table=False)])
            )
            continue
        table = chance.randrange(tables)
        party, left = seated.get(table, (None, 0))
        if party is None or not left:
            party, left = Party(table, _means(chance, CASH_AT_TABLE)), chance.choice(ORDERS_OF_A_PARTY)
            parties.append(party)
        party.wishes.append(_wish(chance, number, at, at_table=True))
        seated[table] = party, left - 1
    return parties


def _wish(chance: Random, number: int, at: float, *, at_table: bool) -> Wish:
    by_waiter = at_table and chance.random() < BY_WAITER
    lines = chance.choice(LINES)
    return Wish(
        number,
        at,
        lines,
        by_waiter=by_waiter,
        in_courses=by_waiter and lines > 1 and chance.random() < IN_COURSES,
        cancelled=chance.random() < CANCELLED,
    )


def _means(chance: Random, cash: float) -> Means:
    if chance.random() < cash:
        return Means("cash")
    failures = chance.randint(1, 2) if chance.random() < FAILS_FIRST else 0
    return Means(chance.choice(METHODS), failures, chance.random() >= LEFT_TO_WEBHOOK)
