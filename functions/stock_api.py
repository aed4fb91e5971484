"""HTTP for operators: what lies where, movements that no order causes, quotas, shards, and the drift check."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import Field

from functions.http import IdempotencyKey, Strict, allow, answer, api, caller_of, request_of, serve
from functions.stock_views import DriftView, MovementView, StockView, drift_view, movement_view, stock_view
from functions.wiring import logger, metrics, now, shop
from shared.catalogue.fields import NAME, SKU
from shared.ordering.movements import QUOTA, SHARDS_MAX, SPREAD, UNITS, Movement, StockUnknown, movement_id
from shared.policy import Action
from shared.register.noticing import hear_drift
from shared.store.audit import Repairer, StockAudit
from shared.store.shelves import Reason, ShelfStore

app = api()

UNITS_AT_ONCE_MAX = 1_000_000
PAGES_MAX = 60  # Of a megabyte; about ten seconds.
CHANNEL_NAME = r"^[0-9a-z_-]{1,20}$"

SkuInPath = Annotated[str, Path(pattern=SKU)]
SkuName = Annotated[str, Field(pattern=SKU)]
WarehouseName = Annotated[str, Field(pattern=NAME)]


class MovementBody(Strict):
    sku: SkuName
    warehouse: WarehouseName
    kind: Annotated[str, Field(pattern=rf"^({'|'.join(UNITS)})$")]
    quantity: Annotated[int, Field(ge=1, le=UNITS_AT_ONCE_MAX)]


class QuotaBody(Strict):
    sku: SkuName
    warehouse: WarehouseName
    channel: Annotated[str, Field(pattern=CHANNEL_NAME)]
    units: Annotated[
        int | None,
        Field(ge=0, le=UNITS_AT_ONCE_MAX, description="What the channel may still sell; null: all there is."),
    ]


class ShardsBody(Strict):
    sku: SkuName
    shards: Annotated[int, Field(ge=0, le=SHARDS_MAX, description="0: none, like most products.")]


class DriftBody(Strict):
    repair: Annotated[bool, Field(description="Write what the movements add up to.")] = False


@app.post(
    "/operator/stock/movements",
    middlewares=allow(app, Action.MOVE_STOCK),
    summary="Goods came in, got lost, broke, were mended",
)
def move_stock(body: MovementBody, idempotency_key: IdempotencyKey) -> Response[MovementView]:
    return _moved(Movement(body.kind, body.sku, body.warehouse, body.quantity), idempotency_key)


@app.post(
    "/operator/stock/quotas",
    middlewares=allow(app, Action.SET_QUOTA),
    summary="How much a sales channel may still sell from a warehouse",
)
def set_quota(body: QuotaBody, idempotency_key: IdempotencyKey) -> Response[MovementView]:
    return _moved(Movement(QUOTA, body.sku, body.warehouse, body.units, body.channel), idempotency_key)


@app.post(
    "/operator/stock/shards",
    middlewares=allow(app, Action.SPREAD_STOCK),
    summary="Spread a hot product's stock evenly over shards",
)
def spread_stock(body: ShardsBody, idempotency_key: IdempotencyKey) -> Response[MovementView]:
    return _moved(Movement(SPREAD, body.sku, quantity=body.shards), idempotency_key)


@app.post(
    "/operator/stock/drift-check",
    middlewares=allow(app, Action.CHECK_STOCK),
    summary="Do all counters say what their movements add up to?",
)
def check_drift(body: DriftBody, idempotency_key: IdempotencyKey) -> Response[DriftView]:
    # The key is not kept: checked again, there is nothing left to repair, and the answer is the truth of then.
    opened = shop()
    names = {
        "orders_table": opened.settings.orders_table,
        "stock_table": opened.settings.stock_table,
    }
    audit = StockAudit(opened.outside, **names, pages_max=PAGES_MAX)
    report = audit.check(Repairer(caller_of(app).id, now()) if body.repair else None)
    hear_drift(opened, report, is_repair=body.repair, now=now())
    return answer(drift_view(report))


@app.get(
    "/operator/stock/<sku>",
    middlewares=allow(app, Action.READ_STOCK),
    summary="What lies where of one product, and its movements, latest numbers first",
)
def read_stock(
    sku: SkuInPath,
    cursor: Annotated[str, Query(pattern=r"^[0-9A-Za-z._-]{0,64}$")] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> StockView:
    stock = _shelves().read(sku)
    if not stock.rows:
        raise StockUnknown("no such product")
    movements = _shelves().movements(sku, before=cursor, limit=limit)
    following = movements[-1].movement_id if len(movements) == limit else None
    return stock_view(stock, movements, following)


def _moved(movement: Movement, key: str) -> Response[MovementView]:
    caller, moment = caller_of(app), now()
    request = request_of(app, caller, key)
    why = Reason(movement_id(moment, request), moment, caller.id, request)
    noted = _shelves().move(movement, why)
    return answer(movement_view(noted), status=201, is_repeat=noted.is_repeat)


def _shelves() -> ShelfStore:
    opened = shop()
    return ShelfStore(opened.outside, opened.settings)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context)
