"""The first outlet and its owner: by a link for one use that the platform's terminal shows, or by `rasoi init`."""

from __future__ import annotations

import hmac
import secrets
import time
from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.params import JSONBody
from msgspec import Meta

from rasoi.platform.auth import public
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.problems import Conflict, Forbidden
from rasoi.platform.rate_limit import limit
from rasoi.settings import is_loopback
from rasoi.staff import api, credentials, repository
from rasoi.staff.schemas import Name, NewOutlet, NewPerson, Password, Username
from rasoi.staff.service import ensure_person, insert_outlet

LIFETIME_S = 3600
Token = Annotated[str, Meta(min_length=1, max_length=100)]


class SetUpAlready(Conflict):
    slug, title = "set-up-already", "There is a restaurant already"


class OnlyOnTheMachine(Forbidden):
    slug, title = "only-on-the-machine", "This works on the machine of the platform only"


class LinkNotValid(Forbidden):
    slug, title = "link-not-valid", "This link is not valid, or not any more"


class FirstOwner(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    username: Username
    password: Password


class Link(msgspec.Struct, forbid_unknown_fields=True):
    token: Token


class SetUp(Link, forbid_unknown_fields=True):
    outlet: NewOutlet
    owner: FirstOwner


class SetUpOutlet(msgspec.Struct):
    """Where the owner signs in now."""

    outlet_name: str
    username: str


class FirstRun:
    """The link of a platform that has no restaurant: good for an hour, once. The process that shows it knows it alone."""

    def __init__(self) -> None:
        self.end()

    def begin(self) -> str:
        """Another link's token."""
        token = secrets.token_urlsafe(24)
        self._digest, self._until = credentials.digest(token), time.monotonic() + LIFETIME_S
        return token

    def end(self) -> None:
        self._digest, self._until = b"", 0.0

    def is_good(self, token: str) -> bool:
        return time.monotonic() < self._until and hmac.compare_digest(self._digest, credentials.digest(token))


async def set_up(db: Database, pin_key: str, new: NewOutlet, owner: NewPerson) -> int:
    """The first outlet and its owner, together or not at all; the outlet's number. Raises SetUpAlready, WrongSetting."""
    async with db.transaction("staff") as tx:
        outlet_id = await repository.next_outlet_id(tx)  # whoever does the same at this moment comes second
        if await api.any_outlet(tx):
            raise SetUpAlready("`rasoi people reset-password` helps who is locked out.")
        await insert_outlet(tx, outlet_id, new)
        person = await ensure_person(tx, pin_key, outlet_id, owner)
        await api.audit_job(
            tx, outlet_id, "outlet.set_up", f"person:{person}", {"person": owner.name, "role": "owner"}
        )
    return outlet_id


async def _require_link(ctx: Context, request: Request[Any, Any, Any], address: str, token: str) -> None:
    await limit(ctx, "first run", address, most=60, seconds=60)
    if await api.any_outlet(ctx.db):
        raise SetUpAlready("Sign in under Manage; `rasoi people reset-password` helps who is locked out.")
    if not (is_loopback(address) and is_loopback(request.base_url.hostname or "")):
        raise OnlyOnTheMachine("Please open the link on the machine where the platform was started.")
    if not ctx.get(FirstRun).is_good(token):
        raise LinkNotValid("It works once and for an hour; start the platform anew to get another one.")


@post("/api/setup/link", guards=[public], status_code=204, tags=["staff"])
async def check_link(
    data: JSONBody[Link], ctx: Context, caller_address: str, request: Request[Any, Any, Any]
) -> None:
    """Whether a link of the terminal still sets up the first outlet."""
    await _require_link(ctx, request, caller_address, data.token)


@post("/api/setup", guards=[public], tags=["staff"])
async def first_set_up(
    data: JSONBody[SetUp], ctx: Context, caller_address: str, request: Request[Any, Any, Any]
) -> SetUpOutlet:
    """Set up an empty platform: the first outlet and its owner, by a link of the terminal. On its own machine only."""
    await _require_link(ctx, request, caller_address, data.token)
    given = msgspec.structs.asdict(data.owner)
    await set_up(ctx.db, ctx.settings.pin_key, data.outlet, NewPerson(role="owner", **given))
    ctx.get(FirstRun).end()
    return SetUpOutlet(data.outlet.name, data.owner.username)


ROUTES = (check_link, first_set_up)
