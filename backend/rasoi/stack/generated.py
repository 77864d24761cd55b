"""The committed files that are made from the plan. `make generated` writes them, `make check` compares them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rasoi.settings import REPOSITORY
from rasoi.stack import gateway, scrape
from rasoi.stack.compose import GATEWAY_PORT, render, three_brokers
from rasoi.stack.plan import Plan, plan


def gateway_conf(plan: Plan) -> str:
    """nginx's configuration within its container."""
    run, log = Path("/tmp"), Path("/dev/stdout")  # noqa: S108  all else is read-only there
    return gateway.render(plan.upstreams(), spares={}, listen=str(GATEWAY_PORT), run=run, access_log=log)


def files() -> dict[Path, str]:
    """All that is made from the plan, by path."""
    made, prometheus = plan(), plan()["prometheus"]
    itself = f"127.0.0.1:{prometheus.port}"
    return {
        REPOSITORY / "docker-compose.yml": render(made),
        REPOSITORY / "infra" / "three-brokers.env": three_brokers(made),
        REPOSITORY / "nginx" / "containers.conf": gateway_conf(made),
        REPOSITORY / "prometheus" / "prometheus.yml": scrape.render(
            made.upstreams(), rules="rules/*.yml", itself=itself
        ),
    }


def main() -> None:
    """Print them as JSON for the check of drift, or write them."""
    if "--write" in sys.argv:
        for path, text in files().items():
            path.write_text(text)
    else:
        print(json.dumps({str(path): text for path, text in files().items()}))


if __name__ == "__main__":
    main()
