"""What follows `rasoi stack`; apart from the work, so that help stays quick."""

from __future__ import annotations

import argparse

DEFAULTS = {"PORT": "8080", "POOL_SIZE": "8"}


def add(parser: argparse.ArgumentParser) -> None:
    """The actions with their options, and the settings that differ from `rasoi run`'s."""
    parser.set_defaults(defaults=DEFAULTS)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text)

    sub = action("up", "start everything, and keep it until Ctrl-C or `rasoi stack down`")
    sub.add_argument("--detach", action="store_true", help="return once all is ready; it goes on behind")
    sub.add_argument("--replicas", default="", metavar="ROOM=N,…", help="how many of a room (orders=2)")
    sub.add_argument("--without", default="", metavar="NAME,…", help="leave these services out")
    action("status", "show all services and addresses").add_argument(
        "--json", action="store_true", help="as JSON"
    )
    sub = action("logs", "show what services said last")
    sub.add_argument("service", nargs="*", metavar="SERVICE", help="only these, such as orders or orders-2")
    sub.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    sub.add_argument(
        "-n", "--lines", type=int, default=20, metavar="N", help="of each (default: %(default)s)"
    )
    sub = action("restart", "replace a service's replicas one by one; a room refuses nobody meanwhile")
    sub.add_argument("service", nargs="+", metavar="SERVICE", help="its name, or rooms for all of them")
    action("down", "stop everything")
