"""Outlets, people and their roles, sign-ins, and the audit log."""

from rasoi.contracts.staff import OutletChanged, RightsChanged, SessionRevoked
from rasoi.platform.rooms import Job, Room
from rasoi.staff import handlers
from rasoi.staff.routes import ROUTES

ROOM = Room(
    name="staff",
    routes=ROUTES,
    broadcast_handlers={
        OutletChanged: handlers.outlet_changed,
        RightsChanged: handlers.rights_changed,
        SessionRevoked: handlers.session_revoked,
    },
    jobs=(Job("prune sign-ins", 3600, handlers.prune),),
    start=handlers.start,
    stop=handlers.stop,
    functions={
        "staff.business_day(integer)": ("*",),
        "staff.changed_rights(jsonb)": ("*",),
        "staff.day_began(integer)": ("*",),
        "staff.demo_works()": ("*",),
        "staff.note_uses(uuid[])": ("*",),
        "staff.outlet_ids()": ("*",),
        "staff.open_outlets()": ("*",),
        "staff.hold_open(integer)": ("orders", "payments"),
        "staff.refuse_closed(integer[], date[])": ("orders",),
        "staff.hold_days(integer, date[])": ("orders", "payments"),
        "staff.lock_day(integer, date)": ("payments",),
        "staff.outlets_at(integer[], timestamptz)": ("*",),
        "staff.read_outlet(integer)": ("*",),
        "staff.record_audit(integer, uuid, text, text, text, jsonb)": ("*",),
        "staff.revoked_sessions(integer)": ("*",),
        "staff.service_tokens()": ("*",),
        "staff.signing_keys()": ("*",),
        "staff.use_lift(integer, uuid, bytea, text, text, bigint)": ("*",),
    },
)
