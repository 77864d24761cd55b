"""The samples: for every version of an event, messages as Kafka has carried them, which every later build must read.

`python -m tests.contracts.samples` says what is wrong, as part of `make check`. With `--add` it writes a sample for
each event, or each added field, that has none yet. Nothing here changes or removes a sample that is there: in a topic it
may still be. A change that old messages do not survive is a new version of the event.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec import inspect

from rasoi import contracts
from rasoi.platform.events import REGISTRY, Contract, Event

DIRECTORY = Path(__file__).with_name("samples")
NUMBER = 7
MOMENT = "2026-11-21T13:30:00.250000+05:30"


def known() -> dict[str, type[Contract]]:
    """Every contract there is, by its versioned name."""
    for module in pkgutil.iter_modules(contracts.__path__):
        import_module(f"rasoi.contracts.{module.name}")
    return {name: cls for name, cls in REGISTRY.items() if cls.__module__.startswith("rasoi.contracts.")}


def faults(directory: Path = DIRECTORY, types: dict[str, type[Contract]] | None = None) -> list[str]:
    """What a consumer of this build would misread, and what has no sample. One line each."""
    types = known() if types is None else types
    found: list[str] = []
    seen: dict[str, set[str]] = {name: set() for name in types}
    for path in sorted(directory.glob("*.json")):
        message = msgspec.json.decode(path.read_bytes())
        name = message["type"]
        if name not in types:
            found.append(f"{path.name}: {name} is known no more, but messages of it may be")
            continue
        found += [f"{path.name}: {fault}" for fault in misread(message, types[name])]
        seen[name] |= set(places(message["data"]))
    for name, cls in types.items():
        lacking = sorted(set(fields(inspect.type_info(cls))) - seen[name])
        if lacking and not seen[name]:
            found.append(f"{name} has no sample: python -m tests.contracts.samples --add")
        elif lacking:
            found.append(f"{name} has no sample with {', '.join(lacking)}: … samples --add")
    return found


def misread(message: Any, cls: type[Contract]) -> Iterator[str]:
    """Where what this build makes of a message differs from what it said."""
    try:
        event = msgspec.json.decode(msgspec.json.encode(message), type=Event)
        payload = msgspec.json.decode(event.data, type=cls)
    except msgspec.ValidationError as error:
        yield f"does not decode any more: {error}"
        return
    again = msgspec.json.decode(msgspec.json.encode(event))
    yield from different(message, again | {"data": msgspec.to_builtins(payload)}, "")


def different(said: Any, read: Any, where: str) -> Iterator[str]:
    """The places of `said` that are missing or otherwise in `read`, which may have more."""
    if isinstance(said, dict) and isinstance(read, dict):
        for key, value in said.items():
            if key not in read:
                yield f"{where}.{key} is not read any more".lstrip(".")
            else:
                yield from different(value, read[key], f"{where}.{key}".lstrip("."))
    elif isinstance(said, list) and isinstance(read, list) and len(said) == len(read):
        for value, other in zip(said, read, strict=True):
            yield from different(value, other, f"{where}[]")
    elif said != read:
        yield f"{where} is read as {read!r}"


def places(value: Any, where: str = "") -> Iterator[str]:
    """The fields that a sample has a value for, as dotted paths."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if inner not in (None, []):
                yield f"{where}{key}"
            yield from places(inner, f"{where}{key}.")
    elif isinstance(value, list):
        for inner in value:
            yield from places(inner, where)


def fields(kind: inspect.Type, where: str = "") -> Iterator[str]:
    """The fields that a type has, as dotted paths."""
    match kind:
        case inspect.StructType(fields=found):
            for field in found:
                yield f"{where}{field.encode_name}"
                yield from fields(field.type, f"{where}{field.encode_name}.")
        case inspect.ListType(item_type=item):
            yield from fields(item, where)
        case inspect.Metadata(type=inner):
            yield from fields(inner, where)
        case inspect.UnionType(types=types):
            for each in types:
                yield from fields(each, where)


def example(kind: inspect.Type, name: str = "") -> Any:
    """A value of a type, with all that is optional, for a new sample."""
    match kind:
        case inspect.StructType(fields=found):
            return {field.encode_name: example(field.type, field.name) for field in found}
        case inspect.ListType(item_type=item):
            return [example(item, name)]
        case inspect.Metadata(type=inner, extra_json_schema=extra):
            return extra["enum"][0] if extra and "enum" in extra else example(inner, name)
        case inspect.UnionType(types=types):
            return example(next(each for each in types if not isinstance(each, inspect.NoneType)), name)
        case inspect.UUIDType():
            return str(UUID(bytes=name.encode().ljust(16, b"-")[:16]))
        case inspect.BoolType():
            return True
        case inspect.IntType():
            return NUMBER
        case inspect.DateType():
            return MOMENT[:10]
        case inspect.DateTimeType():
            return MOMENT
    return name


def sample(cls: type[Contract]) -> dict[str, Any]:
    """A message of a contract as it is now, every field with a value."""
    message: dict[str, Any] = example(inspect.type_info(Event))
    return message | {
        "type": cls.event_type,
        "source": f"/rooms/{cls.event_room}",
        "specversion": "1.0",
        "datacontenttype": "application/json",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "data": example(inspect.type_info(cls)),
    }


def add(names: Iterable[str], directory: Path = DIRECTORY) -> list[Path]:
    """Write one more sample for each of these events. Returns the new files."""
    made = []
    for name in names:
        number = 1 + len(list(directory.glob(f"{name}.*.json")))
        path = directory / f"{name}.{number}.json"
        with path.open("xb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(sample(known()[name])), indent=2) + b"\n")
        made.append(path)
    return made


def main() -> int:
    if "--add" in sys.argv[1:]:
        wanted = [fault.split(" ", 1)[0] for fault in faults() if " has no sample" in fault]
        for path in add(wanted):
            print(path)
    print("\n".join(found := faults()), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
