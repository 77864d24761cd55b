"""The kitchen's rules, and the invariants of boards under any sequence of actions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from rasoi.contracts.kitchen import StationState, TicketItemState, TicketState
from rasoi.kitchen import refusals, states
from rasoi.kitchen.changes import NOBODY, Actor, BoardState, TicketUpdate
from rasoi.kitchen.domain import Kitchen
from rasoi.kitchen.refusals import ActionRefused
from rasoi.kitchen.schemas import ActionName
from rasoi.kitchen.states import OPEN, is_at_pass, is_visible

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def item(state: str = "queued", *, acknowledged: bool = False) -> TicketItemState:
    return TicketItemState(
        id=uuid4(), line_id=uuid4(), name="Naan", quantity=1, state=state, acknowledged=acknowledged
    )


def ticket(
    order: UUID, station: str, made: Sequence[str], course: int = 1, number: int = 1, *, seen: bool = False
) -> TicketState:
    items = [item(state) for state in made]
    return TicketState(
        id=uuid4(),
        number=number,
        station=station,
        order_id=order,
        order_number=7,
        type="dine_in",
        course=course,
        state=states.ticket_state(items),
        placed_at=AT,
        seen=seen,
        version=1,
        items=items,
    )


def kitchen(*tickets: TicketState) -> Kitchen:
    boards = {t.station: BoardState(t.station) for t in tickets}
    for board in boards.values():
        board.hash = states.board_hash(t for t in tickets if t.station == board.station)
        board.sequence = sum(t.station == board.station for t in tickets)
    return Kitchen(boards, {t.id: t for t in tickets}, AT)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (["held", "held"], "held"),
        (["queued", "queued"], "queued"),
        (["queued", "cooking"], "cooking"),
        (["queued", "ready"], "cooking"),
        (["ready", "ready"], "ready"),
        (["ready", "served"], "ready"),
        (["served", "served"], "served"),
        (["voided", "ready"], "ready"),
        (["voided", "voided"], "voided"),
        (["held", "queued"], "queued"),
    ],
)
def test_a_tickets_state_follows_from_its_items(made: list[str], expected: str) -> None:
    assert states.ticket_state([item(state) for state in made]) == expected


def test_bumping_what_was_not_started_starts_it_first() -> None:
    one = ticket(uuid4(), "tandoor", ["queued", "cooking", "voided"])
    k = kitchen(one)
    k.bump(one.id)
    assert [(s.action, s.ticket.state) for s in k.updates] == [("start", "cooking"), ("bump", "ready")]
    assert k.updates[0].changed_items == [one.items[0].id]
    assert k.updates[1].changed_items == [one.items[0].id, one.items[1].id]
    assert k.tickets[one.id].ready_at == AT


def test_recall_brings_back_what_was_ready_and_forgets_when() -> None:
    one = ticket(uuid4(), "tandoor", ["ready", "served"])
    k = kitchen(one)
    k.recall(one.id)
    assert k.tickets[one.id].state == "cooking"
    assert k.tickets[one.id].ready_at is None
    assert k.tickets[one.id].placed_at == AT


def test_siblings_of_the_course_show_each_others_state() -> None:
    order = uuid4()
    one, two = ticket(order, "curry", ["queued"]), ticket(order, "tandoor", ["queued"])
    k = kitchen(one, two)
    k.move(one.id, "start")
    assert k.tickets[two.id].other_stations == [StationState(station="curry", state="cooking")]
    assert [update.action for update in k.updates] == ["start", "other_stations"]


def test_three_stations_are_told_once_each_that_the_others_are_voided() -> None:
    order = uuid4()
    k = kitchen(*(ticket(order, station, ["queued"]) for station in ("curry", "tandoor", "bar")))
    k.void_order(order)
    assert actions(k) == ["void"] * 3 + ["other_stations"] * 3
    assert all(
        {each.state for each in found.other_stations} == {"voided"} and len(found.other_stations) == 2
        for found in k.tickets.values()
    )


def test_a_board_is_told_of_other_stations_while_a_voided_ticket_stands_on_it() -> None:
    order = uuid4()
    k = kitchen(voided := ticket(order, "curry", ["voided"]), other := ticket(order, "tandoor", ["queued"]))
    k.tickets[voided.id] = replace(k.tickets[voided.id], cleared=True)
    k.move(other.id, "start")
    assert actions(k) == ["start", "other_stations"]


def test_what_is_ready_is_not_rushed() -> None:
    one = ticket(uuid4(), "curry", ["ready"])
    with pytest.raises(ActionRefused) as refused:
        kitchen(one).rush(one.order_id, True)
    assert refused.value.slug == "not-possible-now"


def test_the_next_held_course_is_fired_everywhere() -> None:
    order = uuid4()
    second, third = ticket(order, "curry", ["held"], 2), ticket(order, "curry", ["held"], 3)
    also = ticket(order, "tandoor", ["held"], 2)
    k = kitchen(second, third, also)
    k.fire_next(order)
    assert {t.course for t in k.tickets.values() if t.state == "queued"} == {2}
    assert k.tickets[third.id].state == "held"
    k.fire_next(order)
    with pytest.raises(ActionRefused):
        k.fire_next(order)


def test_the_station_that_agrees_to_a_cancellation_has_seen_it_and_the_others_have_not() -> None:
    order = uuid4()
    one, two = ticket(order, "curry", ["cooking", "queued"]), ticket(order, "tandoor", ["cooking"])
    held = ticket(order, "tandoor", ["held"], course=2)
    k = kitchen(one, two, held)
    with pytest.raises(refusals.NotAsked):
        k.accept_cancel(order)
    k.request_cancel(order)
    k.actor = Actor("curry", frozenset({"kitchen"}))
    assert k.accept_cancel(order) == [one.items[0].line_id, two.items[0].line_id]
    assert {t.state for t in k.tickets.values()} == {"voided"}
    assert [is_visible(k.tickets[each.id]) for each in (one, two, held)] == [False, True, True]
    assert [k.tickets[each.id].seen for each in (one, two, held)] == [True, False, False]
    assert k.boards["curry"].hash == 0
    for each in (two, held):
        k.acknowledge(each.id)
        assert not is_visible(k.tickets[each.id]) and k.tickets[each.id].seen
    assert k.boards["tandoor"].hash == 0


@pytest.mark.parametrize("station", [None, "bar"])
def test_where_no_station_of_the_order_agreed_every_one_has_to_see_it(station: str | None) -> None:
    order = uuid4()
    k = kitchen(one := ticket(order, "curry", ["cooking"]), two := ticket(order, "tandoor", ["queued"]))
    k.request_cancel(order)
    k.actor = Actor(station)
    k.accept_cancel(order)
    assert all(is_visible(k.tickets[each.id]) for each in (one, two))


def test_what_was_voided_beside_what_is_served_stays_until_seen() -> None:
    one = ticket(uuid4(), "curry", ["served", "cooking"])
    k = kitchen(one)
    k.void_order(one.order_id)
    assert (k.tickets[one.id].state, is_visible(k.tickets[one.id])) == ("served", True)
    k.acknowledge(one.id)
    assert not is_visible(k.tickets[one.id])


def test_what_was_bumped_before_it_was_voided_is_the_passes_matter_and_not_its_stations() -> None:
    one = ticket(uuid4(), "curry", ["ready"])
    k = kitchen(one)
    k.void_order(one.order_id)
    after = k.tickets[one.id]
    assert (after.state, is_visible(after), is_at_pass(after)) == ("voided", False, True)
    k.clear(one.order_id)
    assert not is_at_pass(k.tickets[one.id])
    with pytest.raises(refusals.AlreadyDone):
        k.clear(one.order_id)


def test_what_is_partly_voided_is_cleared_from_the_pass_and_goes_on() -> None:
    one = ticket(uuid4(), "curry", ["voided", "ready"])
    k = kitchen(one)
    k.clear(one.order_id)
    assert k.tickets[one.id].cleared and items_of(k, one) == ["voided", "ready"]


def test_only_what_is_voided_is_cleared_from_the_pass() -> None:
    one = ticket(uuid4(), "curry", ["ready"])
    k = kitchen(one)
    with pytest.raises(ActionRefused) as refused:
        k.clear(one.order_id)
    assert refused.value.slug == "not-possible-now" and k.updates == []


@pytest.mark.parametrize(
    ("made", "by"),
    [
        ([["cooking"], ["queued"]], "kitchen"),
        ([["cooking", "ready"], ["queued"]], "floor"),
        ([["ready"], ["queued"]], "floor"),
        ([["served"], ["held"]], "floor"),
    ],
)
def test_who_decides_follows_from_what_is_ready(made: list[list[str]], by: str) -> None:
    order = uuid4()
    k = kitchen(ticket(order, "curry", made[0]), ticket(order, "tandoor", made[1], course=2))
    assert k.has_begun(order)
    k.request_cancel(order)
    asked = [t for t in k.tickets.values() if t.cancel_requested]
    assert asked and {t.cancel_decider for t in asked} == {by}
    other, refusal = {
        "kitchen": ("floor", refusals.KitchenDecides),
        "floor": ("kitchen", refusals.FloorDecides),
    }[by]
    told = len(k.updates)
    k.actor = Actor(decides=frozenset({other}))
    for answer in (k.accept_cancel, k.refuse_cancel):
        with pytest.raises(refusal):
            answer(order)
    assert len(k.updates) == told
    k.actor = Actor(decides=frozenset({by}))
    k.refuse_cancel(order)
    assert all(not t.cancel_requested and t.cancel_decider is None for t in k.tickets.values())


def test_a_wish_to_cancel_is_told_once_and_withdrawn_where_it_was_told() -> None:
    order = uuid4()
    k = kitchen(ticket(order, "curry", ["served"]), asked := ticket(order, "tandoor", ["ready", "ready"]))
    for _ in range(2):
        k.request_cancel(order)
    assert actions(k) == ["cancel_requested"]
    k.actor = Actor("tandoor", frozenset({"floor"}))
    k.serve(asked.id, asked.items[0].id)  # the floor decides, as before
    k.updates.clear()
    k.refuse_cancel(order)
    assert actions(k) == ["refuse_cancel"] and k.updates[0].ticket.id == asked.id


def test_who_decides_is_told_when_it_changes_and_not_again() -> None:
    order = uuid4()
    k = kitchen(one := ticket(order, "curry", ["ready", "cooking", "cooking"]))
    k.request_cancel(order)
    k.updates.clear()
    for each in one.items[1:]:
        k.move(one.id, "bump", each.id)
    assert "cancel_decider" not in actions(k)


def test_the_kitchen_serves_nothing_of_an_order_that_the_floor_decides_about() -> None:
    """Not either where another ticket of it was served before the guest asked."""
    order = uuid4()
    k = kitchen(ticket(order, "curry", ["served"]), ready := ticket(order, "tandoor", ["ready"]))
    k.request_cancel(order)
    k.actor = Actor("tandoor", frozenset({"kitchen"}))
    with pytest.raises(refusals.FloorDecides):
        k.serve(ready.id)


def test_the_decision_passes_to_the_floor_with_the_first_item_that_is_ready_and_back_by_recall() -> None:
    order = uuid4()
    one, two = ticket(order, "curry", ["cooking", "cooking"]), ticket(order, "tandoor", ["cooking"], course=2)
    k = kitchen(one, two)
    k.request_cancel(order)
    k.bump(one.id, one.items[0].id)
    assert {t.cancel_decider for t in k.tickets.values()} == {"floor"}
    assert actions(k) == ["cancel_requested"] * 2 + ["bump", "cancel_decider", "cancel_decider"]
    k.recall(one.id, one.items[0].id)
    assert {t.cancel_decider for t in k.tickets.values()} == {"kitchen"}


@pytest.mark.parametrize(
    ("made", "seen", "begun"),
    [
        (["queued"], False, False),
        (["queued"], True, True),
        (["held"], True, False),
        (["held", "queued"], True, True),
        (["cooking"], False, True),
        (["queued", "ready"], False, True),
        (["voided", "served"], False, True),
        (["voided"], True, False),
    ],
)
def test_nobody_is_asked_about_what_no_cook_has_touched(made: list[str], seen: bool, begun: bool) -> None:
    one = ticket(uuid4(), "curry", made, seen=seen)
    assert kitchen(one).has_begun(one.order_id) is begun


def test_seen_on_one_screen_is_seen_on_all_until_there_is_news() -> None:
    order = uuid4()
    one, two = ticket(order, "curry", ["queued"]), ticket(order, "tandoor", ["queued"])
    k = kitchen(one, two)
    k.actor = Actor("curry")
    k.see(one.id)
    with pytest.raises(refusals.AlreadyDone):
        k.see(one.id)
    k.rush(order, True)
    assert [k.tickets[each.id].seen for each in (one, two)] == [True, False]
    k.actor = Actor("tandoor")
    k.move(two.id, "start")
    assert k.tickets[two.id].seen
    k.actor = NOBODY
    k.mark_paid(order, True)
    k.rush(order, False)
    assert [k.tickets[each.id].seen for each in (one, two)] == [True, True]
    k.request_cancel(order)
    assert [k.tickets[each.id].seen for each in (one, two)] == [False, False]
    k.actor = Actor("curry")
    k.refuse_cancel(order)
    assert [k.tickets[each.id].seen for each in (one, two)] == [True, False]
    k.bump(two.id)
    k.recall(two.id)
    assert k.tickets[two.id].seen


def test_what_was_served_is_taken_back_while_its_bill_is_open_and_not_for_ever() -> None:
    order = uuid4()
    one, early = ticket(order, "curry", ["ready", "voided"]), ticket(order, "tandoor", ["ready"])
    k = kitchen(one, early)
    k.serve_order(order, "tandoor")
    k.at = AT + timedelta(minutes=1)
    k.serve_order(order)
    assert k.tickets[one.id].served_at == k.at
    k.unserve_order(order)
    assert [k.tickets[each.id].state for each in (one, early)] == ["ready", "served"]
    assert (k.tickets[one.id].served_at, items_of(k, one)) == (None, ["ready", "voided"])
    k.move(one.id, "serve")
    k.closed_orders = frozenset({order})
    with pytest.raises(refusals.ClosedBill):
        k.unserve(one.id)
    k.closed_orders = frozenset()
    k.at += timedelta(hours=2)
    k.unserve(one.id)
    k.move(one.id, "serve")
    with pytest.raises(refusals.TooLongAgo):
        k.unserve(early.id)
    told = len(k.updates)
    for ready in (ticket(order, "bar", ["ready"]),):
        with pytest.raises(ActionRefused) as refused:
            kitchen(ready).unserve(ready.id)
        assert refused.value.slug == "not-possible-now"
        with pytest.raises(ActionRefused):
            kitchen(ready).unserve_order(order)
    assert len(k.updates) == told


@pytest.mark.parametrize(
    "made", [["held"], ["queued"], ["cooking", "ready"], ["ready"], ["voided"], ["served", "voided"]]
)
def test_at_the_days_end_nothing_stands_anywhere(made: list[str]) -> None:
    one = ticket(uuid4(), "curry", made)
    k = kitchen(one)
    k.close(one.order_id)
    after = k.tickets[one.id]
    assert (is_visible(after), is_at_pass(after), after.seen) == (False, False, True)
    assert after.state == ("voided" if made == ["voided"] else "served")
    assert actions(k) == ["close"]
    assert (after.ready_at, after.served_at) == (None, None)
    if after.state == "served":
        with pytest.raises(refusals.TooLongAgo):
            k.unserve(one.id)
    k.close(one.order_id)
    assert actions(k) == ["close"]


def test_at_the_days_end_also_what_the_pass_or_a_cook_has_seen_already() -> None:
    """One was cleared at the pass and nobody acknowledged it, one the other way round, one is done with: not told again."""
    order = uuid4()
    k = kitchen(*(ticket(order, station, ["voided"]) for station in ("curry", "tandoor", "bar")))
    cleared, seen, done = k.tickets
    for each in (cleared, done):
        k.tickets[each] = replace(k.tickets[each], cleared=True)
    for each in (seen, done):
        k.acknowledge(each)
    k.updates.clear()
    k.close(order)
    assert actions(k) == ["close", "close"] and [u.ticket.id for u in k.updates] == [cleared, seen]
    assert not any(is_visible(each) or is_at_pass(each) for each in k.tickets.values())


def test_a_voided_order_stays_on_the_board_until_seen() -> None:
    one = ticket(uuid4(), "curry", ["queued", "cooking"])
    k = kitchen(one)
    k.void_order(one.order_id)
    assert is_visible(k.tickets[one.id])
    k.acknowledge(one.id, one.items[0].id)
    assert is_visible(k.tickets[one.id])
    k.acknowledge(one.id)
    assert not is_visible(k.tickets[one.id])
    with pytest.raises(refusals.AlreadyDone):
        k.acknowledge(one.id)


def test_only_what_was_voided_is_acknowledged() -> None:
    one = ticket(uuid4(), "curry", ["voided", "cooking"])
    k = kitchen(one)
    k.acknowledge(one.id)
    assert [each.acknowledged for each in k.tickets[one.id].items] == [True, False]


def test_a_wish_to_cancel_that_was_overtaken_is_found() -> None:
    one = ticket(uuid4(), "curry", ["ready"])
    k = kitchen(one)
    k.request_cancel(one.order_id)
    assert k.answered_too_late() == set()
    k.move(one.id, "serve")
    assert k.answered_too_late() == {one.order_id}
    k.refuse_cancel(one.order_id)
    assert k.answered_too_late() == set()


def test_the_same_bumped_twice_is_refused_with_a_reason() -> None:
    one = ticket(uuid4(), "curry", ["ready"])
    k = kitchen(one)
    with pytest.raises(ActionRefused):
        k.bump(one.id)
    with pytest.raises(refusals.UnknownTicket):
        k.bump(one.id, uuid4())
    assert k.updates == []


class AnyService(RuleBasedStateMachine):
    """Whatever is pressed, in whatever order: sequence, hash, states and versions stay right."""

    STATES = st.lists(st.sampled_from(["held", "queued"]), min_size=1, max_size=1)

    @initialize(
        shape=st.lists(
            st.tuples(st.integers(0, 1), st.sampled_from("ab"), st.integers(1, 2)), min_size=1, unique=True
        )
    )
    def open(self, shape: list[tuple[int, str, int]]) -> None:
        orders = [uuid4(), uuid4()]
        tickets = [
            ticket(orders[order], station, ["held" if course == 2 else "queued"] * 2, course)
            for order, station, course in shape
        ]
        self.kitchen = kitchen(*tickets)
        self.ids = [t.id for t in tickets]
        self.orders = sorted({t.order_id for t in tickets})
        self.checked = 0
        self.closed: set[UUID] = set()
        self.seen = {t.id: t for t in tickets}
        self.sequences = {board.station: board.sequence for board in self.kitchen.boards.values()}
        self.hashes = {board.station: board.hash for board in self.kitchen.boards.values()}

    @rule(
        data=st.data(),
        action=st.sampled_from(["fire", "start", "bump", "recall", "serve", "unserve", "acknowledge", "see"]),
        whole=st.booleans(),
    )
    def press(self, data: st.DataObject, action: str, whole: bool) -> None:
        self.somebody(data)
        chosen = self.kitchen.tickets[data.draw(st.sampled_from(self.ids))]
        if action == "see":
            self.attempt(lambda: self.kitchen.see(chosen.id))
            return
        item_id = None if whole else data.draw(st.sampled_from(chosen.items)).id
        press = getattr(self.kitchen, action, None) or (
            lambda ticket_id, item_id: self.kitchen.move(ticket_id, action, item_id)
        )
        self.attempt(lambda: press(chosen.id, item_id))

    @rule(
        data=st.data(),
        name=st.sampled_from(
            [
                "fire_next",
                "serve_order",
                "unserve_order",
                "clear",
                "close",
                "request_cancel",
                "accept_cancel",
                "refuse_cancel",
                "void_order",
                "rush",
                "mark_paid",
            ]
        ),
        flag=st.booleans(),
    )
    def on_order(self, data: st.DataObject, name: str, flag: bool) -> None:
        self.somebody(data)
        order_id = data.draw(st.sampled_from(self.orders))
        extra = (flag,) if name in ("rush", "mark_paid") else ()
        self.attempt(lambda: getattr(self.kitchen, name)(order_id, *extra))

    def somebody(self, data: st.DataObject) -> None:
        """A screen of either station or none, of a cook, a waiter or a manager."""
        decides = data.draw(st.sampled_from([{"kitchen"}, {"floor"}, {"kitchen", "floor"}]))
        self.kitchen.actor = Actor(data.draw(st.sampled_from(["a", "b", None])), frozenset(decides))

    def attempt(self, act) -> None:  # type: ignore[no-untyped-def]
        before, updates = dict(self.kitchen.tickets), len(self.kitchen.updates)
        try:
            act()
        except ActionRefused:
            assert self.kitchen.tickets == before
            assert len(self.kitchen.updates) == updates
        self.closed |= {each.ticket.id for each in self.kitchen.updates[updates:] if each.action == "close"}

    @invariant()
    def boards_are_what_their_tickets_say(self) -> None:
        for station, board in self.kitchen.boards.items():
            tickets = [t for t in self.kitchen.tickets.values() if t.station == station]
            assert board.hash == states.board_hash(tickets)

    @invariant()
    def states_follow_from_items(self) -> None:
        for each in self.kitchen.tickets.values():
            assert each.state == states.ticket_state(each.items)
            closed = each.state == "served" and each.served_at is None
            assert closed <= (each.id in self.closed)
            assert closed or (each.ready_at is not None) == (each.state in ("ready", "served"))
            assert closed or (each.served_at is not None) == (each.state == "served")

    @invariant()
    def a_wish_to_cancel_is_for_one_to_decide(self) -> None:
        for each in self.kitchen.tickets.values():
            asked = self.kitchen.of_order(each.order_id)
            assert each.cancel_decider == (states.decider(asked) if each.cancel_requested else None)

    @invariant()
    def every_step_is_legal_and_counted(self) -> None:
        legal = {(a, b) for table in states.TRANSITIONS.values() for a, b in table.items()}
        for update in self.kitchen.updates[self.checked :]:
            before = self.seen[update.ticket.id]
            assert update.ticket.version == before.version + 1
            self.sequences[update.ticket.station] += 1
            assert update.sequence == self.sequences[update.ticket.station]
            moved = [
                (a, b) for a, b in zip(before.items, update.ticket.items, strict=True) if a.state != b.state
            ]
            assert all((a.state, b.state) in legal for a, b in moved)
            assert [b.id for _, b in moved] == update.changed_items
            self.is_seen_by_its_own_station(before, update)
            after = (
                self.hashes[update.ticket.station] - states.checksum(before) + states.checksum(update.ticket)
            )
            assert update.hash == after % 2**32
            self.hashes[update.ticket.station] = update.hash
            self.seen[update.ticket.id] = update.ticket
        self.checked = len(self.kitchen.updates)

    def is_seen_by_its_own_station(self, before: TicketState, update: TicketUpdate) -> None:
        """What was voided on a board leaves it by a cook of that station, or with the day."""
        here = update.action == "accept_cancel" and update.ticket.station == self.kitchen.actor.station
        for old, new in zip(before.items, update.ticket.items, strict=True):
            if new.acknowledged and not old.acknowledged:
                assert update.action in ("acknowledge", "close") or here or before.state not in OPEN
        if before.seen and not update.ticket.seen:
            assert update.action in states.NEWS
        if update.ticket.seen and not before.seen:
            own = update.ticket.station == self.kitchen.actor.station
            gone = not is_visible(update.ticket)
            assert update.action in states.SEEN_BY | {"close"} or own or gone


TestAnyService = AnyService.TestCase


# each step by example: what it changes, what it leaves, and what it tells


def actions(k: Kitchen) -> list[str]:
    return [update.action for update in k.updates]


def items_of(k: Kitchen, one: TicketState) -> list[str]:
    return [each.state for each in k.tickets[one.id].items]


def test_the_actions_are_these() -> None:
    more = {"start", "bump", "recall", "acknowledge", "see"}
    assert states.FLOOR_ACTIONS | more == set(get_args(ActionName))
    assert {"held", "queued", "cooking"} == OPEN and OPEN | {"ready"} == states.LIVE


def test_one_item_is_bumped_and_only_what_was_not_started_is_started() -> None:
    one = ticket(uuid4(), "tandoor", ["queued", "cooking"])
    first, second = one.items
    k = kitchen(one)
    k.bump(one.id, second.id)
    assert (actions(k), items_of(k, one)) == (["bump"], ["queued", "ready"])
    k.bump(one.id, first.id)
    assert (actions(k)[1:], items_of(k, one)) == (["start", "bump"], ["ready", "ready"])
    assert k.updates[-1].changed_items == [first.id]


def test_what_was_paid_meanwhile_shows_when_it_is_recalled_and_not_before() -> None:
    paid, unpaid = ticket(uuid4(), "tandoor", ["served"]), ticket(uuid4(), "curry", ["served"])
    still = ticket(paid.order_id, "bar", ["queued"])
    k = kitchen(paid, unpaid, still)
    k.paid_orders = frozenset({paid.order_id})
    k.recall(paid.id)
    k.recall(unpaid.id)
    with pytest.raises(ActionRefused):
        k.recall(still.id)
    assert [k.tickets[each.id].paid for each in (paid, unpaid, still)] == [True, False, False]
    assert [k.tickets[each.id].state for each in (paid, unpaid)] == ["cooking", "cooking"]


def test_an_order_is_served_where_anything_is_ready() -> None:
    order = uuid4()
    ready, half, cooking = (
        ticket(order, station, each_state)
        for station, each_state in (
            ("tandoor", ["ready"]),
            ("curry", ["ready", "cooking"]),
            ("bar", ["cooking"]),
        )
    )
    k = kitchen(ready, half, cooking)
    k.serve_order(order)
    assert [items_of(k, each) for each in (ready, half, cooking)] == [
        ["served"],
        ["served", "cooking"],
        ["cooking"],
    ]
    with pytest.raises(ActionRefused):
        k.serve_order(order, "bar")
    with pytest.raises(ActionRefused) as unknown:
        k.serve_order(uuid4())
    assert unknown.value.slug == "unknown-ticket"


def test_a_rush_goes_on_and_off_once_on_what_is_still_made() -> None:
    order = uuid4()
    open_, ready = ticket(order, "tandoor", ["queued"]), ticket(order, "curry", ["ready"])
    k = kitchen(open_, ready)
    k.rush(order, True)
    assert (actions(k), k.tickets[open_.id].rush, k.tickets[ready.id].rush) == (["rush"], True, False)
    with pytest.raises(refusals.AlreadyDone):
        k.rush(order, True)
    k.rush(order, False)
    assert (actions(k), k.tickets[open_.id].rush) == (["rush", "unrush"], False)
    with pytest.raises(ActionRefused):
        k.rush(ticket_of(k, ready), True)


def ticket_of(k: Kitchen, ready: TicketState) -> UUID:
    """The order of `ready`, once nothing else of it is there."""
    k.tickets = {ready.id: ready}
    return ready.order_id


def test_whether_it_is_paid_shows_until_it_is_served() -> None:
    order = uuid4()
    ready, served = ticket(order, "tandoor", ["ready"]), ticket(order, "curry", ["served"])
    k = kitchen(ready, served)
    k.mark_paid(order, True)
    k.mark_paid(order, True)
    k.mark_paid(order, False)
    assert actions(k) == ["paid", "unpaid"]
    assert [k.tickets[each.id].paid for each in (ready, served)] == [False, False]
    k.mark_paid(uuid4(), True)
    assert len(k.updates) == 2


def test_a_cancelled_order_names_the_lines_that_were_started_and_leaves_what_was_served() -> None:
    order = uuid4()
    one = ticket(order, "tandoor", ["queued", "cooking", "ready", "served"])
    k = kitchen(one)
    k.request_cancel(order)
    started = k.accept_cancel(order)
    assert started == [one.items[1].line_id, one.items[2].line_id]
    after = k.tickets[one.id]
    assert [(each.state, each.acknowledged) for each in after.items] == [
        ("voided", False), ("voided", False), ("voided", False), ("served", False),
    ]  # fmt: skip
    assert (after.state, after.cancel_requested) == ("served", False)
    assert k.updates[-1].changed_items == [each.id for each in one.items[:3]]
    with pytest.raises(refusals.NotAsked):
        k.accept_cancel(order)


def test_the_times_are_those_of_the_fire_and_of_the_last_bump() -> None:
    held = ticket(uuid4(), "tandoor", ["held"])
    k = kitchen(held)
    k.void_order(held.order_id)
    assert (k.tickets[held.id].fired_at, k.tickets[held.id].ready_at) == (None, None)
    fired = ticket(uuid4(), "tandoor", ["held"])
    k = kitchen(fired)
    k.fire_next(fired.order_id)
    assert (k.tickets[fired.id].fired_at, k.tickets[fired.id].ready_at) == (AT, None)
    k.at = AT.replace(hour=10)
    k.bump(fired.id)
    k.at = AT.replace(hour=11)
    k.move(fired.id, "serve")
    assert (k.tickets[fired.id].fired_at, k.tickets[fired.id].ready_at) == (AT, AT.replace(hour=10))
    k.recall(fired.id)
    assert k.tickets[fired.id].ready_at is None


def test_other_stations_of_the_course_show_how_far_it_is_and_no_others() -> None:
    order = uuid4()
    here, beside = ticket(order, "tandoor", ["queued"]), ticket(order, "curry", ["queued"])
    later, stranger = ticket(order, "bar", ["queued"], course=2), ticket(uuid4(), "bar", ["queued"])
    gone = ticket(order, "grill", ["served"])
    k = kitchen(here, beside, later, stranger, gone)
    k.move(here.id, "start")
    for each in (beside, gone):
        shown = {other.station: other.state for other in k.tickets[each.id].other_stations}
        assert shown["tandoor"] == "cooking" and each.station not in shown
    assert [k.tickets[each.id].other_stations for each in (here, later, stranger)] == [[], [], []]
    assert actions(k) == ["start", "other_stations"], "what was served is not told again"
    assert k.tickets[gone.id].version == gone.version


def test_each_change_is_the_next_version_and_a_held_course_that_changes_is_not_fired() -> None:
    order = uuid4()
    held = ticket(order, "tandoor", ["held"])
    k = kitchen(held)
    k.request_cancel(order)
    k.refuse_cancel(order)
    assert [update.ticket.version for update in k.updates] == [2, 3]
    mixed = ticket(order, "curry", ["held", "queued"])
    k = kitchen(mixed)
    k.move(mixed.id, "start")
    assert k.tickets[mixed.id].fired_at == AT
    with pytest.raises(refusals.UnknownTicket):
        k.acknowledge(mixed.id, uuid4())


def test_a_ready_and_an_unseen_void_sibling_are_told_and_a_cancelled_order_tells_all() -> None:
    order = uuid4()
    here, ready, void = (
        ticket(order, station, [state])
        for station, state in (("tandoor", "queued"), ("curry", "ready"), ("bar", "voided"))
    )
    k = kitchen(here, ready, void)
    k.move(here.id, "start")
    told = [update.ticket.station for update in k.updates if update.action == "other_stations"]
    assert told == ["curry", "bar"]
    k.void_order(order)
    for each in (here, ready, void):
        assert {other.state for other in k.tickets[each.id].other_stations} == {"voided"}
