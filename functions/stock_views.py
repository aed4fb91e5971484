"""What operators see of stock."""

from collections.abc import Iterable, Sequence

from pydantic import BaseModel

from shared.instants import rfc3339
from shared.ordering.drift import Difference, DriftReport
from shared.ordering.movements import AVAILABLE, CHANNEL, DEFECT, RESERVED, SOLD, Stock, quota_of
from shared.store.shelves import Noted

SHOWN_MAX = 200  # Differences, of each sort; the count says how many there are.


class PartView(BaseModel):
    warehouse: str
    shard: int
    counter: str
    units: int


class MovementView(BaseModel):
    movement_id: str
    kind: str
    sku: str
    warehouse: str | None
    channel: str | None
    quantity: int | None
    at: str
    by: str
    parts: list[PartView]


class PlaceView(BaseModel):
    """One row's counters for one warehouse. Shard 0 is the product's first row."""

    shard: int
    available: int
    reserved: int
    sold: int


class QuotaView(BaseModel):
    channel: str
    units_left: int | None  # null: the quota was lifted.


class WarehouseView(BaseModel):
    warehouse: str
    available: int
    reserved: int
    sold: int
    defect: int
    quotas: list[QuotaView]
    places: list[PlaceView]


class StockView(BaseModel):
    sku: str
    shards: int
    drained: int
    is_sold_out: bool
    warehouses: list[WarehouseView]
    movements: list[MovementView]
    next_cursor: str | None = None


class DifferenceView(BaseModel):
    sku: str
    warehouse: str
    shard: int
    counter: str
    expected: int
    found: int | None


class RowView(BaseModel):
    sku: str
    shard: int


class DriftView(BaseModel):
    """What the drift check found, and, if it was asked to, how many rows it put right."""

    is_clean: bool
    rows: int
    entries: int
    differing: int
    repaired: int
    differences: list[DifferenceView]
    negative: list[DifferenceView]
    unsettled: list[RowView]


def movement_view(noted: Noted) -> MovementView:
    movement = noted.movement
    return MovementView(
        movement_id=noted.movement_id,
        kind=movement.kind,
        sku=movement.sku,
        warehouse=movement.warehouse or None,
        channel=movement.channel or None,
        quantity=movement.quantity,
        at=rfc3339(noted.at),
        by=noted.by,
        parts=[PartView(**part._asdict()) for part in noted.parts],
    )


def stock_view(stock: Stock, movements: Sequence[Noted], following: str | None) -> StockView:
    return StockView(
        sku=stock.sku,
        shards=stock.shards,
        drained=stock.drained,
        is_sold_out=stock.is_sold_out,
        warehouses=[_warehouse_view(stock, warehouse) for warehouse in stock.warehouses],
        movements=[movement_view(noted) for noted in movements],
        next_cursor=following,
    )


def _warehouse_view(stock: Stock, warehouse: str) -> WarehouseView:
    levels = {
        shard: row.levels[warehouse] for shard, row in sorted(stock.rows.items()) if warehouse in row.levels
    }
    channels = {name for level in levels.values() for name in level if name.startswith(CHANNEL)}
    quotas = [
        QuotaView(channel=name.removeprefix(CHANNEL), units_left=quota_of(stock.total(warehouse, name)))
        for name in sorted(channels)
    ]
    plain = (AVAILABLE, RESERVED, SOLD)
    return WarehouseView(
        warehouse=warehouse,
        quotas=quotas,
        defect=stock.total(warehouse, DEFECT),
        places=[
            PlaceView(shard=shard, **{name: level.get(name, 0) for name in plain})
            for shard, level in levels.items()
        ],
        **{name: stock.total(warehouse, name) for name in plain},
    )


def drift_view(report: DriftReport) -> DriftView:
    return DriftView(
        is_clean=report.is_clean,
        rows=report.rows,
        entries=report.entries,
        differing=len(report.differences),
        repaired=report.repaired,
        differences=_shown(report.differences),
        negative=_shown(report.negative),
        unsettled=[RowView(sku=sku, shard=shard) for sku, shard in report.unsettled[:SHOWN_MAX]],
    )


def _shown(differences: Iterable[Difference]) -> list[DifferenceView]:
    return [DifferenceView(**one._asdict()) for one in tuple(differences)[:SHOWN_MAX]]
