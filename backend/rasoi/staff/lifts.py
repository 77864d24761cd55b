"""A manager's PIN for one act of somebody whose role may not do it, on the device that he works at."""

from __future__ import annotations

import hmac
import secrets
from typing import Annotated, ClassVar, Literal
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.context import Context
from rasoi.platform.problems import Forbidden
from rasoi.platform.rate_limit import limit
from rasoi.platform.roles import STAFF
from rasoi.staff import api, credentials, device_repository, devices, guessing, lifts_repository, repository
from rasoi.staff.device_routes import DeviceToken
from rasoi.staff.device_schemas import DevicePerson
from rasoi.staff.domain import PersonRow, UnknownDevice
from rasoi.staff.guessing import Source, Tries
from rasoi.staff.schemas import LINE, Pin

TAGS = ["staff"]
GOOD_S = 60
MOST_PAISE = 10_000_000_00
Liftable = Literal[
    "refund",
    "write_off",
    "walk_outs",
    "cancel_orders",
    "cancel_made",
    "void_begun",
    "discount",
    "complimentary",
]
Paise = Annotated[int, QueryParameter(ge=0, le=MOST_PAISE)]


class WrongPin(Forbidden):
    """No 401: who asks is signed in, and a client that took it for the end of that would send the PIN again."""

    slug: ClassVar[str] = "wrong-pin"
    title: ClassVar[str] = "That PIN is wrong"


class NewLift(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whose PIN, and for which act: `subject` is the id that the act's address or body names, `amount_paise` what it may
    come to, 0 where it has no amount."""

    person_id: UUID
    pin: Pin
    permission: Liftable
    subject: Annotated[str, Meta(min_length=1, max_length=60, pattern=LINE)]
    amount_paise: Annotated[int, Meta(ge=0, le=MOST_PAISE)] = 0


class MadeLift(msgspec.Struct):
    """`token` goes into the act's `Manager-Approval` header; it is good once, for `expires_in` seconds."""

    token: str
    expires_in: int


class Approvers(msgspec.Struct):
    """By name."""

    items: list[DevicePerson]


async def people(ctx: Context, principal: Principal, permission: str, paise: int) -> Approvers:
    """Who has a PIN and may do this himself."""
    rights = ctx.get(Tokens).rights
    found = await lifts_repository.people_with_pins(ctx.db, principal.outlet_id)
    return Approvers(
        [
            each
            for each in found
            if each.id != principal.id and rights.covers(principal.outlet_id, each.role, permission, paise)
        ]
    )


async def give(
    ctx: Context, principal: Principal, new: NewLift, device_token: str | None, address: str
) -> MadeLift:
    """The approver's wrong tries count as those of signing in at this device by PIN do."""
    device = await devices.device_of(ctx, device_token)
    await limit(ctx, "pin", str(device.id), most=60, seconds=60)
    source, outlet_id, token = Source(address, device), principal.outlet_id, secrets.token_urlsafe(32)
    tries = Tries("pin", str(new.person_id), source, trusted=True)
    async with ctx.db.transaction("staff") as tx:
        if not (
            device.outlet_id == outlet_id
            and await device_repository.hold(tx, device)
            and await lifts_repository.is_at_device(tx, outlet_id, principal.session_id, device.id)
        ):
            raise UnknownDevice("A PIN is good on the device that you are signed in at.")
        person = await repository.person(tx, outlet_id, new.person_id, "FOR SHARE")
        if person is None or not person.active or person.pin_hash is None or person.id == principal.id:
            raise WrongPin("Nobody else approves here by that name.")
        ctx.get(Tokens).rights.require(outlet_id, person.role, new.permission, new.amount_paise)
        now = await tries.begin(tx)
        if _fits(ctx, person, new.pin):
            await lifts_repository.add(
                tx,
                outlet_id,
                credentials.digest(token),
                principal.session_id,
                new.permission,
                new.subject,
                new.amount_paise,
                person.id,
                GOOD_S,
            )
            await api.audit_as(tx, person, "lift.given", new.subject, _detail(new, principal))
            return MadeLift(token, GOOD_S)
        locks = await tries.count(tx, now)
        await guessing.record(tx, person, "pin", "locked out" if locks else "failed", source)
    raise WrongPin("That PIN is wrong.")


def _fits(ctx: Context, person: PersonRow, pin: str) -> bool:
    given = credentials.pin_hash(ctx.settings.pin_key, person.outlet_id, pin)
    return person.pin_hash is not None and hmac.compare_digest(person.pin_hash, given)


def _detail(new: NewLift, principal: Principal) -> dict[str, object]:
    detail: dict[str, object] = {
        "permission": new.permission,
        "for": principal.name,
        "for_id": str(principal.id),
    }
    if new.amount_paise:
        detail["amount_paise"] = new.amount_paise
    return detail


@get("/api/staff/lifts/people", guards=[STAFF], tags=TAGS)
async def list_approvers(
    principal: Principal, ctx: Context, permission: Liftable, amount_paise: Paise = 0
) -> Approvers:
    """Whose PIN can lift this act."""
    return await people(ctx, principal, permission, amount_paise)


@post("/api/staff/lifts", guards=[STAFF], tags=TAGS)
async def give_lift(
    data: JSONBody[NewLift],
    principal: Principal,
    ctx: Context,
    caller_address: str,
    device_token: DeviceToken = None,
) -> MadeLift:
    """Let the person who is signed in at this device do one act that his role may not, by the PIN of somebody who may."""
    return await give(ctx, principal, data, device_token, caller_address)


ROUTES = (list_approvers, give_lift)
