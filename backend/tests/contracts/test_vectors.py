"""Python's rules against the golden vectors."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from uuid import UUID

import msgspec

from rasoi.contracts.kitchen import TicketItemState, TicketState
from rasoi.kitchen import states
from rasoi.kitchen.changes import BoardState
from rasoi.kitchen.domain import Kitchen
from rasoi.kitchen.refusals import ActionRefused
from rasoi.menu.api import TaxClass
from rasoi.orders.pricing import rounded, split_tax
from rasoi.orders.rows import BillRow
from rasoi.platform.money import half_up
from rasoi.rush import board as rush
from tests.contracts.conftest import VECTORS, Case, cases
from tests.kitchen.conftest import AT

SCREENS = Path(__file__).parents[3] / "kds_frontend" / "tests" / "vectors.test.ts"


def test_every_file_is_read() -> None:
    readers = [*Path(__file__).parent.glob("test_*.py"), SCREENS]
    text = "\n".join(path.read_text() for path in readers)
    for path in VECTORS.iterdir():
        assert f'cases("{path.stem}")' in text or f"'{path.stem}'" in text, f"nobody reads {path.name}"


@cases("half_up")
def test_half_up(case: Case) -> None:
    assert half_up(case["numerator"], case["denominator"]) == case["result"]


@cases("round_off")
def test_round_off(case: Case) -> None:
    total = rounded(case["net_paise"])
    assert (total, total - case["net_paise"]) == (case["total_paise"], case["round_off_paise"])


@cases("tax_split")
def test_tax_split(case: Case) -> None:
    tax = msgspec.convert(
        {"code": "x", "version": 1, "inclusive": case["inclusive"], "components": case["components"]},
        TaxClass,
    )
    taxable, taxes = split_tax(case["amount_paise"], tax, case["taxed"])
    assert (taxable, msgspec.to_builtins(taxes)) == (case["taxable_paise"], case["taxes"])


@cases("payment_status")
def test_payment_status(case: Case) -> None:
    bill = BillRow(
        outlet_id=1, id=UUID(int=1), type="dine_in", payment="pay_later", sitting_id=None,
        walked_out_at=None, table_id=None, table_name=None, status="open",
        business_day=AT.date(), customer_name=None, session_ids=[], net_paise=case["total_paise"],
        total_paise=case["total_paise"], paid_paise=case["paid_paise"], refunded_paise=case["refunded_paise"],
        attention=None, attention_since=None, opened_at=AT, closed_at=None, version=1,
    )  # fmt: skip
    assert bill.payment_status == case["status"]


def ticket(
    items: list[tuple[str, bool]], *, state: str | None = None, id: int = 1, version: int = 1
) -> TicketState:
    made = [
        TicketItemState(
            id=UUID(int=n), line_id=UUID(int=n), name="x", quantity=1, state=state, acknowledged=seen
        )
        for n, (state, seen) in enumerate(items)
    ]
    return TicketState(
        id=UUID(int=id), number=1, station="curry", order_id=UUID(int=9), order_number=1, type="dine_in",
        state=state or states.ticket_state(made), placed_at=AT, version=version, items=made,
    )  # fmt: skip


@cases("ticket_state")
def test_ticket_state(case: Case) -> None:
    assert ticket([(state, False) for state in case["items"]]).state == case["state"]


@cases("visibility")
def test_visibility(case: Case) -> None:
    shown = ticket([(item["state"], item["acknowledged"]) for item in case["items"]], state=case["state"])
    assert states.is_visible(shown) is case["visible"]
    assert rush.is_visible(msgspec.to_builtins(shown)) is case["visible"]


@cases("board_hash")
def test_board_hash(case: Case) -> None:
    tickets = [
        msgspec.structs.replace(ticket([("queued", False)]), id=UUID(each["id"]), version=each["version"])
        for each in case["tickets"]
    ]
    assert states.board_hash(tickets) == case["hash"]
    assert rush.checksum({each["id"]: each for each in case["tickets"]}) == case["hash"]
    hidden = ticket([("served", False)], id=77)
    changed = BoardState("curry")
    for each in tickets:
        changed.change(hidden, each)
    assert (changed.hash, changed.sequence) == (case["hash"], len(tickets))


@cases("ticket_actions")
def test_ticket_actions(case: Case) -> None:
    before = ticket([(state, False) for state in case["before"]])
    kitchen = Kitchen({"curry": BoardState("curry")}, {before.id: before}, AT)
    item = None if case["item"] is None else before.items[case["item"]].id
    with suppress(ActionRefused):
        if case["action"] == "bump":
            kitchen.bump(before.id, item)
        else:
            kitchen.move(before.id, case["action"], item)
    after = kitchen.tickets[before.id]
    assert [each.state for each in after.items] == case["after"]
    assert (after is before) == (case["before"] == case["after"])
