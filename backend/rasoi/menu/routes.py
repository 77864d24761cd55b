"""The menu over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, patch, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from rasoi.menu import schemas, service
from rasoi.menu.menu_cache import MenuCache
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.roles import EVERYBODY, permit


@get(
    "/",
    guards=[EVERYBODY.and_scope("menu:read")],
    responses={
        200: ResponseSpec(schemas.MenuView, generate_examples=False),
        304: ResponseSpec(None, generate_examples=False),
    },
)
async def read_menu(request: Request[Any, Any, Any], principal: Principal, ctx: Context) -> Response[bytes]:
    """The outlet's menu with what can be had now. Answers 304 to a known ETag."""
    menu = await ctx.get(MenuCache).read(ctx, principal.outlet_id)
    headers = {
        "ETag": menu.etag,
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Accept-Encoding",
    }
    known = request.headers.get("if-none-match", "")
    if menu.etag in (tag.strip() for tag in known.split(",")):
        return Response(b"", status_code=304, headers=headers, media_type="application/json")
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            menu.gzipped, headers=headers | {"Content-Encoding": "gzip"}, media_type="application/json"
        )
    return Response(menu.plain, headers=headers, media_type="application/json")


@put("/items/{item_id:uuid}/availability", guards=[permit("take_off_sale")])
async def set_item_availability(
    item_id: UUID, data: JSONBody[schemas.Availability], principal: Principal, ctx: Context
) -> schemas.Availability:
    """86 an item, or bring it back."""
    return await service.set_availability(ctx, principal, item_id, data)


@put("/modifiers/{modifier_id:uuid}/availability", guards=[permit("take_off_sale")])
async def set_modifier_availability(
    modifier_id: UUID, data: JSONBody[schemas.Availability], principal: Principal, ctx: Context
) -> schemas.Availability:
    """86 a modifier, or bring it back."""
    return await service.set_modifier_availability(ctx, principal, modifier_id, data)


@patch("/items/{item_id:uuid}", guards=[permit("edit_menu")])
async def change_item(
    item_id: UUID, data: JSONBody[schemas.ItemChange], principal: Principal, ctx: Context
) -> schemas.Created:
    """Change what is said about an item."""
    await service.change_item(ctx, principal, item_id, data)
    return schemas.Created(item_id)


@patch("/variants/{variant_id:uuid}", guards=[permit("edit_menu")])
async def change_price(
    variant_id: UUID, data: JSONBody[schemas.PriceChange], principal: Principal, ctx: Context
) -> schemas.VariantView:
    """Set a variant's price."""
    row = await service.change_price(ctx, principal, variant_id, data.price_paise)
    return schemas.VariantView(row["id"], row["name"], row["after"])


@post("/items", guards=[permit("edit_menu")])
async def add_item(data: JSONBody[schemas.NewItem], principal: Principal, ctx: Context) -> schemas.Created:
    """Add an item with its variants."""
    return schemas.Created(await service.add_item(ctx, principal, data))


@post("/categories", guards=[permit("edit_menu")])
async def add_category(
    data: JSONBody[schemas.NewCategory], principal: Principal, ctx: Context
) -> schemas.Created:
    """Add a category."""
    return schemas.Created(await service.add_category(ctx, principal, data))


router = Router(
    "/api/menu",
    route_handlers=[
        read_menu,
        set_item_availability,
        set_modifier_availability,
        change_item,
        change_price,
        add_item,
        add_category,
    ],
    tags=["menu"],
)
