"""The tables of the kitchen's states: which step leads where, whose actions they are, and what shows that a cook has seen it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from msgspec.structs import replace

from rasoi.contracts.kitchen import STATES, TicketState
from rasoi.kitchen.changes import NOBODY, Actor
from rasoi.kitchen.states import FLOOR_ACTIONS, TRANSITIONS, is_at_pass, pass_hash, share
from tests.kitchen.test_domain import item, kitchen, ticket

# action, then what held, queued, cooking, ready, served and voided become of it
STEPS = """
fire    queued -       -       -       -       -
start   -      cooking -       -       -       -
bump    -      -       ready   -       -       -
recall  -      -       -       cooking cooking -
serve   -      -       -       served  -       -
unserve -      -       -       -       ready   -
void    voided voided  voided  voided  -       -
void_line voided voided voided voided  voided  -
close   served served  served  served  -       -
"""


def test_each_step_leads_where_it_should_and_nowhere_else() -> None:
    expected = {}
    for action, *reached in map(str.split, STEPS.strip().splitlines()):
        expected[action] = {
            state: after for state, after in zip(STATES, reached, strict=True) if after != "-"
        }
    assert expected == {action: dict(steps) for action, steps in TRANSITIONS.items()}


@pytest.mark.parametrize(
    ("action", "is_floors"),
    [
        *((name, True) for name in "serve hand_over unserve fire rush unrush accept_cancel".split()),
        *((name, True) for name in ("refuse_cancel", "clear")),
        *((name, False) for name in "start bump recall acknowledge see void close".split()),
    ],
)
def test_a_waiter_does_what_the_floor_does_and_cooks_nothing(action: str, is_floors: bool) -> None:
    assert (action in FLOOR_ACTIONS) is is_floors


COOKS = ("see", "start", "bump", "recall", "acknowledge")
NEWS = ("fire", "rush", "void", "void_line", "accept_cancel", "cancel_requested")


@pytest.mark.parametrize("action", [*COOKS, *NEWS, "refuse_cancel", "serve", "paid"])
@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize("was_seen", [True, False])
@pytest.mark.parametrize("made", ["queued", "ready"])  # on the station's board, and gone from it
def test_what_is_news_is_unseen_until_a_cook_of_the_station_shows_that_he_saw_it(
    action: str, here: bool, was_seen: bool, made: str
) -> None:
    one = ticket(uuid4(), "curry", [made], seen=was_seen)
    k = kitchen(one)
    k.actor = Actor("curry") if here else NOBODY
    k._record(one, action, [])
    expected = was_seen
    if action in COOKS:
        expected = True
    elif action in NEWS:
        expected = here or made == "ready"
    elif action == "refuse_cancel":
        expected = was_seen or here
    assert k.tickets[one.id].seen is expected


def of(*made: str, cleared: bool = False) -> TicketState:
    one = ticket(uuid4(), "curry", made)
    return replace(one, cleared=cleared, items=[*one.items, item("voided")]) if "voided" in made else one


def test_the_pass_keeps_what_is_voided_in_part_until_somebody_clears_it() -> None:
    assert is_at_pass(of("served", "voided"))
    assert not is_at_pass(of("served", "voided", cleared=True))
    assert is_at_pass(of("ready", "voided", cleared=True))
    assert not is_at_pass(of("served"))


def test_the_passs_hash_is_of_what_stands_there_modulo_2_to_the_32() -> None:
    there, gone = [of("ready")], [of("served") for _ in range(3)]
    while sum(map(share, there)) // 2**32 % 2 == 0:  # so that modulo 2 to the 33 is another number
        there.append(of("ready"))
    total = sum(map(share, there))
    assert pass_hash([*gone, *there]) == total - total // 4_294_967_296 * 4_294_967_296
