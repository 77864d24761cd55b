"""The committed files that are made from the plan. `make generated` writes them, `make check` compares them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from rasoi.room_list import NAMES
from rasoi.settings import REPOSITORY
from rasoi.stack import gateway, scrape
from rasoi.stack.compose import CERTIFICATE, KEY, password_of, render
from rasoi.stack.compose_servers import GATEWAY_PORT, three_brokers
from rasoi.stack.plan import Plan, plan

DOCKER_DNS = "127.0.0.11"
ENV_EXAMPLE = REPOSITORY / ".env.example"


def gateway_conf(plan: Plan, *, with_tls: bool = False) -> str:
    """nginx's configuration within its container, where names move to other addresses."""
    return gateway.render(
        plan.upstreams(),
        spares={},
        listen=str(GATEWAY_PORT),
        run=Path("/tmp"),  # noqa: S108  all else is read-only there
        access_log=Path("/dev/stdout"),
        tls=(Path(CERTIFICATE), Path(KEY)) if with_tls else None,
        resolver=DOCKER_DNS,
    )


def env_example() -> str:
    """.env.example with a password for each room there is; the rest of it is written by hand."""
    text = ENV_EXAMPLE.read_text()
    lines = "".join(f"{password_of(room)}=<random>\n" for room in NAMES)
    return re.sub(r"(?:DATABASE_PASSWORD_\w+=.*\n)+", lines, text)


def files() -> dict[Path, str]:
    """All that is made from the plan, by path."""
    made, prometheus = plan(), plan()["prometheus"]
    itself = f"127.0.0.1:{prometheus.port}"
    return {
        REPOSITORY / "docker-compose.yml": render(made),
        ENV_EXAMPLE: env_example(),
        REPOSITORY / "infra" / "three-brokers.env": three_brokers(made),
        REPOSITORY / "nginx" / "containers.conf": gateway_conf(made),
        REPOSITORY / "nginx" / "containers-tls.conf": gateway_conf(made, with_tls=True),
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
