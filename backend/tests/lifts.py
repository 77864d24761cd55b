"""An approval as the staff room gives it, for tests of the acts that it covers."""

from __future__ import annotations

from rasoi.platform.auth import Principal
from rasoi.platform.database import Database
from rasoi.staff import credentials

PEOPLE = """INSERT INTO staff.person (outlet_id, id, name, role, pin_hash) VALUES
  ($1, $2, $3, $4, sha256('PIN')), ($1, $5, 'Binod', $6, sha256('PIN')) ON CONFLICT DO NOTHING"""
SESSION = """INSERT INTO staff.session (outlet_id, id, person_id, refresh_hash, expires_at)
VALUES ($1, $2, $3, sha256('x'), now() + interval '1 hour') ON CONFLICT DO NOTHING"""
LIFT = """INSERT INTO staff.lift (outlet_id, token_hash, session_id, permission, subject, amount_paise, approver_id, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, now() + interval '1 minute')"""


async def lift(
    owner: Database,
    who: Principal,
    permission: str,
    subject: str,
    paise: int = 0,
    *,
    token: str = "an approval",
    role: str = "manager",
) -> str:
    """Binod's approval for `who`."""
    binod = await owner.fetchval("SELECT uuidv7()")
    await owner.execute(PEOPLE, who.outlet_id, who.id, who.name or "Somebody", who.role, binod, role)
    await owner.execute(SESSION, who.outlet_id, who.session_id, who.id)
    hashed = credentials.digest(token)
    await owner.execute(LIFT, who.outlet_id, hashed, who.session_id, permission, subject, paise, binod)
    return token


async def is_used(owner: Database, token: str = "an approval") -> bool:
    """Whether an act has used it up."""
    sql = "SELECT used_at IS NOT NULL FROM staff.lift WHERE token_hash = $1"
    return bool(await owner.fetchval(sql, credentials.digest(token)))
