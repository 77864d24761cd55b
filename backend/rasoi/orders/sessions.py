"""What a guest's session may do: order and pay while its sitting lasts, read its own bills afterwards."""

from __future__ import annotations

from typing import Any

from rasoi.orders import seating_repository as rows
from rasoi.platform.auth import Principal
from rasoi.platform.problems import Forbidden

MAY_ORDER = ("seated", "takeaway")


class ScanAgain(Forbidden):
    slug, title = "scan-again", "Please scan the code on your table again"


class NotAdmitted(Forbidden):
    slug, title = "not-admitted", "Somebody at the table has to let you in"


REFUSALS: dict[str | None, Forbidden] = {
    "waiting": NotAdmitted("You can order as soon as somebody at the table, or a waiter, has let you in."),
    "refused": NotAdmitted("Nobody at the table let you in. Please ask a waiter."),
    "renewed": ScanAgain("The table has a new code. Your own bills are still here to be read."),
    "ended": ScanAgain("Your visit at this table has ended. Your own bills are still here to be read."),
    None: ScanAgain("Your visit at this table has ended."),
}


async def require_seated(conn: Any, principal: Principal, *, lock: bool = False) -> None:
    """Refuse a guest whose sitting has ended, whose table's code was renewed, or who has not been let in. With `lock` the
    sitting can't end before the transaction does. Raises ScanAgain, NotAdmitted."""
    if principal.role != "guest" or principal.table_id is None:
        return
    state = await rows.session_state(conn, principal.outlet_id, principal.session_id, lock=lock)
    if state not in MAY_ORDER:
        raise refusal(state)


def refusal(state: str | None) -> Forbidden:
    """Why a session in this state may not."""
    known = REFUSALS[state]
    return type(known)(known.detail, state=state or "ended")
