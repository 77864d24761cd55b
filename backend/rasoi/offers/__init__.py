"""Offers: what makes an order cheaper by itself, when and for what."""

from rasoi.offers.routes import ROUTES
from rasoi.platform.rooms import Room

ROOM = Room(name="offers", routes=ROUTES, functions={"offers.read_snapshot(integer)": ("orders",)})
