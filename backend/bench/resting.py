"""`rasoi run` with its readers at rest: what a request costs by itself, without what other rooms make of its events."""

from __future__ import annotations

import sys

from rasoi import app, cli
from rasoi.platform.local import LocalTransport


class Resting(LocalTransport):
    """Reads nothing."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


if __name__ == "__main__":
    vars(app)["LocalTransport"] = Resting
    sys.exit(cli.main(["run"]))
