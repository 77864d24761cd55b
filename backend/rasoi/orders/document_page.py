"""A document as a page: one HTML file without anything from elsewhere, for phones, A4 and 80 mm paper."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from rasoi.orders.document_schemas import Document, DocumentLine
from rasoi.orders.document_style import STYLE
from rasoi.orders.views import document_url

PRINT = "document.getElementById('print').onclick = () => print()"
SCRIPT_HASH = base64.b64encode(hashlib.sha256(PRINT.encode()).digest()).decode()
HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{SCRIPT_HASH}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "private, no-store",
    "x-robots-tag": "noindex, nofollow",
}
METHODS = {"upi": "UPI", "netbanking": "Net banking", "card_machine": "card", "house_upi": "UPI"}


def rupees(paise: int) -> str:
    """`1,23,456.78`, with Indian groups; a minus before it."""
    whole, rest = divmod(abs(paise), 100)
    digits = str(whole)
    head, tail = digits[:-3], digits[-3:]
    groups = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
    return f"{'−' if paise < 0 else ''}{','.join([*reversed(groups), tail])}.{rest:02d}"


def percent(rate_bp: int) -> str:
    """`2.5%` for 250."""
    return f"{rate_bp / 100:g}%"


def page(document: Document, notes: Sequence[tuple[str, str]], *, duplicate: bool = False) -> str:
    """The whole page. `notes`: number and token of each credit note on it."""
    title = f"{document.title} {document.number}"
    copy = "Duplicate" if duplicate else "Original for recipient"
    parts = [
        f'<p class="words">{escape(document.declaration)}</p>' if document.declaration else "",
        f'<p class="copy">{copy}</p>',
        _seller(document),
        f"<h1>{escape(document.title)}</h1>",
        _facts(document),
        _lines(document),
        _sums(document),
        f'<p class="in-words">{escape(document.total_words)}</p>',
        _payments(document),
        _notes(notes),
        _foot(document),
    ]
    return (
        '<!doctype html><html lang="en-IN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        '<button id="print" type="button">Print or save</button>'
        f'<main data-kind="{document.kind}">{"".join(parts)}</main><script>{PRINT}</script></body></html>'
    )


def missing() -> str:
    """The page of a link that leads to nothing."""
    return (
        '<!doctype html><html lang="en-IN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>No such document</title><style>{STYLE}</style></head><body><main><h1>No such document</h1>"
        "<p>This link leads to no document. Please ask the restaurant for a new one.</p></main></body></html>"
    )


def _seller(document: Document) -> str:
    seller = document.seller
    named = [("GSTIN", seller.gstin), ("FSSAI", seller.fssai), ("Phone", seller.phone)]
    numbers = " ".join(f"<span>{name} {escape(value)}</span>" for name, value in named if value)
    legal = seller.legal_name if seller.legal_name and seller.legal_name != seller.name else None
    return (
        f'<header class="seller"><strong>{escape(seller.name)}</strong>'
        + "".join(f"<span>{escape(text)}</span>" for text in (legal, seller.address) if text)
        + f'<span class="numbers">{numbers}</span></header>'
    )


def _facts(document: Document) -> str:
    orders = list(dict.fromkeys(line.order for line in document.lines))
    corrects, buyer = document.corrects, document.buyer
    facts: list[tuple[str, str | None]] = [
        ("Number", document.number),
        ("Date", f"{document.issued_at:%d %b %Y, %H:%M}"),
        ("Corrects", f"{corrects.number} of {corrects.issued_on:%d %b %Y}" if corrects else None),
        ("Table", document.table),
        ("Guests", str(document.covers) if document.covers else None),
        ("Order", ", ".join(orders[:8]) + (" …" if len(orders) > 8 else "")),
        ("Cashier", document.cashier),
        ("Place of supply", _state(document.place_of_supply)),
        ("Billed to", buyer.name if buyer else None),
        ("Buyer’s GSTIN", buyer.gstin if buyer else None),
        ("Buyer’s address", buyer.address if buyer else None),
    ]
    rows = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts if value)
    return f'<dl class="facts">{rows}</dl>'


def _state(code: str | None) -> str | None:
    return f"State code {code}" if code else None


def _lines(document: Document) -> str:
    taxed = bool(document.taxes)
    counted = any(
        line.quantity is not None for line in document.lines
    )  # a credit note takes back amounts only
    head = (
        '<tr><th scope="col">Item</th><th scope="col">HSN/SAC</th>'
        + ('<th scope="col" class="n">Qty</th><th scope="col" class="n">Rate</th>' if counted else "")
        + ('<th scope="col" class="n">Discount</th>' if document.discount_paise else "")
        + (
            '<th scope="col" class="n">Taxable</th><th scope="col" class="n">Tax</th>'
            if taxed
            else '<th scope="col" class="n">Value</th>'
        )
        + "</tr>"
    )
    rows = "".join(_line(line, counted, taxed, bool(document.discount_paise)) for line in document.lines)
    return f'<table class="lines"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _line(line: DocumentLine, counted: bool, taxed: bool, discounted: bool) -> str:
    name = f"{line.name}, {line.variant}" if line.variant else line.name
    extras = f"<small>{escape(', '.join(line.modifiers))}</small>" if line.modifiers else ""
    quantity = f"{line.quantity} {line.unit}" if line.quantity is not None else ""
    rate = rupees(line.rate_paise) if line.rate_paise is not None else ""
    rate += "<small>incl. tax</small>" if line.inclusive else ""
    cells = [
        ("Item", "item", escape(name) + extras),
        ("HSN/SAC", "hsn", escape(line.hsn)),
    ]
    if counted:
        cells += [("Qty", "n", quantity), ("Rate", "n", rate)]
    if discounted:
        cells.append(("Discount", "n", _discount(line)))
    cells.append(("Taxable" if taxed else "Value", "n", rupees(line.taxable_paise)))
    if taxed:
        cells.append(("Tax", "n", percent(sum(tax.rate_bp for tax in line.taxes))))
    return (
        "<tr>"
        + "".join(f'<td class="{css}" data-name="{name}">{text}</td>' for name, css, text in cells)
        + "</tr>"
    )


def _discount(line: DocumentLine) -> str:
    if not line.discount_paise:
        return ""
    names = ", ".join(dict.fromkeys(each.name for each in line.discounts))
    return rupees(line.discount_paise) + (f"<small>{escape(names)}</small>" if names else "")


def _sums(document: Document) -> str:
    credit = document.kind == "credit_note"
    rows = [("Taxable value" if document.taxes else "Value", document.taxable_paise, "")]
    rows += [
        (f"{tax.name} {percent(tax.rate_bp)} on {rupees(tax.taxable_paise)}", tax.paise, "")
        for tax in document.taxes
    ]
    if document.round_off_paise:
        rows.append(("Round-off", document.round_off_paise, ""))
    rows.append(("Credited" if credit else "Total", document.total_paise, "total"))
    cells = "".join(
        f'<tr class="{css}"><th scope="row">{escape(name)}</th><td class="n">{"₹" if css else ""}{rupees(paise)}</td></tr>'
        for name, paise, css in rows
    )
    return f'<table class="sums"><tbody>{cells}</tbody></table>'


def _payments(document: Document) -> str:
    if not document.payments:
        return ""
    rows = "".join(
        f"<tr><th scope='row'>Paid by {escape(METHODS.get(paid.method, paid.method.replace('_', ' ')))}</th>"
        f'<td class="n">{rupees(paid.paise)}</td></tr>'
        for paid in document.payments
    )
    return f'<table class="sums paid"><tbody>{rows}</tbody></table>'


def _notes(notes: Sequence[tuple[str, str]]) -> str:
    links = ", ".join(
        f'<a href="{document_url(escape(token))}">{escape(number)}</a>' for number, token in notes
    )
    return f'<p class="notes">Corrected by credit note {links}</p>' if links else ""


def _foot(document: Document) -> str:
    reverse = "Tax payable on reverse charge: no. " if document.kind == "tax_invoice" else ""
    return f"<footer>{reverse}Amounts in rupees. Made by computer; valid without a signature.</footer>"
