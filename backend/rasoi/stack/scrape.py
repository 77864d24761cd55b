"""What Prometheus asks: every process of every room, labelled with service and replica."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path


def render(upstreams: Mapping[str, Sequence[str]], *, rules: Path | str, itself: str) -> str:
    """Prometheus' configuration, in JSON, which is YAML too."""
    targets = [
        {"targets": [address], "labels": {"service": room, "replica": str(number)}}
        for room, addresses in upstreams.items()
        for number, address in enumerate(addresses, 1)
    ]
    config = {
        "global": {"scrape_interval": "5s", "evaluation_interval": "5s"},
        "rule_files": [str(rules)],
        "scrape_configs": [
            {"job_name": "rasoi", "static_configs": targets},
            {"job_name": "prometheus", "static_configs": [{"targets": [itself]}]},
        ],
    }
    return json.dumps(config, indent=2) + "\n"
