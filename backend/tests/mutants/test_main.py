"""Which tests are run unchanged before a run: those that are new or changed, or all once the code has changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mutants import __main__ as main
from mutants.areas import Area

FILES = ["tests/mutants/test_python.py", "tests/mutants/test_sql.py"]
AREA = Area("a", (), tuple(file.removeprefix("tests/") for file in FILES))


class Worker:
    """Stands for a worker process."""

    def __init__(self, outcome: str = "survived") -> None:
        self.outcome = outcome
        self.ran: list[str] = []

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        self.ran += job["tests"]
        calls = {f"{file}::test": {"seconds": 1, "calls": []} for file in job["tests"]}
        return {"outcome": self.outcome, "output": "what failed", "calls": calls}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(main, "KEPT", tmp_path)
    monkeypatch.setattr(main.Remote, "run", Worker.run)
    return tmp_path / "calls.json"


def ran() -> list[str]:
    """The files that are run, by two workers that share them."""
    workers: Any = [Worker(), Worker()]
    selection = main.baseline(workers, [AREA])
    assert set(selection.by_test) == {f"{file}::test" for file in FILES}
    assert all(len(worker.ran) < 2 for worker in workers)
    return sorted(workers[0].ran + workers[1].ran)


def test_only_what_changed_is_run_again(kept: Path) -> None:
    assert ran() == FILES
    assert ran() == []
    known = json.loads(kept.read_text())
    known["files"][FILES[1]] = "another text"
    kept.write_text(json.dumps(known))
    assert ran() == FILES[1:]
    kept.write_text(json.dumps(known | {"state": "other code"}))
    assert ran() == FILES


def test_tests_that_fail_end_the_run(kept: Path) -> None:
    workers: Any = [Worker("killed")]
    with pytest.raises(SystemExit, match="what failed\nmutants: the tests must pass first"):
        main.baseline(workers, [AREA])
    assert not kept.exists()
