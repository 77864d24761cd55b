"""The menu: categories, items, variants, modifiers, taxes, stations, and what can be had right now."""

from rasoi.contracts.inventory import StockDepleted, StockRestocked
from rasoi.menu.handlers import stock_depleted, stock_restocked
from rasoi.menu.menu_cache import MenuCache
from rasoi.menu.metrics import count_unavailable
from rasoi.menu.routes import router
from rasoi.platform.context import Context
from rasoi.platform.rooms import Job, Room


async def start(ctx: Context) -> None:
    ctx.register(MenuCache())


ROOM = Room(
    name="menu",
    routes=(router,),
    handlers={StockDepleted: stock_depleted, StockRestocked: stock_restocked},
    jobs=(Job("count unavailable items", 5.0, count_unavailable),),
    start=start,
    functions={
        "menu.check_sales(integer[],bigint[],integer[],uuid[],integer[],uuid[])": ("menu", "orders"),
        "menu.read_snapshot(integer)": ("menu", "orders", "offers"),
        "menu.read_sources(integer)": ("inventory",),
    },
)
