"""Errors that know their HTTP status, rendered in one place as RFC 9457 problem details.

Problem 500
├── BadRequest 400          ├── RequestTimeout 408     ├── TooManyRequests 429
├── Unauthenticated 401     ├── Conflict 409           ├── BadGateway 502
├── Forbidden 403           ├── TooLarge 413           ├── Unavailable 503
├── NotFound 404            ├── UriTooLong 414         └── GatewayTimeout 504
└── MethodNotAllowed 405    └── Unprocessable 422

Each has a `slug` of its own, which names its `type` for good; docs/problems.md lists all of them.
"""

from __future__ import annotations

from typing import Any, ClassVar

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from rasoi.platform import tracing
from rasoi.platform.events import correlation_id

log = structlog.get_logger(__name__)
NO_BODY = "'data'"  # how Litestar says that the body was empty
GONE = "client disconnected prematurely"  # Litestar's words for it, with status 500


class Problem(Exception):
    """Base of every error that a caller may see. `slug` names it for good in `type`."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init_subclass__(cls) -> None:
        """Register the type. Raises TypeError for one that could not be told from another."""
        super().__init_subclass__()
        slug = cls.__dict__.get("slug")
        if slug is None or slug in TYPES:
            raise TypeError(f"{cls.__name__} needs a slug of its own, not {slug or cls.slug}")
        TYPES[slug] = cls

    def __init__(self, detail: str = "", *, headers: dict[str, str] | None = None, **extensions: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.headers = headers or {}
        self.extensions = extensions


TYPES: dict[str, type[Problem]] = {Problem.slug: Problem}


class BadRequest(Problem):
    status, slug, title = 400, "bad-request", "The request can't be read"


class Unauthenticated(Problem):
    status, slug, title = 401, "unauthenticated", "Please sign in"


class Forbidden(Problem):
    status, slug, title = 403, "forbidden", "Not allowed"


class NotFound(Problem):
    status, slug, title = 404, "not-found", "Not found"


class MethodNotAllowed(Problem):
    status, slug, title = 405, "method-not-allowed", "This path can't be asked in this way"


class RequestTimeout(Problem):
    """Of the gateway."""

    status, slug, title = 408, "request-timeout", "The request did not arrive in time"


class Conflict(Problem):
    status, slug, title = 409, "conflict", "This conflicts with the present state"


class Busy(Conflict):
    slug, title = "busy", "Somebody else is changing this right now"

    def __init__(self, detail: str = "Please try again in a moment.", *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class TooLarge(Problem):
    status, slug, title = 413, "too-large", "The request is too large"


class UriTooLong(Problem):
    """Of the gateway."""

    status, slug, title = 414, "uri-too-long", "The address is too long"


class Unprocessable(Problem):
    status, slug, title = 422, "invalid", "The request is not valid"


class TooManyRequests(Problem):
    status, slug, title = 429, "too-many-requests", "Too many requests"


class BadGateway(Problem):
    """Of the gateway: what it asks is not there, or ended before it had answered."""

    status, slug, title = 502, "bad-gateway", "The service can't be reached"


class Unavailable(Problem):
    """A service that can't work now, most likely for want of its database."""

    status, slug, title = 503, "unavailable", "Not available right now"


class GatewayTimeout(Problem):
    """Of the gateway: the request may have been done all the same."""

    status, slug, title = 504, "gateway-timeout", "The service did not answer in time"


def render(request: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    """The problem as the body of an HTTP answer."""
    body = {
        "type": f"/problems/{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": request.url.path,
        "correlation_id": correlation_id.get(),
        **problem.extensions,
    }
    return Response(
        msgspec.json.encode(body),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=problem.headers,
    )


async def send(response: Response[bytes], to: Any) -> None:
    """An answer made without Litestar's own steps, over ASGI."""
    body = response.content
    headers = [
        (b"content-type", str(response.media_type).encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in response.headers.items()),
    ]
    await to({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await to({"type": "http.response.body", "body": body})


def _fault(each: dict[str, Any]) -> dict[str, str]:
    path, reason = str(each.get("key", "")), str(each.get("message", ""))
    if reason == NO_BODY:
        return {"path": "", "reason": "A JSON body is needed."}
    return {"path": path, "reason": reason}


def from_validation(error: ValidationException) -> Problem:
    """Litestar's complaint about parameters or body, field by field."""
    found = error.extra if isinstance(error.extra, list) else []
    errors = [_fault(each) for each in found if isinstance(each, dict)]
    reason = "; ".join(f"{e['path']}: {e['reason']}" if e["path"] else e["reason"] for e in errors)
    return Unprocessable(reason or error.detail, errors=errors)


BY_STATUS: dict[int, type[Problem]] = {
    cls.status: cls
    for cls in (
        BadRequest,
        Unauthenticated,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        Conflict,
        TooLarge,
        Unprocessable,
        TooManyRequests,
        Unavailable,
    )
}


def from_http(error: HTTPException) -> Problem:
    """A framework error (unknown path, wrong method, unreadable JSON, too large) as a problem of ours."""
    if isinstance(error, ValidationException):
        return from_validation(error)
    headers = {str(k): str(v) for k, v in (error.headers or {}).items()}
    return BY_STATUS.get(error.status_code, BadRequest)(error.detail, headers=headers)


def from_database(error: Exception) -> Problem | None:
    """Waiting too long for a lock, or a database that is away: say when to come back."""
    if isinstance(error, asyncpg.CharacterNotInRepertoireError | asyncpg.UntranslatableCharacterError):
        return Unprocessable("Text can't contain the NUL character.")
    if isinstance(
        error, (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
    ):
        return Busy()
    if isinstance(
        error,
        asyncpg.InvalidCatalogNameError
        | asyncpg.PostgresConnectionError
        | asyncpg.InterfaceError
        | ConnectionError
        | TimeoutError
        | FileNotFoundError  # its socket, while it starts
        | asyncpg.InternalClientError  # what asyncpg says of a connection lost in the middle
        | asyncpg.TooManyConnectionsError
        | asyncpg.CannotConnectNowError
        | asyncpg.AdminShutdownError
        | asyncpg.CrashShutdownError
        | asyncpg.IdleInTransactionSessionTimeoutError
        | asyncpg.TransactionTimeoutError,
    ):
        return Unavailable(
            "The database can't be reached. A change may have been made all the same; asking again with the same "
            "key makes it once.",
            headers={"Retry-After": "2"},
        )
    return None


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The one exception handler of the application."""
    if isinstance(error, Problem):
        return render(request, error)
    if isinstance(error, HTTPException) and error.status_code < 500:
        return render(request, from_http(error))
    if isinstance(error, HTTPException) and error.detail == GONE:
        return render(request, BadRequest("The request ended before it was whole."))
    problem = from_database(error)
    if problem is None:
        log.error("unhandled", path=request.url.path, exc_info=error)
        tracing.record_failure(request.scope, error)
        problem = Problem("The fault is recorded; please try again.")
    return render(request, problem)
