"""What the kitchen tells of its open tickets."""

from rasoi.contracts.orders import OrderPlaced
from rasoi.kitchen import metrics
from rasoi.platform.database import Database
from tests.kitchen.conftest import Rig, line, order


async def test_open_tickets_are_told_by_the_outlets_own_limits(rig: Rig, database: Database) -> None:
    await database.execute(
        "INSERT INTO staff.outlet (id, name, amber_s, red_s) VALUES (1, 'Rasoi', 300, 600)"
    )
    for minutes in (1, 6, 11, 20):  # by the usual limits, 8 and 15 minutes, it would be two, one and one
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


def observed(station: str) -> tuple[float, float]:
    """How many tickets of the station were timed, and their seconds together."""
    samples = {
        sample.name.removeprefix("rasoi_ticket_seconds"): sample.value
        for metric in metrics.TICKET_SECONDS.collect()
        for sample in metric.samples
        if sample.labels["station"] == station and not sample.name.endswith("_bucket")
    }
    return samples.get("_count", 0), samples.get("_sum", 0)


async def test_a_ticket_is_timed_once_when_all_of_it_is_ready(rig: Rig, database: Database) -> None:
    placed = order(OrderPlaced, line("Naan", "griddle"), line("Roti", "griddle"), line("Dal", "pot"))
    await rig.handle(placed)
    await database.execute("UPDATE kitchen.ticket SET fired_at = now() - interval '100 seconds'")
    _, (ticket,) = await rig.board("griddle")
    count, seconds = observed("griddle")
    await rig.act("bump", item_id=ticket.items[0].id)
    assert observed("griddle") == (count, seconds), "one item is still to be made"
    await rig.act("bump", item_id=ticket.items[1].id)
    assert observed("griddle")[0] == count + 1
    assert 100 <= observed("griddle")[1] - seconds < 160
    await rig.act("serve", ticket_id=ticket.id)
    assert observed("griddle")[0] == count + 1
    await rig.act("recall", ticket_id=ticket.id)
    assert observed("griddle")[0] == count + 1
    assert observed("pot")[0] == 0


def test_a_tickets_time_is_told_apart_by_minutes() -> None:
    assert [seconds / 60 for seconds in metrics.MINUTES] == [1, 2, 3, 5, 8, 10, 15, 20, 30, 60]
