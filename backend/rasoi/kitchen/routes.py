"""The kitchen's HTTP routes."""

from __future__ import annotations

from typing import Annotated, Any, cast

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, Parameter

from rasoi.contracts.kitchen import TicketState
from rasoi.kitchen import repository, service
from rasoi.kitchen.schemas import ActionResults, Actions, BoardView, StationName, Stations, Tickets
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.paging import Limit
from rasoi.platform.roles import STAFF
from rasoi.platform.static_files import Build
from rasoi.staff import api as staff

StationCode = Annotated[str, Parameter(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f]+$")]


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
    """One station's board. The ETag is its hash; `Rasoi-Sequence` is its sequence, also with a 304."""
    known = _known_hash(request.headers.get("if-none-match", ""))
    outlet_id = principal.outlet_id
    row = await repository.board(ctx.db, outlet_id, station, known)
    row = row or repository.BoardRow(station, station, 0, 0, "[]")
    headers = {"ETag": f'"{row.hash}"', "Rasoi-Sequence": str(row.sequence), "Cache-Control": "no-cache"}
    if row.tickets is None:
        return Response(b"", status_code=304, headers=headers, media_type="application/json")
    outlet = await staff.outlet(ctx.db, outlet_id)
    view = BoardView(
        outlet_id=outlet_id,
        station=StationName(row.station, row.name),
        sequence=row.sequence,
        hash=row.hash,
        build=ctx.get(Build).name,
        amber_s=outlet.amber_s,
        red_s=outlet.red_s,
        tickets=cast(list[TicketState], msgspec.Raw(row.tickets.encode())),  # JSON already
        subjects={f"{outlet_id}:{station}": row.sequence},
    )
    return Response(msgspec.json.encode(view), headers=headers, media_type="application/json")


def _known_hash(etag: str) -> int | None:
    """The hash that the caller has, from If-None-Match."""
    digits = etag.strip().removeprefix("W/").strip('"')
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else None


@get("/boards/{station:str}/recent")
async def list_recent(ctx: Context, principal: Principal, station: StationCode, limit: Limit = 50) -> Tickets:
    """What was bumped in the last two hours, newest first: for recall."""
    return Tickets(await repository.recent(ctx.db, principal.outlet_id, station, limit))


@get("/ready")
async def list_ready(ctx: Context, principal: Principal, limit: Limit = 200) -> Tickets:
    """What is ready and not served yet, longest waiting first."""
    return Tickets(await repository.ready(ctx.db, principal.outlet_id, limit))


@post("/actions", status_code=200)
async def apply_actions(ctx: Context, principal: Principal, data: JSONBody[Actions]) -> ActionResults:
    """What was done on a screen, applied once by `action_id`, also when sent again."""
    return ActionResults(await service.act(ctx, principal, data.actions))


router = Router(
    "/api/kitchen",
    route_handlers=[list_stations, read_board, list_recent, list_ready, apply_actions],
    guards=[STAFF],
    tags=["kitchen"],
)
