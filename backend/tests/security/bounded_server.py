"""A real process that serves as `rasoi run` and `rasoi serve` do, with an application that costs nothing:
`python -m tests.security.bounded_server BOUNDS [CERTIFICATE KEY]` prints its port."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import uvloop

from rasoi import hosting
from rasoi.platform import bounded_http
from rasoi.platform.bounded_http import Bounds
from rasoi.settings import load


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body as ours do, and says how long it was. `/large` is more than a socket holds."""
    assert scope["type"] == "http"
    size, more = 0, scope["method"] == "POST"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = b"x" * 20_000_000 if scope["path"] == "/large" else b"%d" % size
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    bounded_http.raise_descriptors()
    tls = dict(zip(("TLS_CERT", "TLS_KEY"), sys.argv[2:], strict=False))
    settings = load({"PORT": "0", "RASOI_DATA": str(Path.cwd()), **tls})
    listener = hosting.take_port(settings, backlog=2048)
    print(listener.getsockname()[1], flush=True)
    bounds = Bounds(**json.loads(sys.argv[1]))
    config = hosting.server_config(settings, application, websockets="none", bounds=bounds)
    uvloop.run(hosting.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main()
