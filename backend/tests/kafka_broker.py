"""One real broker for a test session; skipped, with the reason, where this machine can't run one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rasoi.embedded import ChildFailed
from rasoi.embedded.kafka import Kafka, fetch_jars, java
from rasoi.embedded.postgres import free_port


@contextmanager
def running_broker() -> Iterator[Kafka]:
    """A broker with empty data, until the block ends."""
    root = Path(tempfile.mkdtemp(prefix="rasoi-kafka-"))
    broker = Kafka(root / "kafka", free_port(), free_port(), root / "kafka.log")
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    """The session's broker."""
    try:
        fetch_jars()
    except ChildFailed as error:
        pytest.skip(str(error))
    if java() is None:
        pytest.skip("no Java 17 on this machine")
    with running_broker() as broker:
        yield broker
