"""`python -m razorpay_simulator`: serve until SIGINT or SIGTERM. The first line printed says where."""

from __future__ import annotations

import argparse
import logging
import os
import socket
from pathlib import Path

import uvicorn

from razorpay_simulator.bank import Bank
from razorpay_simulator.server import Server
from razorpay_simulator.store import Store
from razorpay_simulator.webhooks import Deliverer


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="razorpay_simulator", description="A stand-in for Razorpay; no real money moves."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--key-id", default="rzp_test_simulator")
    parser.add_argument(
        "--key-secret", default=os.environ.get("SIMULATOR_KEY_SECRET"), help="or SIMULATOR_KEY_SECRET"
    )
    parser.add_argument("--webhook-url", help="where events are posted; none are without it")
    parser.add_argument(
        "--webhook-secret",
        default=os.environ.get("SIMULATOR_WEBHOOK_SECRET", ""),
        help="or SIMULATOR_WEBHOOK_SECRET",
    )
    parser.add_argument("--data", type=Path, help="file of the books; in memory without it")
    parser.add_argument("--tls-cert", type=Path, help="certificate chain, to serve HTTPS")
    parser.add_argument("--tls-key", type=Path)
    given = parser.parse_args()
    if not given.key_secret:
        parser.error("a key secret is needed")
    return given


def listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(512)
    return listener


def main() -> None:
    given = options()
    store = Store(given.data)
    server = Server(
        Bank(store, given.key_secret), Deliverer(store, given.webhook_url, given.webhook_secret), given.key_id
    )
    listener = listen(given.host, given.port)
    host, port = listener.getsockname()[:2]
    scheme = "https" if given.tls_cert else "http"
    print(f"listening {scheme}://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # answers cut off on purpose are no errors
    config = uvicorn.Config(
        server,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        proxy_headers=False,  # who says that it asks for this machine itself would be let at the controls
        timeout_graceful_shutdown=1,
        ssl_certfile=given.tls_cert,
        ssl_keyfile=given.tls_key,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
