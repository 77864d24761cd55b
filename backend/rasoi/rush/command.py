"""`rasoi rush`: options, progress bar, result."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rasoi.rush.client import Client, Unplayable
from rasoi.rush.compare import Findings
from rasoi.rush.guests import House
from rasoi.rush.report import Report, show
from rasoi.rush.service import Options, Service

ABOUT = """Play a dinner service against a running platform, over HTTP and sockets, as guests, waiters and cooks.
Afterwards it compares what its screens saw with what the API says. SIGTERM closes the doors: nobody orders any more."""
STATUS = "exit status: 0 nothing lost or doubled; 1 something was; 2 it could not play"


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="rasoi rush", description=ABOUT, epilog=STATUS)
    top.add_argument(
        "--url",
        type=_url,
        default="http://127.0.0.1:8000",
        help="where the platform is (default: %(default)s)",
    )
    top.add_argument(
        "--orders", type=_whole, default=500, metavar="N", help="how many orders (default: %(default)s)"
    )
    top.add_argument(
        "--rate", type=_positive, default=20, metavar="R", help="orders a second (default: %(default)s)"
    )
    top.add_argument(
        "--seed", type=int, default=1, metavar="S", help="who orders and pays what (default: %(default)s)"
    )
    top.add_argument("--json", action="store_true", help="print the result as one JSON object")
    top.add_argument(
        "--settle",
        type=_positive,
        default=60,
        metavar="S",
        help="seconds to wait for the last order to settle (default: %(default)s)",
    )
    staff = top.add_argument_group("staff", "sign-ins of the platform; the defaults are those of the demo")
    staff.add_argument("--outlet", type=_whole, default=1, metavar="ID", help="(default: %(default)s)")
    staff.add_argument(
        "--manager", default="manager", metavar="NAME", help="user name (default: %(default)s)"
    )
    staff.add_argument(
        "--manager-password", default="rasoi-manager-demo", metavar="PASSWORD", help="its password"
    )
    staff.add_argument(
        "--waiter", default="Ravi Kumar", metavar="NAME", help="who serves (default: %(default)s)"
    )
    staff.add_argument("--waiter-pin", default="1101", metavar="PIN", help="(default: %(default)s)")
    staff.add_argument(
        "--cook", default="Imran Qureshi", metavar="NAME", help="who cooks (default: %(default)s)"
    )
    staff.add_argument("--kitchen-pin", default="2201", metavar="PIN", help="(default: %(default)s)")
    return top


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise argparse.ArgumentTypeError(f"{value!r} is not an address such as http://127.0.0.1:8000")
    return value.rstrip("/")


def _whole(value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise argparse.ArgumentTypeError(f"{value!r} is not a whole number from 1")
    return int(value)


def _positive(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(f"{value!r} is not a number above 0")
    return number


def main(argv: Sequence[str]) -> int:
    """Returns the exit status."""
    given = parser().parse_args(argv)
    options = Options(
        url=given.url, orders=given.orders, rate=given.rate, seed=given.seed, outlet=given.outlet, manager=given.manager,
        manager_password=given.manager_password, waiter=given.waiter, waiter_pin=given.waiter_pin, cook=given.cook,
        kitchen_pin=given.kitchen_pin, settle_s=given.settle,
    )  # fmt: skip
    errors = Console(stderr=True)
    try:
        report, findings, troubles = uvloop.run(_play(options, errors))
    except Unplayable as reason:
        print(f"rasoi rush: {reason}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    for trouble in troubles[:10]:
        errors.print(f"[yellow]Trouble:[/] {trouble}", highlight=False)
    show(report, findings, errors if given.json else Console())
    if given.json:
        print(json.dumps(report.figures()))
    return 1 if report.lost or report.duplicated else 0


async def _play(options: Options, console: Console) -> tuple[Report, Findings, list[str]]:
    bars = Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
    async with Client(options.url) as client:
        service = Service(client, options, f"rush {os.urandom(3).hex()}")
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, service.house.closed.set)
        await service.prepare()
        with bars:
            report, findings = await service.play(_showing(bars, options.orders))
    return report, findings, service.house.troubles


def _showing(bars: Progress, orders: int) -> Callable[[House, int], None]:
    ordered, settled = bars.add_task("Ordered", total=orders), bars.add_task("Settled", total=orders)

    def progress(house: House, resting: int) -> None:
        bars.update(ordered, completed=house.orders_done)
        bars.update(settled, completed=resting, total=len(house.evidence.placed) or orders)

    return progress
