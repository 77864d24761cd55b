"""How a stopped service ended is told where it did not drain; servers end in ways of their own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rasoi.stack.plan import plan
from rasoi.stack.supervisor import Kept, Supervisor


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("orders", 0, []),
        ("orders", 1, ["orders ended with status 1"]),
        ("orders", -9, ["orders ended with status -9"]),
        ("kafka", 143, []),
        ("orders", None, []),
    ],
)
def test_an_end_that_is_not_clean_is_told(name: str, status: int | None, told: list[str]) -> None:
    said: list[str] = []
    native: Any = SimpleNamespace(box=None, plan=plan(), settings=None)
    process = SimpleNamespace(returncode=status)
    part: Any = SimpleNamespace(stop=lambda: None, child=SimpleNamespace(process=process))
    Supervisor(native, said.append)._stop(Kept(plan()[name], name, 1, 0, part, ""))
    assert said == told
