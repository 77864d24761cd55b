"""Jobs over rows: one that fails is counted and leaves the others their turn."""

from __future__ import annotations

from prometheus_client import REGISTRY

from rasoi.platform.jobs import for_each


def failures() -> float:
    return REGISTRY.get_sample_value("rasoi_job_row_failures_total", {"what": "row of a test"}) or 0.0


async def test_the_trouble_of_one_row_is_no_trouble_of_the_others() -> None:
    done: list[int] = []

    async def work(row: int) -> None:
        if row % 2:
            raise ValueError(f"row {row}")
        done.append(row)

    before = failures()
    assert await for_each(range(6), work, "row of a test") == 3
    assert done == [0, 2, 4]
    assert failures() == before + 3
