"""Old messages are read by this build, AsyncAPI describes them, and a change that breaks one is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jsonschema
import msgspec
import pytest

from rasoi import app
from rasoi.contracts.menu import AvailabilityChanged
from rasoi.platform import asyncapi
from rasoi.platform.events import Contract, new_event
from tests.contracts import samples

NAME = "rasoi.test.changed.v1"


class Part(Contract, frozen=True, kw_only=True):
    code: str
    size: int | None = None


class Before(Contract, frozen=True, kw_only=True):
    item_id: UUID
    parts: list[Part] = []
    note: str | None = None


def named(cls: type[Contract]) -> dict[str, type[Contract]]:
    cls.event_type, cls.event_room = NAME, "test"
    return {NAME: cls}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with a sample of Before."""
    named(Before)
    (tmp_path / f"{NAME}.1.json").write_bytes(msgspec.json.encode(samples.sample(Before)))
    return tmp_path


def test_every_version_of_an_event_has_a_sample_that_is_still_read() -> None:
    assert samples.faults() == []


def test_what_may_change_within_a_version(directory: Path) -> None:
    class Unchanged(Before, frozen=True, kw_only=True):
        pass

    assert samples.faults(directory, named(Unchanged)) == []


class Renamed(Contract, frozen=True, kw_only=True):
    id: UUID
    parts: list[Part] = []
    note: str | None = None


class Dropped(Contract, frozen=True, kw_only=True):
    item_id: UUID
    parts: list[Part] = []


class Retyped(Contract, frozen=True, kw_only=True):
    item_id: UUID
    parts: list[Part] = []
    note: int | None = None


class Demanding(Before, frozen=True, kw_only=True):
    reason: str


class PartWithout(Contract, frozen=True, kw_only=True):
    code: str


class DroppedWithin(Contract, frozen=True, kw_only=True):
    item_id: UUID
    parts: list[PartWithout] = []
    note: str | None = None


class Added(Before, frozen=True, kw_only=True):
    reason: str | None = None


@pytest.mark.parametrize(
    ("cls", "fault"),
    [
        (Renamed, "missing required field `id`"),
        (Dropped, "data.note is not read any more"),
        (Retyped, "Expected `int | null`"),
        (Demanding, "missing required field `reason`"),
        (DroppedWithin, "data.parts[].size is not read any more"),
        (Added, "has no sample with reason"),
    ],
)
def test_a_change_that_breaks_old_messages_is_found(directory: Path, cls: type[Contract], fault: str) -> None:
    assert any(fault in each for each in samples.faults(directory, named(cls)))


def test_a_version_that_is_gone_or_has_no_sample_is_found(directory: Path) -> None:
    assert "is known no more" in samples.faults(directory, {})[0]
    for path in directory.iterdir():
        path.unlink()
    assert samples.faults(directory, named(Before)) == [
        f"{NAME} has no sample: python -m tests.contracts.samples --add"
    ]


def test_a_sample_is_added_and_never_written_over(tmp_path: Path) -> None:
    name = AvailabilityChanged.event_type
    first, second = samples.add([name], tmp_path)[0], samples.add([name], tmp_path)[0]
    assert [first.name, second.name] == [f"{name}.1.json", f"{name}.2.json"]
    assert samples.faults(tmp_path, {name: AvailabilityChanged}) == []


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    made: dict[str, Any] = asyncapi.document(app.ROOMS, "1")
    return made


def check(document: dict[str, Any], message: dict[str, Any]) -> None:
    """Whether AsyncAPI describes this message. Raises ValidationError."""
    described = document["components"]["messages"][message["type"]]["payload"]
    jsonschema.validate(
        message, described | {"components": document["components"]}, cls=jsonschema.Draft202012Validator
    )


@pytest.mark.parametrize("path", sorted(samples.DIRECTORY.glob("*.json")), ids=lambda path: path.stem)
def test_asyncapi_describes_what_kafka_carries(document: dict[str, Any], path: Path) -> None:
    message = json.loads(path.read_bytes())
    check(document, message)
    for wrong in ({"source": "/rooms/other"}, {"id": 1}, {"data": None}, {"specversion": "0.3"}):
        with pytest.raises(jsonschema.ValidationError):
            check(document, message | wrong)
    with pytest.raises(jsonschema.ValidationError):
        check(document, {key: value for key, value in message.items() if key != "aggregateversion"})


def test_asyncapi_describes_an_event_as_the_platform_writes_it(document: dict[str, Any]) -> None:
    payload = AvailabilityChanged(item_id=uuid4(), name="Naan", available=True)
    event = new_event(payload, subject=str(payload.item_id), outlet_id=1, version=1)
    check(document, json.loads(msgspec.json.encode(event)))
