"""What the screens saw and what was acknowledged, against what the API says at the end. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Share = tuple[str, str, int]  # order, station, course


@dataclass
class Evidence:
    """Seen and heard during the service (`placed`: order ids by tag, the note that marks an order as ours)."""

    placed: dict[str, str] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    shares: dict[str, Share] = field(default_factory=dict)  # of each ticket that a screen saw, by its id
    paid: dict[str, int] = field(default_factory=dict)  # acknowledged payments with their paise
    # by station, what its screen shows: tickets with their versions
    boards: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass
class Books:
    """The API's answers at the end: orders with our tags, their bills, payments, and boards."""

    orders: list[Json]
    bills: dict[str, Json]
    payments: list[Json]
    boards: dict[str, dict[str, int]]


@dataclass
class Findings:
    """One line for each thing lost or doubled."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)


def compare(evidence: Evidence, books: Books) -> Findings:
    """All that is wrong; nothing when all is well."""
    found = Findings()
    _orders(evidence, books, found)
    _tickets(evidence, books, found)
    _prepaid(books, found)
    _boards(evidence, books, found)
    _payments(evidence, books, found)
    return found


def _orders(evidence: Evidence, books: Books, found: Findings) -> None:
    """Each acknowledged order is there, once; a refused one is not."""
    by_tag: dict[str, list[str]] = defaultdict(list)
    for order in books.orders:
        by_tag[order["note"]].append(order["id"])
    for tag, order_id in evidence.placed.items():
        if order_id not in by_tag[tag]:
            found.lost.append(f"order {order_id} ({tag}) was acknowledged and is not there")
    for tag, ids in by_tag.items():
        unsure = ids[:1] if tag in evidence.given_up else []
        wanted = [evidence.placed[tag]] if tag in evidence.placed else unsure
        found.doubled += [
            f"order {order_id} ({tag}) was not asked for" for order_id in ids if order_id not in wanted
        ]


def _tickets(evidence: Evidence, books: Books, found: Findings) -> None:
    """An order that may be cooked was seen as one ticket per station and course; another was not seen."""
    seen: dict[Share, set[str]] = defaultdict(set)
    for ticket_id, share in evidence.shares.items():
        seen[share].add(ticket_id)
    for order in books.orders:
        needed = needed_tickets(order)
        for share in needed - seen.keys():
            if order["status"] != "cancelled":  # what was voided while a screen was away needs no cook
                found.lost.append(
                    f"order {order['number']} never came to the {share[1]} screen (course {share[2]})"
                )
        unwanted = {share for share in seen if share[0] == order["id"]} - needed
        found.doubled += [
            f"order {order['number']} came to {share[1]} (course {share[2]}) unasked" for share in unwanted
        ]
        told = {step["ticket_id"] for step in order["progress"]}
        own = {ticket_id for share in needed for ticket_id in seen.get(share, ())}
        if order["status"] != "cancelled":
            found.lost += [
                f"ticket {ticket_id} of order {order['number']} was never shown" for ticket_id in told - own
            ]
    for share, ids in seen.items():
        if len(ids) > 1:
            found.doubled.append(
                f"order {share[0]} came to {share[1]} (course {share[2]}) as {len(ids)} tickets"
            )


def _prepaid(books: Books, found: Findings) -> None:
    """What is paid beforehand came to the kitchen by the money of its own bill, which it shares with no other order."""
    for order in books.orders:
        bill = books.bills.get(order["bill_id"])
        if order["payment"] != "prepaid" or bill is None:
            continue
        if len(bill["orders"]) > 1:
            found.doubled.append(f"order {order['number']} is paid beforehand and shares its bill")
        owed = (order["totals"]["total_paise"] + 50) // 100 * 100
        if order["confirmed_at"] is not None and bill["paid_paise"] < owed:
            found.lost.append(
                f"order {order['number']} came to the kitchen with {bill['paid_paise']} of {owed} paise paid"
            )


def needed_tickets(order: Json) -> set[Share]:
    """One per station and course of an order that was ever confirmed."""
    if order["confirmed_at"] is None:
        return set()
    return {(order["id"], line["station"], line["course"]) for line in order["lines"]}


def _boards(evidence: Evidence, books: Books, found: Findings) -> None:
    """In the end every screen shows what the database says."""
    for station, real in books.boards.items():
        shown = evidence.boards.get(station, {})
        found.lost += [
            f"ticket {each} stands on {station} and its screen does not show it"
            for each in real.keys() - shown
        ]
        found.doubled += [
            f"the {station} screen shows ticket {each}, which is gone" for each in shown.keys() - real
        ]
        old = [each for each in real.keys() & shown if real[each] != shown[each]]
        found.lost += [f"the {station} screen shows ticket {each} as it no longer is" for each in old]


def _payments(evidence: Evidence, books: Books, found: Findings) -> None:
    """Acknowledged money is there; no payment was captured twice; each bill has what its payments brought."""
    known = {payment["id"]: payment for payment in books.payments}
    for payment_id, paise in evidence.paid.items():
        payment = known.get(payment_id)
        if payment is None or payment["captured_paise"] < paise:
            found.lost.append(
                f"payment {payment_id} of {paise} paise was acknowledged and is not in the books"
            )
    brought: dict[str, int] = defaultdict(int)
    for payment in known.values():
        brought[payment["bill_id"]] += net(payment)
        if captures(payment) > 1 and net(payment) > payment["amount_paise"]:
            found.doubled.append(f"payment {payment['id']} was captured twice")
    for bill_id, bill in books.bills.items():
        total = bill["totals"]["total_paise"]
        if brought[bill_id] > total:
            found.doubled.append(f"bill {bill_id} comes to {total} paise and {brought[bill_id]} were kept")
        if bill["paid_paise"] - bill["refunded_paise"] > brought[bill_id]:
            found.lost.append(f"bill {bill_id} says paid and its payments say {brought[bill_id]} paise")
        if bill["paid_paise"] - bill["refunded_paise"] < min(brought[bill_id], total):
            found.lost.append(f"bill {bill_id} has not heard of money that its payments captured")


def captures(payment: Json) -> int:
    """How many of a payment's attempts took money."""
    return sum(attempt["status"] == "captured" for attempt in payment["attempts"])


def net(payment: Json) -> int:
    """Paise kept: captured, less what was or is being given back."""
    captured = sum(each["amount_paise"] for each in payment["attempts"] if each["status"] == "captured")
    refunded = sum(each["amount_paise"] for each in payment["refunds"])
    return int(max(captured, payment["captured_paise"]) - max(refunded, payment["refunded_paise"]))
