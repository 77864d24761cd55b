"""Calls of Razorpay's SDK, which blocks and knows no deadline: each in a thread that ends when its caller stops waiting.

The SDK is imported at its first use: it is large.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import certifi

from rasoi.payments.metrics import PROVIDER_SECONDS
from rasoi.payments.providers.protocol import OutcomeUnknown, RequestRejected
from rasoi.platform import tracing

CLEAR_REFUSALS = frozenset({400, 404, 405, 422})


class SdkCalls:
    """Clients of the SDK, each used by one call at a time; one whose call was given up is not used again."""

    def __init__(
        self,
        name: str,
        auth: tuple[str, str],
        base_url: str | None,
        timeout: tuple[float, float],
        *,
        simulated: bool,
    ) -> None:
        self._name, self._auth, self._base_url, self._timeout = name, auth, base_url, timeout
        self._simulated = simulated
        self._idle: list[SdkClient] = []
        self._busy: set[SdkClient] = set()

    async def ask(self, call: Callable[..., Any]) -> Any:
        """One call. Anything but a clean answer is OutcomeUnknown. Cancelled, it leaves no thread behind."""
        began, outcome = time.perf_counter(), "unknown"
        client = self._idle.pop() if self._idle else self._new_client()
        self._busy.add(client)
        try:
            with tracing.calling(self._name) as span:
                found = await self._in_thread(lambda: client.run(call, self._timeout, span))
            outcome = "ok"
            return found
        except RequestRejected:
            outcome = "refused"
            raise
        except asyncio.CancelledError:
            client.abort()
            raise
        finally:
            self._busy.discard(client)
            if not client.aborted:
                self._idle.append(client)
            PROVIDER_SECONDS.labels(outcome).observe(time.perf_counter() - began)

    def _new_client(self) -> SdkClient:
        return SdkClient(self._name, self._auth, self._base_url, simulated=self._simulated)

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        """In a daemon thread: one that hangs in a name lookup does not keep the process from ending."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def finish(found: Any, error: BaseException | None) -> None:
            if done.done():
                return
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(found)

        def run() -> None:
            found, error = None, None
            try:
                found = work()
            except BaseException as raised:
                error = raised
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(finish, found, error)

        threading.Thread(target=run, name=self._name, daemon=True).start()
        return await done

    def close(self) -> None:
        """Give up what is under way."""
        for client in list(self._busy):
            client.abort()
        for client in self._idle:
            client.abort()
        self._idle.clear()


class SdkClient:
    """One client of the SDK with a session of its own, whose connection can be ended from another thread."""

    def __init__(self, name: str, auth: tuple[str, str], base_url: str | None, *, simulated: bool) -> None:
        self._name, self._auth, self._base_url, self._simulated = name, auth, base_url, simulated
        self._client: Any = None
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._status, self._span = 0, None
        self.aborted = False

    def run(self, call: Callable[..., Any], timeout: tuple[float, float], span: Any) -> dict[str, Any]:
        """The call, in this thread. `timeout` is for connecting and for each read, not for the whole."""
        import razorpay
        import requests

        if self._client is None:
            self._client = self._make()
        self._status, self._span = 0, span
        try:
            found = call(self._client, timeout=timeout)
        except razorpay.errors.BadRequestError as error:
            # the SDK also says "bad request" for a wrong key and for "too many"
            if self._status in CLEAR_REFUSALS:
                raise RequestRejected(str(error)) from None
            raise OutcomeUnknown(f"status {self._status}: {error}") from None
        except (
            razorpay.errors.ServerError,
            razorpay.errors.GatewayError,
            requests.RequestException,
            OSError,
            ValueError,
        ) as error:
            raise OutcomeUnknown(f"{type(error).__name__}, status {self._status}") from None
        if not isinstance(found, dict):
            raise OutcomeUnknown("the answer is no object")
        return found

    def abort(self) -> None:
        """End the connection, so that the thread that reads from it goes on; from any thread."""
        with self._lock:
            self.aborted = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)
                self._socket.close()
                self._socket = None

    def _connected(self, connection: socket.socket) -> None:
        """Keep a second handle of the connection: the first is TLS's own, once that has begun."""
        with self._lock:
            if self.aborted:
                connection.close()
                raise OSError("given up")
            if self._socket is not None:
                self._socket.close()
            self._socket = connection.dup()

    def _note(self, response: Any, **_: Any) -> None:
        """Keep what the SDK does not pass on."""
        self._status = response.status_code
        tracing.record_response(self._span, self._name, response)

    def _make(self) -> Any:
        import razorpay
        import requests

        from rasoi.payments.providers.abortable import AbortableAdapter

        session = requests.Session()
        session.hooks["response"].append(self._note)
        session.trust_env = not self._simulated  # no proxy between us and our own simulator
        for scheme in ("http://", "https://"):
            session.mount(scheme, AbortableAdapter(self._connected))
        more = {"base_url": self._base_url} if self._base_url else {}
        client = razorpay.Client(session=session, auth=self._auth, **more)
        # the SDK's own bundle is from 2015; our simulator's certificate is for the name that guests use
        client.cert_path = False if self._simulated else certifi.where()
        return client
