"""Grafana's dashboards and the page of their queries, made from infra/panels.py, which `make generated` writes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from panels import DASHBOARDS, Dashboard, Panel, Query

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "grafana" / "dashboards"
QUERIES = ROOT / "docs" / "dashboard-queries.md"
QUERIES_HEAD = """\
# The dashboards' queries

Made from `infra/panels.py` by `make generated`. `python infra/queries.py --prometheus URL` asks a running Prometheus all
of them and prints the answers; `backend/tests/test_watch.py` asks them in every `make test`, and fails where one has none.

| dashboard | panel | unit | query |
| --- | --- | --- | --- |
"""
SOURCE = {"type": "prometheus", "uid": "prometheus"}
SCHEMA_VERSION = 41
COLUMNS = 24
COLOURS = ("green", "orange", "red")


def target(query: Query, letter: str, *, instant: bool) -> dict[str, Any]:
    return {
        "refId": letter,
        "datasource": SOURCE,
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
        "instant": instant,
        "range": not instant,
    }


def thresholds(panel: Panel) -> dict[str, Any]:
    """Green, then orange from the first limit and red from the second; `below` turns the scale round."""
    colours: tuple[str, ...] = COLOURS[::-1] if panel.below else COLOURS
    if len(panel.limits) == 1:
        colours = (colours[0], colours[2])
    values = [None, *panel.limits]
    steps = [{"color": colour, "value": value} for colour, value in zip(colours, values, strict=False)]
    return {"mode": "absolute", "steps": steps}


def options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "timeseries":
        return {
            "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    reduced = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    if panel.kind == "stat":
        return {"reduceOptions": reduced, "colorMode": "background", "graphMode": "area", "textMode": "auto"}
    return {"reduceOptions": reduced, "displayMode": "gradient", "orientation": "horizontal"}


def custom(panel: Panel) -> dict[str, Any]:
    """How lines are drawn; limits show as dashed lines."""
    if panel.kind != "timeseries":
        return {}
    return {
        "drawStyle": "line",
        "fillOpacity": 40 if panel.stacked else 10,
        "showPoints": "never",
        "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if panel.limits else "off"},
    }


def panel_json(panel: Panel, number: int, x: int, y: int) -> dict[str, Any]:
    """One panel; a time series asks over the range, the others for now."""
    instant = panel.kind != "timeseries"
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0, "custom": custom(panel)}
    if panel.limits:
        defaults |= {"thresholds": thresholds(panel), "color": {"mode": "palette-classic"}}
    if panel.kind != "timeseries":
        defaults["color"] = {"mode": "thresholds"}
        defaults.setdefault("thresholds", thresholds(panel))
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options(panel),
        "targets": [
            target(query, chr(ord("A") + place), instant=instant) for place, query in enumerate(panel.queries)
        ],
    }


def placed(panels: tuple[Panel, ...]) -> list[dict[str, Any]]:
    """Panels from left to right; a new row begins where one does not fit."""
    made, x, y, row = [], 0, 0, 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > COLUMNS:
            x, y, row = 0, y + row, 0
        made.append(panel_json(panel, number, x, y))
        x, row = x + panel.width, max(row, panel.height)
    return made


def variable(name: str, label: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
        "refresh": 2,
        "sort": 1,
    }


def dashboard_json(dashboard: Dashboard) -> dict[str, Any]:
    """The whole document, linked to the other dashboards, with alerts drawn in."""
    return {
        "uid": f"rasoi-{dashboard.name}",
        "title": dashboard.title,
        "description": dashboard.about,
        "tags": ["rasoi"],
        "timezone": "browser",
        "schemaVersion": SCHEMA_VERSION,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "editable": False,
        "links": [
            {"type": "dashboards", "tags": ["rasoi"], "title": "", "asDropdown": False, "keepTime": True}
        ],
        "annotations": {
            "list": [
                {
                    "name": "Alerts",
                    "datasource": SOURCE,
                    "enable": True,
                    "iconColor": "red",
                    "expr": 'ALERTS{alertstate="firing"}',
                    "titleFormat": "{{alertname}}",
                }
            ]
        },
        "templating": {"list": [variable(*each) for each in dashboard.variables]},
        "panels": placed(dashboard.panels),
    }


def queries_page() -> str:
    """Markdown: a row for each query of each panel."""
    rows = [
        (each.title, panel.title, panel.unit, f"`{query.expr}`".replace("|", "\\|"))
        for each in DASHBOARDS
        for panel in each.panels
        for query in panel.queries
    ]
    return QUERIES_HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def documents() -> dict[Path, str]:
    """Every file's text: a dashboard each, and the page of all queries."""
    boards = {
        TARGET / f"{each.name}.json": json.dumps(dashboard_json(each), indent=2, ensure_ascii=False) + "\n"
        for each in DASHBOARDS
    }
    return boards | {QUERIES: queries_page()}


def main() -> int:
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
