"""The kitchen's HTTP routes."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, Parameter

from rasoi.contracts.kitchen import TicketState
from rasoi.kitchen import repository, service
from rasoi.kitchen.schemas import (
    ActionResults,
    Actions,
    BoardView,
    PassView,
    StationName,
    Stations,
    Tickets,
)
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.paging import Limit, read_page
from rasoi.platform.problems import NotFound
from rasoi.platform.roles import STAFF, Approval
from rasoi.platform.static_files import Build
from rasoi.staff import api as staff

StationCode = Annotated[str, Parameter(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f]+$")]


class UnknownStation(NotFound):
    slug, title = "unknown-station", "There is no such station"


def _unknown(station: str) -> UnknownStation:
    return UnknownStation(f"This outlet has no station “{station}”. Choose one from the list.")


@get("/stations")
async def list_stations(ctx: Context, principal: Principal) -> Stations:
    """The outlet's boards, with how much is open on each."""
    return Stations(await repository.stations(ctx.db, principal.outlet_id))


@get(
    "/boards/{station:str}",
    responses={
        200: ResponseSpec(BoardView, generate_examples=False),
        304: ResponseSpec(None, generate_examples=False),
    },
)
async def read_board(
    ctx: Context, principal: Principal, station: StationCode, request: Request[Any, Any, Any]
) -> Response[bytes]:
    """One station's board, 300 tickets of it at most. The ETag is its hash; `Rasoi-Sequence` is its sequence, also with a 304."""
    known = _known_hash(request.headers.get("if-none-match", ""))
    outlet_id = principal.outlet_id
    row = await repository.board(ctx.db, outlet_id, station, known)
    if row is None:
        if not await repository.is_station(ctx.db, outlet_id, station):
            raise _unknown(station)
        row = repository.BoardRow(station, station, 0, 0, "[]")
    if row.tickets is None:
        return _proven(row.sequence, row.hash, None)
    outlet = await staff.outlet(ctx.db, outlet_id)
    view = BoardView(
        outlet_id=outlet_id,
        station=StationName(row.station, row.name),
        sequence=row.sequence,
        hash=row.hash,
        build=ctx.get(Build).name,
        amber_s=outlet.amber_s,
        red_s=outlet.red_s,
        explicit_start=outlet.explicit_start,
        tickets=cast(list[TicketState], msgspec.Raw(row.tickets.encode())),  # JSON already
        more=row.more,
        subjects={f"{outlet_id}:{station}": row.sequence},
    )
    return _proven(row.sequence, row.hash, view)


@get(
    "/pass",
    responses={
        200: ResponseSpec(PassView, generate_examples=False),
        304: ResponseSpec(None, generate_examples=False),
    },
)
async def read_pass(ctx: Context, principal: Principal, request: Request[Any, Any, Any]) -> Response[bytes]:
    """What is not served yet, of all stations. ETag and `Rasoi-Sequence` are as a board's."""
    known = _known_hash(request.headers.get("if-none-match", ""))
    outlet_id = principal.outlet_id
    row = await repository.at_pass(ctx.db, outlet_id, known)
    if row.tickets is None:
        return _proven(row.sequence, row.hash, None)
    outlet = await staff.outlet(ctx.db, outlet_id)
    view = PassView(
        outlet_id=outlet_id,
        stations=cast(list[StationName], msgspec.Raw(row.stations.encode())),  # JSON already, as the tickets
        sequence=row.sequence,
        hash=row.hash,
        build=ctx.get(Build).name,
        amber_s=outlet.amber_s,
        red_s=outlet.red_s,
        tickets=cast(list[TicketState], msgspec.Raw(row.tickets.encode())),
        more=row.more,
        subjects={f"{outlet_id}:{station}": sequence for station, sequence in row.sequences.items()},
    )
    return _proven(row.sequence, row.hash, view)


def _proven(sequence: int, hash: int, view: BoardView | PassView | None) -> Response[bytes]:
    """The view with what proves it, or word that the caller's is still the same."""
    headers = {"ETag": f'"{hash}"', "Rasoi-Sequence": str(sequence), "Cache-Control": "no-cache"}
    body, status = (b"", 304) if view is None else (msgspec.json.encode(view), 200)
    return Response(body, status_code=status, headers=headers, media_type="application/json")


def _known_hash(etag: str) -> int | None:
    """The hash that the caller has, from If-None-Match."""
    digits = etag.strip().removeprefix("W/").strip('"')
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else None


@get("/boards/{station:str}/recent")
async def list_recent(
    ctx: Context, principal: Principal, station: StationCode, cursor: UUID | None = None, limit: Limit = 50
) -> Tickets:
    """What was bumped in the last two hours, newest first: for recall."""
    if not await repository.is_station(ctx.db, principal.outlet_id, station):
        raise _unknown(station)
    find = partial(repository.recent, ctx.db, principal.outlet_id, station, cursor)
    return Tickets(*await read_page(limit, find))


@get("/ready")
async def list_ready(
    ctx: Context, principal: Principal, cursor: UUID | None = None, limit: Limit = 200
) -> Tickets:
    """What waits for the floor: ready and not served yet, or to be cancelled or not. First opened first."""
    find = partial(repository.ready, ctx.db, principal.outlet_id, cursor)
    return Tickets(*await read_page(limit, find))


@post("/actions", status_code=200)
async def apply_actions(
    ctx: Context, principal: Principal, data: JSONBody[Actions], approval: Approval = None
) -> ActionResults:
    """What was done on a screen, applied once by `action_id`, also when sent again. An approval is of an order's
    cancellation."""
    return ActionResults(await service.act(ctx, principal, data.actions, approval))


router = Router(
    "/api/kitchen",
    route_handlers=[list_stations, read_board, read_pass, list_recent, list_ready, apply_actions],
    guards=[STAFF],
    tags=["kitchen"],
)
