"""Every query of the dashboards with its value, asked of a running Prometheus. Usage: queries.py --prometheus URL [--kafka]"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode
from urllib.request import urlopen

from panels import DASHBOARDS, Panel

SHOWN = 3


@dataclass(frozen=True)
class Answer:
    """What Prometheus says to one query of one panel: the series with a value, by their legend."""

    dashboard: str
    panel: Panel
    expr: str
    values: tuple[tuple[str, float], ...]


def concrete(expr: str, interval: str) -> str:
    """The query as Grafana sends it with every variable at "All"."""
    for name, value in (("$__rate_interval", interval), ("$service", ".*"), ("$outlet", ".*")):
        expr = expr.replace(name, value)
    return expr


def ask(url: str, expr: str) -> list[tuple[dict[str, str], float]]:
    """The series of an instant query; NaN, as of an idle histogram, is no value. Raises OSError."""
    with urlopen(f"{url}/api/v1/query?{urlencode({'query': expr})}", timeout=10) as answer:  # noqa: S310
        found = json.load(answer)["data"]["result"]
    series = [(each["metric"], float(each["value"][1])) for each in found]
    return [(labels, value) for labels, value in series if not math.isnan(value)]


def answers(url: str, interval: str = "1m") -> Iterator[Answer]:
    """The answers to all queries of all panels."""
    for dashboard in DASHBOARDS:
        for panel in dashboard.panels:
            for query in panel.queries:
                expr = concrete(query.expr, interval)
                found = [(named(query.legend, labels), value) for labels, value in ask(url, expr)]
                yield Answer(dashboard.title, panel, expr, tuple(sorted(found, key=lambda each: -each[1])))


def named(legend: str, labels: dict[str, str]) -> str:
    for name, value in labels.items():
        legend = legend.replace("{{" + name + "}}", value)
    return re.sub(r"{{\w+}}", "–", legend)


def table(found: list[Answer]) -> str:
    """Markdown."""
    rows = ["| dashboard | panel | query | series | value |", "| --- | --- | --- | --- | --- |"]
    for each in found:
        shown = [f"{name} {value:.4g} {each.panel.unit}".strip() for name, value in each.values[:SHOWN]]
        more = ["…"] if len(each.values) > SHOWN else []
        cells = (
            each.dashboard,
            each.panel.title,
            f"`{each.expr}`",
            str(len(each.values)),
            "; ".join(shown + more) or "**none**",
        )
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(rows)


def main() -> int:
    """Exit status 1 where a panel has no data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prometheus", required=True, metavar="URL")
    parser.add_argument(
        "--interval", default="1m", help="what $__rate_interval stands for (default: %(default)s)"
    )
    parser.add_argument(
        "--kafka", action="store_true", help="panels that only services over Kafka fill must have data too"
    )
    given = parser.parse_args()
    found = list(answers(given.prometheus.rstrip("/"), given.interval))
    print(table(found))
    missing = [each for each in found if not each.values and (given.kafka or not each.panel.stack)]
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
