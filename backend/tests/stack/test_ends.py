"""How a stopped service ended is reported where it did not drain; servers end in ways of their own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rasoi.stack.plan import plan
from rasoi.stack.supervisor import Replica, Supervisor


@pytest.mark.parametrize(
    ("name", "status", "reported"),
    [
        ("orders", 0, []),
        ("orders", 1, ["orders ended with status 1"]),
        ("orders", -9, ["orders ended with status -9"]),
        ("kafka", 143, []),
        ("orders", None, []),
    ],
)
def test_an_end_that_is_not_clean_is_reported(name: str, status: int | None, reported: list[str]) -> None:
    said: list[str] = []
    deployment: Any = SimpleNamespace(embedded=None, plan=plan(), settings=None)
    popen = SimpleNamespace(returncode=status)
    process: Any = SimpleNamespace(stop=lambda: None, child=SimpleNamespace(process=popen))
    Supervisor(deployment, said.append)._stop(Replica(plan()[name], name, 1, 0, process, ""))
    assert said == reported
