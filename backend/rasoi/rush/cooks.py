"""The staff at the stoves and on the floor: a kitchen screen per station, and waiters who serve."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from random import Random
from typing import Any
from uuid import uuid4

from rasoi.rush.board import ScreenBoard, is_unseen_void
from rasoi.rush.client import Caller, NoAnswer, Refused
from rasoi.rush.compare import Evidence
from rasoi.rush.screens import Screen

GLANCE_S = 0.15
COMPARE_S = 5.0
START_S, COOK_S, HOLD_S = (0.05, 0.6), (0.3, 1.6), (0.8, 2.0)
RECALLED, AGREES = 0.01, 0.6
PER_CALL = 100
Json = dict[str, Any]


async def act(caller: Caller, actions: Sequence[Json]) -> list[Json]:
    """Send actions, under ids of our own, until they are answered."""
    results: list[Json] = []
    for begin in range(0, len(actions), PER_CALL):
        body = {
            "actions": [{"action_id": str(uuid4()), **action} for action in actions[begin : begin + PER_CALL]]
        }
        results += (await caller.post("/api/kitchen/actions", body))["results"]
    return results


class Cook:
    """One station: its screen, and whoever cooks what it shows."""

    def __init__(self, station: str, outlet: int, caller: Caller, evidence: Evidence, seed: int) -> None:
        self.station, self.caller, self.evidence = station, caller, evidence
        self.chance = Random(f"{seed}:{station}")
        self.board = ScreenBoard()
        # of a ticket: the state it is in and when its next step is due; its order and when it was first seen
        self.due: dict[str, tuple[str, float]] = {}
        self.first_seen: dict[str, tuple[str, float]] = {}
        self.fetching = asyncio.Lock()
        self.screen = Screen(
            caller,
            f"kitchen:{outlet}:{station}",
            on_joined=self.refetch,
            on_change=self.take_in,
            on_cut=self.board.lose_track,
        )

    def works(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Screen, cook and comparison, each until cancelled."""
        return self.screen.run(), self.cook(), self.compare()

    def take_in(self, change: Json) -> None:
        data = change["data"]
        self.see(data["ticket"])
        if not self.board.change(data) and not self.fetching.locked():
            self.refetching = asyncio.create_task(self.refetch())

    async def refetch(self) -> None:
        """The server's picture of now. What arrives meanwhile waits in the board."""
        async with self.fetching:
            try:
                board = await self.caller.get(f"/api/kitchen/boards/{self.station}")
            except (NoAnswer, Refused):
                self.board.lose_track()
                return
            for ticket in board["tickets"]:
                self.see(ticket)
            self.board.snapshot(board)

    def see(self, ticket: Json) -> None:
        if ticket["id"] not in self.first_seen:
            self.first_seen[ticket["id"]] = (ticket["order_id"], time.time())
            self.evidence.shares[ticket["id"]] = (ticket["order_id"], self.station, ticket["course"])

    async def compare(self) -> None:
        """Every few seconds: is what we show what the server has?"""
        while True:
            await asyncio.sleep(COMPARE_S)
            known, shown = self.board.sequence, self.board.hash
            headers = {"If-None-Match": f'"{shown}"'}
            try:
                answer = await self.caller.ask("GET", f"/api/kitchen/boards/{self.station}", headers=headers)
            except (NoAnswer, Refused):
                continue
            if answer.status == 304 or known != self.board.sequence or answer.body["sequence"] != known:
                continue
            await self.refetch()

    async def cook(self) -> None:
        while True:
            await asyncio.sleep(GLANCE_S)
            actions = [
                action for ticket in list(self.board.tickets.values()) for action in self.next_step(ticket)
            ]
            with suppress(NoAnswer, Refused):
                await act(self.caller, actions)

    def next_step(self, ticket: Json) -> list[Json]:
        """What the cook does to a ticket now; nothing while it is not its time."""
        if any(map(is_unseen_void, ticket["items"])):
            return [{"action": "acknowledge", "ticket_id": ticket["id"]}]
        if ticket["cancel_decider"] == "kitchen":
            return [decision(ticket)]
        state, due = self.due.get(ticket["id"], ("", 0.0))
        if state != ticket["state"]:
            pause = {"held": HOLD_S, "queued": START_S, "cooking": COOK_S}[ticket["state"]]
            self.due[ticket["id"]] = (ticket["state"], time.monotonic() + self.chance.uniform(*pause))
            return []
        if time.monotonic() < due:
            return []
        if ticket["state"] != "cooking":
            return [{"action": "fire" if ticket["state"] == "held" else "start", "ticket_id": ticket["id"]}]
        bump = {"action": "bump", "ticket_id": ticket["id"]}
        if self.chance.random() < RECALLED:
            self.due.pop(ticket["id"])
            return [bump, {"action": "recall", "ticket_id": ticket["id"]}]
        return [bump]


def decision(ticket: Json) -> Json:
    """Whether the order is cancelled after all; the same whoever is asked."""
    agrees = Random(ticket["order_id"]).random() < AGREES
    return {"action": "accept_cancel" if agrees else "refuse_cancel", "order_id": ticket["order_id"]}


class Floor:
    """Waiters who carry what is ready to the guests, told by their own screen."""

    def __init__(self, outlet: int, caller: Caller) -> None:
        self.caller = caller
        self.ready = asyncio.Event()
        self.screen = Screen(caller, f"floor:{outlet}", on_joined=self.look, on_change=self.hear)

    async def look(self) -> None:
        self.ready.set()

    def hear(self, change: Json) -> None:
        ticket = change["data"].get("ticket")
        if ticket and (ticket["state"] == "ready" or ticket["cancel_decider"] == "floor"):
            self.ready.set()

    def works(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Screen and waiters, each until cancelled."""
        return self.screen.run(), self.serve()

    async def serve(self) -> None:
        while True:
            await asyncio.sleep(GLANCE_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await self.ready.wait()
            self.ready.clear()
            with suppress(NoAnswer, Refused):
                ready = (await self.caller.get("/api/kitchen/ready?limit=200"))["items"]
                asked = [decision(ticket) for ticket in ready if ticket["cancel_decider"] == "floor"]
                served = [ticket for ticket in ready if not ticket["cancel_requested"]]
                await act(self.caller, asked)
                await act(self.caller, [{"action": "serve", "ticket_id": ticket["id"]} for ticket in served])
