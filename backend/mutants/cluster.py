"""A PostgreSQL and a Redis that the tests of many mutants share: started here, told as JSON, ended with stdin.

Functions are tracked, so that a test's calls of SQL functions are known. Beside the addresses it tells which modules the
application loads, for the worker to load them once.
"""

from __future__ import annotations

import asyncio
import json
import sys

from tests import support


def main() -> None:
    support.FAST["track_functions"] = "all"
    cluster = support.Cluster().start()
    try:
        asyncio.run(cluster.prepare_template())
        libraries = [name for name in sys.modules if not name.startswith(("rasoi", "tests", "mutants", "__"))]
        told = {
            "url": cluster.url("{database}", "{user}"),
            "redis": cluster.redis_url,
            "libraries": libraries,
        }
        print(json.dumps(told), flush=True)
        sys.stdin.read()
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
