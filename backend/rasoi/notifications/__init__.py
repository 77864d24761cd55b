"""Messages to guests and staff, and how far their delivery got."""

from rasoi.notifications import handlers
from rasoi.notifications.domain import RULES
from rasoi.notifications.routes import ROUTES
from rasoi.platform.rooms import Job, Room

ROOM = Room(
    name="notifications",
    linger_s=0.1,
    routes=ROUTES,
    handlers=dict.fromkeys(RULES, handlers.notify),
    jobs=(Job("prune messages", 3600, handlers.prune),),
)
