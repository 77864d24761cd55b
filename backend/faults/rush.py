"""The rush as a process of its own: it goes on until no more guests are let in, and then reports what it found."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faults.stack_view import FaultNotSurvived
from rasoi.settings import REPOSITORY

LONGEST_S = 1800  # more than all faults take
SETTLE_S = 90
COMPLETION_S = 240.0  # from the last guest to the result


@dataclass
class Rush:
    """`log` is where its progress and its troubles go."""

    process: Process
    log: Path

    @classmethod
    async def begin(cls, url: str, rate: float, seed: int, log: Path) -> Rush:
        orders = round(rate * LONGEST_S)
        argv = [
            sys.executable, "-m", "rasoi.cli", "rush", "--url", url, "--orders", str(orders), "--rate", str(rate),
            "--seed", str(seed), "--settle", str(SETTLE_S), "--json",
        ]  # fmt: skip
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *argv, cwd=REPOSITORY / "backend", stdout=PIPE, stderr=output
            )
        return cls(process, log)

    def check(self) -> None:
        """Raises FaultNotSurvived where it has ended."""
        if self.process.returncode is not None:
            raise FaultNotSurvived(f"the rush ended before its time: {self.last_line()}")

    async def finish(self) -> dict[str, Any]:
        """Let nobody in any more; the result once all is settled. Raises FaultNotSurvived."""
        self.check()
        self.process.terminate()
        try:
            async with asyncio.timeout(COMPLETION_S):
                out, _ = await self.process.communicate()
        except TimeoutError:
            late = f"the rush did not come to its end in {COMPLETION_S:.0f} s: {self.last_line()}"
            raise FaultNotSurvived(late) from None
        if not out:
            raise FaultNotSurvived(f"the rush has no result: {self.last_line()}")
        return dict(json.loads(out.splitlines()[-1]))

    async def kill(self) -> None:
        """Unless it has ended by itself."""
        if self.process.returncode is None:
            self.process.kill()
            await self.process.communicate()

    def last_line(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def findings(self) -> list[str]:
        """Its lines about things lost, doubled or troublesome."""
        prefixes = ("Lost:", "Doubled:", "Trouble:")
        return [
            line for line in self.log.read_text(errors="replace").splitlines() if line.startswith(prefixes)
        ]
