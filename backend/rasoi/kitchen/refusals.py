"""Why an action on a ticket was not applied: a problem type each, with words for whoever tapped."""

from __future__ import annotations

from rasoi.platform.problems import Conflict


class ActionRefused(Conflict):
    """The action is not possible, and nothing has changed."""

    slug, title = "not-possible-now", "That has moved on meanwhile"


class UnknownTicket(ActionRefused):
    slug, title = "unknown-ticket", "That ticket is no longer here"


class AlreadyDone(ActionRefused):
    slug, title = "already-so", "That is done already"


class NotAsked(ActionRefused):
    slug, title = "no-cancellation-asked", "The request to cancel is gone"


class FloorDecides(ActionRefused):
    slug, title = "waiter-decides", "Part of the order is ready: a waiter or manager decides"


class KitchenDecides(ActionRefused):
    slug, title = "kitchen-decides", "The order is being cooked: the kitchen decides"


class ClosedBill(ActionRefused):
    slug, title = "bill-closed", "Its bill is closed: what was served stays served"


class TooLongAgo(ActionRefused):
    slug, title = "too-long-ago", "That was served too long ago to take it back"


REFUSALS: dict[str, type[ActionRefused]] = {
    each.slug: each
    for each in (
        ActionRefused,
        UnknownTicket,
        AlreadyDone,
        NotAsked,
        FloorDecides,
        KitchenDecides,
        ClosedBill,
        TooLongAgo,
    )
}
