"""The rush as a process of its own: it goes on until its doors are closed, and then tells what it found."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faults.scene import Failed
from rasoi.settings import REPOSITORY

LONGEST_S = 1800  # more than all faults take
SETTLE_S = 90
CLOSED_S = 240.0  # from the closing of the doors to the result


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
        """Raises Failed where it has ended."""
        if self.process.returncode is not None:
            raise Failed(f"the rush ended before its time: {self.last_words()}")

    async def close(self) -> dict[str, Any]:
        """Let nobody in any more; the result once all is settled. Raises Failed."""
        self.check()
        self.process.terminate()
        try:
            out, _ = await asyncio.wait_for(self.process.communicate(), CLOSED_S)
        except TimeoutError:
            raise Failed(f"the rush did not come to its end in {CLOSED_S:.0f} s") from None
        if not out:
            raise Failed(f"the rush has no result: {self.last_words()}")
        return dict(json.loads(out.splitlines()[-1]))

    async def kill(self) -> None:
        """Unless it has ended by itself."""
        if self.process.returncode is None:
            self.process.kill()
            await self.process.communicate()

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def findings(self) -> list[str]:
        """What it told of things lost, doubled or troublesome."""
        told = ("Lost:", "Doubled:", "Trouble:")
        return [line for line in self.log.read_text(errors="replace").splitlines() if line.startswith(told)]
