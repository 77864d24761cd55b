"""A stand-in for Razorpay: its HTTP API for orders, payments, refunds and signed webhooks, and its checkout page.

No real money moves. Its books survive a crash, and tests may compare them with the platform's ledger.
"""
