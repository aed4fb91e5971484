"""Put a cost meter on a running laptop cloud."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

from bench.cost_meter import Meter, Tables
from bench.units import Index, Item
from local.demo.watched import Watched
from local.template import ACCOUNT, REGION
from shared.outside import outside

TABLES = ("ORDERS_TABLE", "STOCK_TABLE", "LEDGER_TABLE", "CATALOGUE_TABLE", "MEMBERS_TABLE")


@contextmanager
def metered(cloud: Watched, *, assumes_logs: bool = True) -> Iterator[Meter]:
    """Count what *cloud* does from here on."""
    meter = Meter(_tables(cloud), assumes_logs=assumes_logs)
    outside.around.append(meter.around)
    cloud.before.append(meter.told)
    cloud.around_machine.append(meter.around_machine)
    try:
        yield meter
    finally:
        outside.around.remove(meter.around)
        cloud.before.remove(meter.told)
        cloud.around_machine.remove(meter.around_machine)


def _tables(cloud: Watched) -> Tables:
    models: dict[str, Any] = dynamodb_backends[ACCOUNT][REGION].tables
    indexes = {
        name: tuple(Index(index.name, tuple(index.schema_key_attrs)) for index in model.all_indexes())
        for name, model in models.items()
    }
    variables = next(iter(cloud.runtime.functions.values())).environment
    names = {variables[table]: table.removesuffix("_TABLE").lower() for table in TABLES}

    def look(table: str, key: Item) -> Item | None:
        found = models[table].get_item(DynamoType(dict(key["pk"])), DynamoType(dict(key["sk"])))
        return None if found is None else {n: value.to_regular_json() for n, value in found.attrs.items()}

    return Tables(look, indexes, names)
