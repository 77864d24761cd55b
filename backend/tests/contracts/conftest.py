"""Golden vectors: cases with their answers, which the tests of every language that has the rule read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from rasoi import contracts

VECTORS = Path(contracts.__file__).parent / "vectors"
Case = dict[str, Any]


class Vectors(msgspec.Struct, forbid_unknown_fields=True):
    """A file: the rule in a sentence, and its cases."""

    rule: str
    cases: list[Case]


def cases(name: str) -> pytest.MarkDecorator:
    """Run a test once for each case of `vectors/<name>.json`, as its argument `case`."""
    found = msgspec.json.decode((VECTORS / f"{name}.json").read_bytes(), type=Vectors).cases
    assert found, name
    return pytest.mark.parametrize("case", found, ids=range(len(found)))
