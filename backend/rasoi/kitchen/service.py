"""What cooks, waiters and events do to tickets: load under locks, apply the rules, write, publish."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from rasoi.contracts.kitchen import CancelAccepted, CancelRefused, HandedOver, TicketChanged, TicketState
from rasoi.kitchen import repository
from rasoi.kitchen.changes import NOBODY, Actor
from rasoi.kitchen.domain import Kitchen
from rasoi.kitchen.metrics import TICKET_SECONDS
from rasoi.kitchen.refusals import REFUSALS, ActionRefused, UnknownTicket
from rasoi.kitchen.repository import DoneAction
from rasoi.kitchen.schemas import Action, ActionResult
from rasoi.kitchen.states import FLOOR_ACTIONS, LIVE
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.events import Contract
from rasoi.platform.problems import Forbidden
from rasoi.staff.api import approved_by, audit, authorize

# whose requests to cancel a role decides; managers decide all
DECIDES = {"kitchen": frozenset({"kitchen"}), "waiter": frozenset({"floor"})}


class ActionNotAllowed(Forbidden):
    slug, title = "action-not-allowed", "Your role does not allow this"


@dataclass(frozen=True)
class Decision:
    """Who decided about a request to cancel, and why; nobody where none had to."""

    by: str | None = None
    reason: str | None = None


NO_DECISION = Decision()


@dataclass
class UnitOfWork:
    """A change of some orders' tickets in one transaction: the kitchen's state, and what will be written at the end."""

    tx: Tx
    outlet_id: int
    kitchen: Kitchen
    answers: dict[UUID, int]
    by: UUID | None = None
    before: dict[UUID, TicketState] = field(default_factory=dict)
    new_answers: dict[UUID, int] = field(default_factory=dict)
    decided: list[dict[str, Any]] = field(default_factory=list)
    published: int = 0

    def publish(self, action_id: UUID | None = None) -> None:
        """Emit the updates taken since the last call."""
        for update in self.kitchen.updates[self.published :]:
            changed = TicketChanged(
                sequence=update.sequence,
                hash=update.hash,
                ticket=update.ticket,
                action=update.action,
                action_id=action_id,
                by=self.by,
                changed_items=update.changed_items,
            )
            subject = f"{self.outlet_id}:{update.ticket.station}"
            self.tx.emit(changed, subject=subject, outlet_id=self.outlet_id, version=update.sequence)
        self.published = len(self.kitchen.updates)

    def answer(
        self, accepted: bool, order_id: UUID, started: list[UUID], decision: Decision = NO_DECISION
    ) -> None:
        """Publish the answer to a cancellation request, for the orders room."""
        said = CancelAccepted if accepted else CancelRefused
        payload = said(
            order_id=order_id,
            cooked_line_ids=started,
            by=self.by,
            decided_by=decision.by,
            reason=decision.reason,
        )
        self._tell(order_id, payload)

    def hand_over(self, order_id: UUID) -> None:
        """The pass lets go what is ready of the order, and tells the floor."""
        gone = [t for t in self.kitchen.of_order(order_id) if self.kitchen.can(t, "serve")]
        self.kitchen.serve_order(order_id)
        left = [t for t in self.kitchen.of_order(order_id) if t.state in LIVE]
        payload = HandedOver(
            order_id=order_id,
            order_number=gone[0].order_number,
            token=gone[0].token,
            table=gone[0].table,
            ticket_ids=[ticket.id for ticket in gone],
            complete=not left,
            by=self.by,
        )
        self._tell(order_id, payload)

    def _tell(self, order_id: UUID, payload: Contract) -> None:
        """Publish what happened to an order as a whole, under its next version."""
        version = self.answers[order_id] = self.new_answers[order_id] = self.answers.get(order_id, 0) + 1
        self.tx.emit(payload, subject=str(order_id), outlet_id=self.outlet_id, version=version)

    async def finish(self) -> None:
        """Refuse the cancellation requests that were answered too late, and write everything."""
        self.kitchen.actor = NOBODY
        for order_id in self.kitchen.answered_too_late():
            self.kitchen.withdraw_request(order_id)
            self.answer(False, order_id, [])
        self.publish()
        changed = [
            (old, self.kitchen.tickets[id])
            for id, old in self.before.items()
            if self.kitchen.tickets[id] is not old
        ]
        if changed or self.decided or self.new_answers:
            boards = sorted(self.kitchen.boards.values(), key=lambda board: board.station)
            await repository.save(self.tx, self.outlet_id, boards, changed, self.new_answers, self.decided)
        bumped = {update.ticket.id for update in self.kitchen.updates if update.action == "bump"}
        for old, new in changed:
            if new.id in bumped and old.ready_at is None and new.ready_at is not None:
                seconds = (new.ready_at - (new.fired_at or new.placed_at)).total_seconds()
                self.tx.on_commit(TICKET_SECONDS.labels(new.station).observe, seconds)


async def begin(tx: Tx, outlet_id: int, **what: Iterable[UUID]) -> tuple[UnitOfWork, list[DoneAction]]:
    """Lock and load the orders that are named by themselves, their tickets or items."""
    found = await repository.load(tx, outlet_id, **what)
    kitchen = Kitchen(
        boards={board.station: board for board in found.boards},
        tickets={ticket.id: ticket for ticket in found.tickets},
        at=found.at,
        paid_orders=found.paid_orders,
        closed_orders=found.closed_orders,
    )
    return UnitOfWork(tx, outlet_id, kitchen, found.answers, before=dict(kitchen.tickets)), found.done


async def act(
    ctx: Context, principal: Principal, actions: Sequence[Action], approval: str | None = None
) -> list[ActionResult]:
    """Apply each action once, in the order given. What is not possible is answered, and changes nothing; what the caller
    may not do is refused with everything that came with it."""
    if principal.role == "waiter" and any(action.action not in FLOOR_ACTIONS for action in actions):
        raise ActionNotAllowed("Waiters may serve, fire, rush and decide about what is ready.")
    async with ctx.db.transaction("kitchen") as tx:
        work, done = await begin(
            tx,
            principal.outlet_id,
            orders={action.order_id for action in actions if action.order_id},
            tickets={action.ticket_id for action in actions if action.ticket_id},
            items={action.item_id for action in actions if action.item_id},
            actions={action.action_id for action in actions},
        )
        work.by = principal.id
        decided = {each.action_id: each for each in done}
        for action in actions:
            if action.action_id not in decided:
                now = decided[action.action_id] = _decide(work, principal, action)
                if now.applied and action.action in ANSWERS:
                    await _settle_answer(ctx, work, principal, action, now.ticket_id, approval)
        await work.finish()
    return [_result(work.kitchen, decided[action.action_id]) for action in actions]


def _result(kitchen: Kitchen, done: DoneAction) -> ActionResult:
    ticket = kitchen.tickets.get(done.ticket_id) if done.ticket_id else None
    words = REFUSALS[done.reason].title if done.reason in REFUSALS else None
    return ActionResult(done.action_id, done.applied, done.reason, words, ticket)


async def _settle_answer(
    ctx: Context,
    work: UnitOfWork,
    principal: Principal,
    action: Action,
    ticket_id: UUID | None,
    approval: str | None,
) -> None:
    """Waste and refunds follow from an answer: it needs a right, and who gave it stands in the log."""
    tickets = work.kitchen.tickets.values()
    order_id, number = next(
        (t.order_id, t.order_number) for t in tickets if t.id == ticket_id or t.order_id == action.order_id
    )
    lifted = None
    if action.action == "accept_cancel":
        lifted = await authorize(ctx, work.tx, principal, "cancel_made", str(order_id), approval)
    detail = {"reason": action.reason, "number": number} | approved_by(lifted)
    await audit(work.tx, principal, f"order.{action.action}", str(order_id), detail)


def _decide(work: UnitOfWork, principal: Principal, action: Action) -> DoneAction:
    ticket = _ticket_of(work.kitchen, action)
    done = DoneAction(action.action_id, True, None, ticket.id if ticket else None)
    station = action.station or (ticket.station if ticket and principal.role == "kitchen" else None)
    work.kitchen.actor = Actor(station, DECIDES.get(principal.role, NOBODY.decides))
    try:
        _apply(work, action, ticket)
    except ActionRefused as refused:
        done.applied, done.reason = False, refused.slug
    work.publish(action.action_id)
    assert work.by is not None
    work.decided.append(
        {
            "action_id": action.action_id,
            "action": action.action,
            "ticket_id": done.ticket_id,
            "by": work.by,
            "applied": done.applied,
            "reason": done.reason,
        }
    )
    return done


def _ticket_of(kitchen: Kitchen, action: Action) -> TicketState | None:
    """The ticket that the action names, by itself or by an item."""
    if action.ticket_id:
        return kitchen.tickets.get(action.ticket_id)
    if action.item_id:
        return next(
            (t for t in kitchen.tickets.values() if any(i.id == action.item_id for i in t.items)), None
        )
    return None


OnTicket = Callable[[Kitchen, UUID, UUID | None], None]
ON_TICKET: dict[str, OnTicket] = {
    "start": lambda kitchen, ticket, item: kitchen.move(ticket, "start", item),
    "bump": Kitchen.bump,
    "recall": Kitchen.recall,
    "serve": Kitchen.serve,
    "unserve": Kitchen.unserve,
    "see": lambda kitchen, ticket, _: kitchen.see(ticket),
    "fire": lambda kitchen, ticket, item: kitchen.move(ticket, "fire", item),
    "acknowledge": Kitchen.acknowledge,
    "rush": lambda kitchen, ticket, _: kitchen.rush(kitchen.tickets[ticket].order_id, True),
    "unrush": lambda kitchen, ticket, _: kitchen.rush(kitchen.tickets[ticket].order_id, False),
}
ON_ORDER: dict[str, Callable[[UnitOfWork, UUID, str | None], None]] = {
    "serve": lambda work, order, station: work.kitchen.serve_order(order, station),
    "unserve": lambda work, order, station: work.kitchen.unserve_order(order, station),
    "fire": lambda work, order, station: work.kitchen.fire_next(order, station),
    "clear": lambda work, order, _: work.kitchen.clear(order),
    "hand_over": lambda work, order, _: work.hand_over(order),
    "rush": lambda work, order, _: work.kitchen.rush(order, True),
    "unrush": lambda work, order, _: work.kitchen.rush(order, False),
}
ANSWERS: dict[str, tuple[bool, Callable[[Kitchen, UUID], list[UUID]]]] = {
    "accept_cancel": (True, Kitchen.accept_cancel),
    "refuse_cancel": (False, Kitchen.refuse_cancel),
}


def _apply(work: UnitOfWork, action: Action, ticket: TicketState | None) -> None:
    """Raises ActionRefused, with nothing changed."""
    if action.ticket_id or action.item_id:
        if ticket is None:
            raise UnknownTicket()
        if action.action in ON_TICKET:
            ON_TICKET[action.action](work.kitchen, ticket.id, action.item_id)
            return
    order_id = action.order_id or (ticket.order_id if ticket else None)
    if order_id is None:
        raise UnknownTicket()
    if action.action in ANSWERS:
        accepted, answer = ANSWERS[action.action]
        by = work.kitchen.decider_of(order_id)
        work.answer(accepted, order_id, answer(work.kitchen, order_id), Decision(by, action.reason))
        return
    if action.action not in ON_ORDER:
        raise ActionRefused()
    ON_ORDER[action.action](work, order_id, action.station)


async def change_order(
    tx: Tx, outlet_id: int, order_ids: Iterable[UUID], change: Callable[[UnitOfWork, UUID], None]
) -> None:
    """Apply what an event says to some orders' tickets."""
    orders = list(order_ids)
    work, _ = await begin(tx, outlet_id, orders=orders)
    for order_id in orders:
        change(work, order_id)
    await work.finish()
