"""Who is asking: principals, signed tokens, and the guards of routes."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import jwt
import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send
from uuid_utils.compat import uuid7

from rasoi.keys import derive
from rasoi.platform.context import Context
from rasoi.platform.problems import Forbidden, TooManyRequests, Unauthenticated
from rasoi.platform.rate_limit import limit
from rasoi.platform.rights import Rights, not_permitted

ISSUER = "rasoi"
SERVICE_PREFIX = "rasoi_"  # tells a service token from a sign-in, and to whoever finds one what it is
SERVICE_USES = 600  # of one service token in a minute, in all processes where there is Redis
LONGEST_S = 12 * 3600  # no token lives longer, so that a key that signs no more can end
NOT_VALID = "This sign-in is not valid."
REMEMBERED = 10_000  # tokens whose signature needs no second check


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """The person or guest behind a request. `expires` is epoch seconds."""

    kind: str
    id: UUID
    outlet_id: int
    role: str
    session_id: UUID
    table_id: UUID | None = None
    name: str | None = None
    expires: int = 0
    scopes: tuple[str, ...] = ()  # of an integration, which may do nothing else

    @property
    def key(self) -> str:
        """Stable name for idempotency records and audit."""
        return f"{self.kind}:{self.id}"


class Claims(msgspec.Struct, frozen=True):
    """What a token of ours says, and of what types: another installation's, or a future one's, is no token here."""

    aud: Literal["guest", "staff"]
    sub: UUID
    sid: UUID
    outlet: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    role: str
    exp: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    table: UUID | None = None
    name: str | None = None


class SigningKey(msgspec.Struct, frozen=True):
    """A key for tokens. New ones are signed with the latest that has begun; `begins` and `ends` are epoch seconds."""

    kid: str
    salt: bytes = b""
    begins: float = 0
    ends: float = math.inf


FIRST_KEY = SigningKey("1")  # signs until somebody rotates


class Tokens:
    """JWTs signed with keys derived from the installation's secret. `is_revoked` is asked at every reading; `rights` are
    what those who are let in may do."""

    def __init__(self, secret: str, is_revoked: Callable[[UUID], bool] = lambda session: False) -> None:
        self.is_revoked = is_revoked
        self.rights = Rights()
        self._secret = secret
        self._read: dict[str, tuple[SigningKey, Principal]] = {}
        self._services: dict[bytes, Principal] = {}
        self._used: set[UUID] = set()
        self.take((FIRST_KEY,))

    def take(self, keys: Sequence[SigningKey]) -> None:
        """Sign and verify with these from now on, and with no other."""
        self._keys = {key.kid: (key, derive(self._secret, "sign-ins", key.salt)) for key in keys}

    def take_services(self, services: Mapping[bytes, Principal]) -> None:
        """The integrations whose tokens have these hashes come in from now on, and no other."""
        self._services = dict(services)

    def read_service(self, token: str) -> Principal:
        """The integration with this token. Raises Unauthenticated."""
        principal = self._services.get(hashlib.sha256(token.encode()).digest())
        now = time.time()
        if principal is None or principal.expires <= now or self.is_revoked(principal.session_id):
            raise Unauthenticated("This service token is not valid.")
        self._used.add(principal.id)
        return principal

    def take_uses(self) -> list[UUID]:
        """The integrations that have called since this was asked last."""
        used, self._used = sorted(self._used), set()
        return used

    def _signing(self, now: float) -> tuple[SigningKey, str]:
        """The latest that has begun; the first to begin where this clock is behind the database's."""
        keys = sorted(self._keys.values(), key=lambda each: each[0].begins)
        return next((each for each in reversed(keys) if each[0].begins <= now), keys[0])

    def issue(self, principal: Principal, seconds: int) -> str:
        """A token good for `seconds` from now, within LONGEST_S."""
        key, secret = self._signing(time.time())
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": principal.kind,
            "sub": str(principal.id),
            "jti": str(uuid7()),
            "sid": str(principal.session_id),
            "iat": now,
            "exp": now + min(seconds, LONGEST_S),
            "outlet": principal.outlet_id,
            "role": principal.role,
            "table": str(principal.table_id) if principal.table_id else None,
            "name": principal.name,
        }
        return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": key.kid})

    def read(self, token: str) -> Principal:
        """The principal of a valid token. Raises Unauthenticated for a forged, expired or revoked one."""
        found = self._read.get(token)
        if found is None:
            found = self._verify(token)
            if len(self._read) >= REMEMBERED:
                self._read.clear()
            self._read[token] = found
        key, principal = found
        now = time.time()
        if key.kid not in self._keys or self._keys[key.kid][0].ends <= now:
            raise Unauthenticated(NOT_VALID)
        if principal.expires <= now:
            raise Unauthenticated("This sign-in has expired.")
        if self.is_revoked(principal.session_id):
            raise Unauthenticated("This sign-in has been ended.")
        return principal

    def _verify(self, token: str) -> tuple[SigningKey, Principal]:
        """Signature and claims, and by which key."""
        try:
            key, secret = self._keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token,
                secret,
                algorithms=["HS256"],
                audience=["guest", "staff"],
                issuer=ISSUER,
                options={"require": ["exp", "iat", "aud", "iss", "sub", "jti"]},
            )
            said = msgspec.convert(claims, Claims)
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("This sign-in has expired.") from None
        except (
            jwt.InvalidTokenError,
            KeyError,
            msgspec.ValidationError,
            ValueError,
            TypeError,
            ArithmeticError,
            RecursionError,
        ):
            raise Unauthenticated(NOT_VALID) from None
        if (said.aud == "guest") != (said.role == "guest"):
            raise Unauthenticated(NOT_VALID)
        return key, Principal(
            kind=said.aud,
            id=said.sub,
            outlet_id=said.outlet,
            role=said.role,
            session_id=said.sid,
            table_id=said.table,
            name=said.name,
            expires=said.exp,
        )


class AuthMiddleware(ASGIMiddleware):
    """Puts the principal, if any, where guards and handlers find it. Reads the token once per request."""

    def __init__(self, ctx: Context) -> None:
        self.ctx, self.tokens = ctx, ctx.get(Tokens)

    async def identify(self, scope: Scope) -> None:
        header = next((v for k, v in scope["headers"] if k == b"authorization"), b"")
        scheme, _, token = header.decode("latin-1").partition(" ")
        scope["user"], scope["auth"] = None, self.tokens.rights
        if token and scheme.lower() == "bearer":
            try:
                token = token.strip()
                by_service = token.startswith(SERVICE_PREFIX)
                scope["user"] = await self._service(token) if by_service else self.tokens.read(token)
            except (Unauthenticated, TooManyRequests) as refused:
                scope["state"]["refused"] = refused

    async def _service(self, token: str) -> Principal:
        """The integration with this token, whose call is counted. Raises Unauthenticated, and TooManyRequests."""
        principal = self.tokens.read_service(token)
        said = f"A service token is good for {SERVICE_USES} calls a minute."
        await limit(self.ctx, "service token", str(principal.id), SERVICE_USES, 60, said)
        return principal

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        await self.identify(scope)
        await next_app(scope, receive, send)


def principal_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Principal:
    """The caller. Raises Unauthenticated when there is none."""
    user = connection.scope.get("user")
    if isinstance(user, Principal):
        return user
    raise connection.scope["state"].get("refused") or Unauthenticated("Please sign in.")


class Allow:
    """A guard that lets some roles in. Asynchronous, since a plain function would be run in a thread."""

    def __init__(self, *roles: str, scope: str | None = None) -> None:
        self.roles = frozenset(roles)
        self.scope = scope

    def and_scope(self, scope: str) -> Allow:
        """The same, open also to integrations that have this scope."""
        return Allow(*self.roles, scope=scope)

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        caller = principal_of(connection)
        if caller.kind == "service" and self.scope not in caller.scopes:
            raise Forbidden("This service token's scopes do not allow this.")
        if caller.kind != "service" and caller.role not in self.roles:
            raise Forbidden("Your role does not allow this.")


APPROVAL = b"manager-approval"  # the header that carries a lift


class Permit(Allow):
    """A guard that lets in who has a permission besides. Guests, where they may come in, need none. With `liftable` also
    who brings somebody's approval: the use-case takes it, or refuses."""

    def __init__(
        self, permission: str, *roles: str, scope: str | None = None, liftable: bool = False
    ) -> None:
        super().__init__(*roles, scope=scope)
        self.permission = permission
        self.liftable = liftable

    def and_scope(self, scope: str) -> Permit:
        return Permit(self.permission, *self.roles, scope=scope, liftable=self.liftable)

    def or_lifted(self) -> Permit:
        """The same, for acts that one approval may cover."""
        return Permit(self.permission, *self.roles, scope=self.scope, liftable=True)

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        await super().__call__(connection, handler)
        caller = principal_of(connection)
        rights: Rights = connection.scope["auth"]
        if caller.kind != "staff" or rights.of(caller.outlet_id, caller.role, self.permission).allowed:
            return
        if not (self.liftable and any(name == APPROVAL for name, _ in connection.scope["headers"])):
            raise not_permitted(self.permission)


def allow(*roles: str) -> Allow:
    """The guard for routes open to `roles` only."""
    return Allow(*roles)


async def public(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """The guard of routes that anyone may call; stated, so that a route without a guard is a fault."""
