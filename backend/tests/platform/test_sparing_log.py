"""Lines that anybody outside can cause are few."""

from __future__ import annotations

import logging

import structlog

from rasoi.platform.sparing_log import AT_ONCE, EVERY_S, SparingFilter, SparingLog


def test_a_few_lines_of_a_kind_and_how_many_more_there_were() -> None:
    now = [0.0]
    log = SparingLog("x", lambda: now[0])
    with structlog.testing.capture_logs() as lines:
        for number in range(100):
            log.info("bad", number=number)
        log.info("other")
        now[0] = EVERY_S
        log.info("bad", number=100)
    assert [line.get("number") for line in lines] == [*range(AT_ONCE), None, 100]
    assert lines[-1]["left_out_before"] == 100 - AT_ONCE


def test_a_librarys_warnings_are_as_few_and_its_errors_all_there() -> None:
    now = [0.0]
    sparing = SparingFilter(lambda: now[0])

    def passed(level: int, text: str, count: int) -> int:
        record = logging.LogRecord("uvicorn.error", level, "", 0, text, None, None)
        return sum(sparing.filter(record) for _ in range(count))

    assert passed(logging.WARNING, "Invalid HTTP request received.", 100) == AT_ONCE
    assert passed(logging.WARNING, "another", 1) == 1
    assert passed(logging.ERROR, "broken", 100) == 100
    now[0] = EVERY_S
    assert passed(logging.WARNING, "Invalid HTTP request received.", 100) == AT_ONCE
