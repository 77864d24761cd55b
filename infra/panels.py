"""What the dashboards show, as data. A query that is empty while all is well answers 0: `or on () vector(0)`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """PromQL, and what its lines are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """`limits` are where orange and red begin (or green and orange end, with `below`). `stack`: only a platform of
    separate services over Kafka has data for it."""

    title: str
    about: str
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: str = "timeseries"
    limits: tuple[float, ...] = ()
    below: bool = False
    stacked: bool = False
    stack: bool = False
    width: int = 8
    height: int = 8


@dataclass(frozen=True)
class Dashboard:
    """`variables` are (name, label, query)."""

    name: str
    title: str
    about: str
    panels: tuple[Panel, ...]
    variables: tuple[tuple[str, str, str], ...] = ()


SERVICE = ("service", "Service", 'label_values(up{job="rasoi"}, service)')
OUTLET = ("outlet", "Outlet", "label_values(rasoi_ticket_oldest_seconds, outlet)")
OF = 'service=~"$service"'
HERE = 'outlet=~"$outlet"'
NONE = " or on () vector(0)"
WINDOW = "[$__rate_interval]"


def rate(metric: str, *, by: str = "", where: str = "", none: bool = False) -> str:
    """Per second, summed over processes. `none`: 0 where nothing was counted yet."""
    group = f" by ({by})" if by else ""
    return f"sum{group} (rate({metric}{{{where}}}{WINDOW})){NONE if none else ''}"


def per_minute(metric: str, *, by: str = "", where: str = "", none: bool = False) -> str:
    return f"60 * ({rate(metric, by=by, where=where, none=none)})"


def quantile(q: float, metric: str, *, by: str = "", where: str = "") -> str:
    group = f"{by}, le" if by else "le"
    return f"histogram_quantile({q}, sum by ({group}) (rate({metric}_bucket{{{where}}}{WINDOW})))"


def quantiles(metric: str, where: str = "") -> tuple[Query, ...]:
    return tuple(Query(quantile(q, metric, where=where), f"p{q * 100:.0f}") for q in (0.5, 0.95, 0.99))


def stat(title: str, about: str, expr: str, unit: str = "short", **more: object) -> Panel:
    """One figure of now."""
    return Panel(title, about, (Query(expr),), unit, "stat", width=4, height=4, **more)  # type: ignore[arg-type]


PLACING = 'method="POST", route="/api/orders"'

HEALTH = Dashboard(
    "service-health",
    "Service health",
    "Do the services answer, how fast, and do they have what they need?",
    (
        stat("Services up", "Share of processes that answer Prometheus.",
            'avg(up{job="rasoi"})', "percentunit", limits=(0.99, 1), below=True),
        stat("Requests", "Answered a second, by all services.",
            rate("rasoi_http_requests_total", where=OF), "reqps"),
        stat("Server errors", "Share of requests answered with a 5xx, over 5 minutes.",
            "rasoi:http_errors:ratio_rate5m", "percentunit", limits=(0.001, 0.01)),
        stat("Orders in time", "Share of orders of 5 minutes that were answered within half a second.",
            "1 - rasoi:placing_slow:ratio_rate5m", "percentunit", limits=(0.95, 0.99), below=True),
        stat("Alerts", "Alerts that fire now.", 'count(ALERTS{alertstate="firing"})' + NONE, limits=(1, 3)),
        stat("Newest start", "How long the youngest process has run.",
            f"time() - max(process_start_time_seconds{{{OF}}})", "s"),
        Panel("Requests by status", "Answered a second, by status code.",
            (Query(rate("rasoi_http_requests_total", by="status", where=OF), "{{status}}"),), "reqps", stacked=True),
        Panel("Busiest routes", "The ten routes with the most requests a second.",
            (Query(f"topk(10, {rate('rasoi_http_requests_total', by='method, route', where=OF)})", "{{method}} {{route}}"),),
            "reqps"),
        Panel("Server errors by route", "5xx answers a second.",
            (Query(rate("rasoi_http_requests_total", by="method, route", where=f'{OF}, status=~"5.."', none=True),
                "{{method}} {{route}}"),),
            "reqps"),
        Panel("Refusals by status", "4xx answers a second: 409 is a changed price or sold out, 429 a rate limit.",
            (Query(rate("rasoi_http_requests_total", by="status", where=f'{OF}, status=~"4.."', none=True), "{{status}}"),),
            "reqps"),
        Panel("Placing an order", "Time to answer POST /api/orders.",
            quantiles("rasoi_http_request_seconds", PLACING), "s", limits=(0.25, 0.5)),
        Panel("Slowest routes", "99 of 100 requests are answered within this time; the ten slowest routes.",
            (Query(f"topk(10, {quantile(0.99, 'rasoi_http_request_seconds', by='method, route', where=OF)})",
                "{{method}} {{route}}"),),
            "s"),
        Panel("Event loop lag", "How late a waiting task is resumed (99 of 100): a process that is short of CPU.",
            (Query(quantile(0.99, "rasoi_event_loop_lag_seconds", by="service, instance", where=OF),
                "{{service}} {{instance}}"),),
            "s", limits=(0.1, 0.25)),
        Panel("CPU", "Cores used by each process.",
            (Query(f"rate(process_cpu_seconds_total{{{OF}}}{WINDOW})", "{{service}} {{instance}}"),),
            "short", limits=(0.7, 0.95)),
        Panel("Memory", "Resident memory of each process.",
            (Query(f"process_resident_memory_bytes{{{OF}}}", "{{service}} {{instance}}"),),
            "bytes", limits=(180 * 2**20, 220 * 2**20)),
        Panel("Open files", "Files and sockets that each process has open, as a share of its limit.",
            (Query(f"process_open_fds{{{OF}}} / process_max_fds{{{OF}}}", "{{service}} {{instance}}"),),
            "percentunit", limits=(0.6, 0.8)),
        Panel("Database connections in use", "Share of each pool at work.",
            (Query(f"sum by (service, room) (rasoi_db_connections_used{{{OF}}})"
                f" / sum by (service, room) (rasoi_db_connections_max{{{OF}}})", "{{service}} {{room}}"),),
            "percentunit", limits=(0.7, 0.9)),
        Panel("Waiting for a connection", "Tasks that wait until a pool has a connection for them.",
            (Query(f"sum by (service, room) (rasoi_db_connections_waiting{{{OF}}})", "{{service}} {{room}}"),),
            "short", limits=(1, 5)),
        Panel("Dependencies", "1 while every replica of the service reaches it.",
            (Query(f"min by (service, dependency) (rasoi_dependency_up{{{OF}}})", "{{service}} → {{dependency}}"),), "bool"),
        Panel("Sign-ins", "Sign-ins a minute by what came of them.",
            (Query(per_minute("rasoi_sign_ins_total", by="method, outcome"), "{{method}}: {{outcome}}"),), "cpm"),
        Panel("Restarts", "How often each process started anew within the last hour.",
            (Query(f'changes(process_start_time_seconds{{job="rasoi", {OF}}}[1h])', "{{service}} {{instance}}"),), "short"),
    ),
    (SERVICE,),
)  # fmt: skip

KITCHEN = Dashboard(
    "kitchen",
    "Kitchen",
    "What is ordered and cooked, how late it is, and who sees it.",
    (
        stat("Orders under way", "All orders between placing and completion.",
            "sum(max by (status) (rasoi_orders))"),
        stat("Open tickets", "Queued or cooking, at the chosen outlets.",
            f"sum(max by (outlet, station, lateness) (rasoi_tickets{{{HERE}}}))"),
        stat("Red tickets", "Later than the outlet's red limit.",
            f'sum(max by (outlet, station) (rasoi_tickets{{{HERE}, lateness="red"}}))', limits=(1, 5)),
        stat("Oldest ticket", "How long the guest who waits longest has waited.",
            f"max(rasoi_ticket_oldest_seconds{{{HERE}}})", "s", limits=(480, 900)),
        stat("Kitchen screens", "Kitchen screens connected now.",
            'sum(rasoi_connected_screens{kind="kitchen"})' + NONE, limits=(1, 2), below=True),
        stat("Items off the menu", "Sold out, or 86ed by staff.",
            f"sum(max by (outlet, reason) (rasoi_items_unavailable{{{HERE}}})){NONE}", limits=(5, 15)),
        Panel("Orders by state", "Orders under way.",
            (Query("max by (status) (rasoi_orders)", "{{status}}"),), stacked=True),
        Panel("Orders placed", "Tries to order a minute, by what came of them.",
            (Query(per_minute("rasoi_order_placements_total", by="outcome"), "{{outcome}}"),), "cpm", stacked=True),
        Panel("Orders on their way", "Orders a minute that came into each state.",
            (Query(per_minute("rasoi_order_transitions_total", by="status"), "{{status}}"),), "cpm"),
        Panel("Tickets by lateness", "Open tickets: amber and red by the outlet's own limits.",
            (Query(f"sum by (lateness) (max by (outlet, station, lateness) (rasoi_tickets{{{HERE}}}))", "{{lateness}}"),),
            stacked=True),
        Panel("Tickets by station", "Open tickets at each station.",
            (Query(f"sum by (outlet, station) (max by (outlet, station, lateness) (rasoi_tickets{{{HERE}}}))",
                "{{outlet}} {{station}}"),)),
        Panel("Oldest ticket by station", "Age of the oldest open ticket.",
            (Query(f"max by (outlet, station) (rasoi_ticket_oldest_seconds{{{HERE}}})", "{{outlet}} {{station}}"),),
            "s", limits=(480, 900)),
        Panel("Time to cook", "From firing until all of a ticket is ready: half of the tickets, and 90 of 100.",
            (Query(quantile(0.5, "rasoi_ticket_seconds"), "half"), Query(quantile(0.9, "rasoi_ticket_seconds"), "90 of 100")),
            "s"),
        Panel("Time to cook by station", "Half of each station's tickets are ready within this time.",
            (Query(quantile(0.5, "rasoi_ticket_seconds", by="station"), "{{station}}"),), "s"),
        Panel("Order to kitchen", "From the writing of an order to its handling by the kitchen.",
            quantiles("rasoi_event_lag_seconds", 'room="kitchen", log="orders"'),
            "s", limits=(0.5, 2)),
        Panel("Connected screens", "By who looks at them.",
            (Query("sum by (kind) (rasoi_connected_screens)", "{{kind}}"),), stacked=True),
        Panel("Connections", "Screens that connect a minute; many after a cut are reconnects.",
            (Query(per_minute("rasoi_screen_connections_total", by="kind"), "{{kind}}"),), "cpm"),
        Panel("Disconnections", "Screens that leave a minute, and why; ping timeouts are the network's.",
            (Query(per_minute("rasoi_screen_disconnections_total", by="reason", none=True), "{{reason}}"),), "cpm"),
        Panel("Messages to screens", "Messages a second, by channel.",
            (Query(rate("rasoi_screen_messages_total", by="channel"), "{{channel}}"),), "ops"),
        Panel("Stock ran out", "Times within the last hour.",
            (Query("sum(increase(rasoi_stock_outs_total[1h]))", "times"),), limits=(3, 6)),
        Panel("Refused as sold out", "Orders a minute that were refused since something had just sold out.",
            (Query(per_minute("rasoi_order_placements_total", where='outcome=~"sold_out"', none=True), "sold out"),), "cpm"),
    ),
    (OUTLET,),
)  # fmt: skip

MONEY = Dashboard(
    "money",
    "Money",
    "What comes in and goes back, what fails, and what waits. Accounts are kept by the database, not by these figures.",
    (
        stat("Takings, 24 hours", "Money that came in.",
            "sum(increase(rasoi_captured_paise_total[24h])) / 100", "currencyINR"),
        stat("Given back, 24 hours", "Refunds that were processed.",
            f"sum(increase(rasoi_refunded_paise_total[24h])) / 100{NONE}", "currencyINR"),
        stat("Failed tries", "Share of tries to pay of 15 minutes that failed.",
            f"rasoi:payment_failures:ratio_rate15m{NONE}", "percentunit", limits=(0.1, 0.3)),
        stat("Captured, without an end", "Payments captured, on no bill and not on their way back. Must be 0.",
            "max(rasoi_captures_unsettled)", limits=(1,)),
        stat("Refunds that wait", "Asked of the provider and not confirmed.",
            'max(rasoi_payment_work_waiting{work="refunds"})', limits=(5, 20)),
        stat("To hand out", "Refunds that a person is to hand out.",
            'max(rasoi_payment_work_waiting{work="refunds to hand out"})', limits=(1, 5)),
        stat("Webhooks that wait", "Kept and not acted upon yet.",
            'max(rasoi_payment_work_waiting{work="webhooks"})', limits=(20, 100)),
        stat("For a person", "Webhooks that are parked, and money at the provider that fits no payment. Must be 0.",
            'sum(max by (work) (rasoi_payment_work_waiting{work=~"parked webhooks|unmatched money"}))', limits=(1,)),
        stat("Books compared", "Since the provider's books of the last days were held against ours.",
            "max(rasoi_provider_compared_seconds)", "s", limits=(7200, 10800)),
        Panel("Differences to the provider's books", "A minute: what webhooks had not told, booked by comparing.",
            (Query(per_minute("rasoi_provider_differences_total", by="list", none=True), "{{list}}"),), "cpm"),
        Panel("Rows that could not be worked on", "A minute, by what they are; the others of their round went on.",
            (Query(per_minute("rasoi_job_row_failures_total", by="what", none=True), "{{what}}"),), "cpm"),
        Panel("Takings by method", "Rupees an hour at the present pace.",
            (Query(f"36 * ({rate('rasoi_captured_paise_total', by='method')})", "{{method}}"),),
            "currencyINR", stacked=True),
        Panel("Payments", "A minute, by what became of them.",
            (Query(per_minute("rasoi_payments_total", by="outcome"), "{{outcome}}"),), "cpm"),
        Panel("Payments by method", "Completed a minute.",
            (Query(per_minute("rasoi_payments_total", by="method", where='outcome="completed"'), "{{method}}"),),
            "cpm", stacked=True),
        Panel("What failed", "A minute, by method and reason.",
            (Query(per_minute("rasoi_payments_total", by="method, reason", where='outcome="failed"', none=True),
                "{{method}}: {{reason}}"),),
            "cpm"),
        Panel("Money that could not be used", "Captured a minute and given back at once, by reason.",
            (Query(per_minute("rasoi_payments_total", by="reason", where='outcome="unusable"', none=True), "{{reason}}"),),
            "cpm"),
        Panel("Refunds", "A minute, by method and what became of them.",
            (Query(per_minute("rasoi_refunds_total", by="method, outcome", none=True), "{{method}}: {{outcome}}"),), "cpm"),
        Panel("Webhooks", "A minute, by what became of them; forged and unsigned ones changed nothing.",
            (Query(per_minute("rasoi_payment_webhooks_total", by="outcome"), "{{outcome}}"),), "cpm"),
        Panel("Waiting longest", "Age of the oldest webhook and refund that wait.",
            (Query("max by (work) (rasoi_payment_work_oldest_seconds)", "{{work}}"),), "s", limits=(300, 3600)),
        Panel("Calls to the provider", "A second, by outcome; unknown ones are looked up later.",
            (Query(rate("rasoi_provider_seconds_count", by="outcome"), "{{outcome}}"),), "reqps"),
        Panel("The provider's answers", "Time of a call.",
            quantiles("rasoi_provider_seconds"), "s", limits=(1, 3)),
    ),
)  # fmt: skip

EVENTS = Dashboard(
    "events",
    "Events",
    "From commit to every reader: is anything late, parked, or without a leader?",
    (
        stat("Parked keys", "Keys that wait for somebody: rasoi events parked. Must be 0.",
            f"sum(max by (room, log) (rasoi_events_parked_keys)){NONE}", limits=(1,)),
        stat("Outbox lag", "Age of the oldest event that a reader has not passed.",
            "max(rasoi:outbox_lag_seconds:max)", "s", limits=(2, 10)),
        stat("Handled", "Events a second, over all rooms.", rate("rasoi_events_handled_total"), "ops"),
        stat("Rooms without a leader", "Nobody relays their events. Must be 0.",
            f"count(sum by (room) (rasoi_leader) == 0){NONE}", limits=(1,)),
        stat("Unreadable", "Messages of a day that were no events.",
            f"sum(increase(rasoi_events_unreadable_total[24h])){NONE}", limits=(1,)),
        stat("Consumer lag", "Events in Kafka that are not handled yet.",
            "sum(rasoi_consumer_lag_events)", limits=(200, 1000), stack=True),
        Panel("Outbox lag by reader", "Age of the oldest event not yet passed. Over Kafka the reader is the relay.",
            (Query("rasoi:outbox_lag_seconds:max", "{{room}} ← {{log}}"),), "s", limits=(2, 10)),
        Panel("Commit to handled", "99 of 100 events are handled within this time of their writing.",
            (Query(quantile(0.99, "rasoi_event_lag_seconds", by="room, log"), "{{room}} ← {{log}}"),), "s", limits=(1, 5)),
        Panel("Handled by room", "Events a second.",
            (Query(rate("rasoi_events_handled_total", by="room"), "{{room}}"),), "ops", stacked=True),
        Panel("Tries that failed", "A minute; an event is parked after five.",
            (Query(per_minute("rasoi_events_retried_total", by="room, log", none=True), "{{room}} ← {{log}}"),), "cpm"),
        Panel("Parked keys by room", "Each waits for `rasoi events replay`.",
            (Query("max by (room, log) (rasoi_events_parked_keys)", "{{room}} ← {{log}}"),), limits=(1,)),
        Panel("Consumer lag by room", "Events in Kafka that the room has not handled.",
            (Query("sum by (room, log) (rasoi_consumer_lag_events)", "{{room}} ← {{log}}"),),
            limits=(200, 1000), stack=True),
        Panel("Leaders", "Processes that lead each room: always 1.",
            (Query("sum by (room) (rasoi_leader)", "{{room}}"),)),
        Panel("Changes of leader", "Within the last hour.",
            (Query("sum by (room) (increase(rasoi_leaderships_total[1h]))", "{{room}}"),)),
        Panel("Size of the logs", "Each room's outbox with its indexes; months beyond their keeping are dropped.",
            (Query("max by (room) (rasoi_outbox_bytes)", "{{room}}"),), "bytes"),
    ),
)  # fmt: skip

DASHBOARDS = (HEALTH, KITCHEN, MONEY, EVENTS)
