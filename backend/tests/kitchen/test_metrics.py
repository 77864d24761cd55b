"""What the kitchen tells of its open tickets."""

from rasoi.contracts.orders import OrderPlaced
from rasoi.kitchen import metrics
from rasoi.platform.database import Database
from tests.kitchen.conftest import Rig, line, order


async def test_open_tickets_are_told_by_the_outlets_own_limits(rig: Rig, database: Database) -> None:
    await database.execute(
        "INSERT INTO staff.outlet (id, name, amber_s, red_s) VALUES (1, 'Rasoi', 300, 600)"
    )
    for minutes in (1, 9, 16, 20):
        placed = order(OrderPlaced, line("Naan", "tandoor"))
        await rig.handle(placed)
        await database.execute(
            "UPDATE kitchen.ticket SET fired_at = now() - make_interval(mins => $1) WHERE order_id = $2",
            minutes,
            placed.order_id,
        )
    served = order(OrderPlaced, line("Dal", "curry"))
    await rig.handle(served)
    await database.execute(
        "UPDATE kitchen.ticket SET state = 'served', visible = false WHERE order_id = $1", served.order_id
    )
    await metrics.count_open(rig.ctx)
    (_, woken), (_, oldest) = metrics.OPEN_TICKETS.parts[""], metrics.OLDEST.parts[""]
    tandoor = [woken["1", "tandoor", lateness] for lateness in ("fresh", "amber", "red")]
    curry = [woken["1", "curry", lateness] for lateness in ("fresh", "amber", "red")]
    assert (tandoor, curry) == ([1, 1, 2], [0, 0, 0])
    assert 1200 <= oldest["1", "tandoor"] < 1260 and oldest["1", "curry"] == 0
