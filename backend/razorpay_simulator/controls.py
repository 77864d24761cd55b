"""What tests and the checkout's page ask of the simulator beside Razorpay's own interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from razorpay_simulator.bank import Bank, Moods
from razorpay_simulator.disputes import move_dispute, open_dispute
from razorpay_simulator.entities import ApiError, public
from razorpay_simulator.faults import KINDS, Fault, Faults, RandomFaults
from razorpay_simulator.http import Answer, Call, answer, parse_count
from razorpay_simulator.qr_codes import pay_qr_code
from razorpay_simulator.refunds import create_refund, settle_refund
from razorpay_simulator.webhooks import Deliverer, WebhookFaults

T = TypeVar("T")
ABOUT_PAY = ("order_id", "method", "outcome")


class Controls:
    """Each takes and gives JSON. `faults` and `deliverer` are the server's own."""

    def __init__(self, bank: Bank, deliverer: Deliverer, faults: Faults) -> None:
        self.bank, self.deliverer, self.faults = bank, deliverer, faults

    def routes(self) -> list[tuple[str, str, Callable[[Call], Answer]]]:
        bank = self.bank
        return [
            ("GET", r"/_simulator/books", self.books),
            ("DELETE", r"/_simulator/books", self.clear_books),
            ("GET", r"/_simulator/requests", self.requests),
            ("GET", r"/_simulator/webhooks", lambda c: answer({"items": bank.store.webhooks()})),
            ("POST", r"/_simulator/faults", self.set_faults),
            ("DELETE", r"/_simulator/faults", self.clear_faults),
            ("POST", r"/_simulator/late", self.settle_late),
            (
                "POST",
                r"/_simulator/return",
                lambda c: answer(public(bank.give_back(str(c.body.get("payment_id"))))),
            ),
            ("POST", r"/_simulator/refund", self.refund_in_dashboard),
            ("POST", r"/_simulator/refunds/(\w+)", self.settle_refund),
            ("POST", r"/_simulator/disputes", self.open_dispute),
            ("POST", r"/_simulator/disputes/(\w+)", self.move_dispute),
            (
                "POST",
                r"/_simulator/qr_codes/(\w+)/pay",
                lambda c: answer(public(pay_qr_code(bank, c.parts[0], c.body))),
            ),
            ("POST", r"/_simulator/pay", self.pay),
            ("GET", r"/_simulator/orders/(\w+)", self.order_for_checkout),
        ]

    # the checkout

    def pay(self, call: Call) -> Answer:
        """A person paid, or did not: the signed reply, or the error that the shop's page hears of."""
        asked = call.body
        more = {name: value for name, value in asked.items() if name not in ABOUT_PAY}
        payment = self.bank.pay(
            str(asked.get("order_id")),
            str(asked.get("method", "upi")),
            str(asked.get("outcome", "success")),
            more,
        )
        if payment["status"] in ("captured", "authorized"):
            return answer(self.bank.signed(payment))
        about = {
            name: payment[f"error_{name}"] for name in ("code", "description", "source", "step", "reason")
        }
        metadata = {"payment_id": payment["id"], "order_id": payment["order_id"]}
        return answer({"razorpay_payment_id": payment["id"], "error": about | {"metadata": metadata}})

    def order_for_checkout(self, call: Call) -> Answer:
        order = self.bank.order(call.parts[0])
        return answer({name: order[name] for name in ("id", "amount", "currency", "status")})

    # the books

    def books(self, call: Call) -> Answer:
        kinds = ("order", "payment", "refund", "qr_code", "dispute")
        return answer({f"{kind}s": [public(doc) for doc in self.bank.store.all(kind)] for kind in kinds})

    def clear_books(self, call: Call) -> Answer:
        self.bank.store.clear()
        return self.clear_faults(call)

    def requests(self, call: Call) -> Answer:
        return answer({"items": self.bank.store.requests(parse_count(call.query.get("after"), 0, 2**40))})

    # what the bank and the owner do

    def settle_late(self, call: Call) -> Answer:
        capture = call.body.get("capture") is not False
        return answer(public(self.bank.settle_late(str(call.body.get("payment_id")), capture=capture)))

    def refund_in_dashboard(self, call: Call) -> Answer:
        """The owner gives money back in Razorpay's own dashboard: nothing of ours stands in it."""
        body = {"amount": call.body["amount"]} if "amount" in call.body else {}
        return answer(create_refund(self.bank, str(call.body.get("payment_id")), body, None))

    def settle_refund(self, call: Call) -> Answer:
        return answer(settle_refund(self.bank, call.parts[0], str(call.body.get("status"))))

    def open_dispute(self, call: Call) -> Answer:
        return answer(open_dispute(self.bank, str(call.body.get("payment_id")), call.body))

    def move_dispute(self, call: Call) -> Answer:
        return answer(move_dispute(self.bank, call.parts[0], str(call.body.get("status"))))

    # faults

    def set_faults(self, call: Call) -> Answer:
        """`calls`: fields of Fault; `random`: of RandomFaults, or null; `webhooks`: of WebhookFaults; `moods`: of Moods;
        `webhook_url`: where events go from now on."""
        asked = call.body
        unknown = asked.keys() - {"calls", "random", "webhooks", "moods", "webhook_url"}
        if unknown:
            raise ApiError(f"No such fault: {', '.join(sorted(unknown))}")
        calls = [_made(Fault, each) for each in asked.get("calls", [])]
        if any(fault.kind not in KINDS for fault in calls):
            raise ApiError(f"A fault is one of {', '.join(KINDS)}.")
        if "random" in asked:
            self.faults.at_random = _made(RandomFaults, asked["random"]) if asked["random"] else None
        if "webhooks" in asked:
            self.deliverer.faults = _made(WebhookFaults, asked["webhooks"])
        self.faults.waiting += calls
        self.bank.moods = _made(Moods, asdict(self.bank.moods) | asked.get("moods", {}))
        self.deliverer.url = asked.get("webhook_url", self.deliverer.url)
        return answer({"ok": True})

    def clear_faults(self, call: Call) -> Answer:
        self.faults.clear()
        self.deliverer.faults = WebhookFaults()
        self.bank.moods = Moods()
        return answer({"ok": True})


def _made(cls: Callable[..., T], fields: Any) -> T:
    try:
        return cls(**fields)
    except TypeError as wrong:
        raise ApiError(f"No such fault: {wrong}") from None
