"""What the archive's tables hold: every column, its type and what it means. Files, SQL and runbook come from here.

Amounts are minor units of ``currency``, times epoch seconds UTC. No column names a person or holds what a person
wrote: no buyer, address, phone, waybill, product text or remark. An order's number is in every row.

A table may get columns at its end, and lose none: files that are written stay as they are, and readers join by name.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Column(NamedTuple):
    name: str
    kind: str  # TEXT, WHOLE or TRUTH
    says: str


TEXT, WHOLE, TRUTH = "string", "bigint", "boolean"  # As Athena, which is Hive here, calls them.
PARTITION = "placed_on"  # In the path and not in the files: the day on which the order was placed, UTC.


def _columns(text: str) -> tuple[Column, ...]:
    """One line a column: its name, type, and meaning."""
    rows = (line.split(maxsplit=2) for line in text.strip().splitlines())
    return (Column("order_id", TEXT, "the order"), *(Column(*row) for row in rows))


TABLES: dict[str, tuple[Column, ...]] = {
    "orders": _columns("""
        placed_at       bigint   when it was placed
        paid_at         bigint   when it was paid; null: never
        state           string   paid or cancelled
        stage           string   how it ended, all parts together
        version         bigint   how many events it had
        currency        string   ISO 4217
        country         string   where to, ISO 3166-1 alpha-2
        channel         string   sales channel
        level           string   member level of the buyer, then
        payment_method  string   as chosen at checkout
        provider        string   through which it was paid
        goods_minor     bigint   goods, after all reductions
        freight_minor   bigint   freight
        payable_minor   bigint   both
        captured_minor  bigint   what was paid for it
        refunded_minor  bigint   what of that was given back, in whatever way
        points          bigint   paid in points
        coupons         bigint   how many were used
        coupon_minor    bigint   what they took off
        sub_orders      bigint   how many merchants' parts
        parcels         bigint   how many parcels left
        lines           bigint   how many lines
        units           bigint   how many units
        separated_from  string   the order that these parts were placed with
    """),
    "sub_orders": _columns("""
        sub_order       bigint   number within the order
        merchant_id     string   whose part
        state           string   completed, closed, cancelled or separated
        currency        string   ISO 4217
        goods_minor     bigint   goods
        freight_minor   bigint   freight
        payable_minor   bigint   both
        refunded_minor  bigint   what of that was given back
        withheld_minor  bigint   paid for units that came back worth less
        replaces        bigint   the part that this one makes good
        paid_at         bigint   when the order was paid
        ship_by         bigint   when it was promised to have left
        shipped_at      bigint   when the last of it left
        completed_at    bigint   when it was received
        parcels         bigint   how many parcels left
        settled_at      bigint   when its merchant was credited
        settled_minor   bigint   what the merchant was owed when it was received
    """),
    "lines": _columns("""
        line            bigint   number within the order
        sub_order       bigint   in which part
        merchant_id     string   whose goods
        sku             string   what
        category        string   of which kind
        currency        string   ISO 4217
        quantity        bigint   units
        unit_price_minor bigint  list price of one
        payable_minor   bigint   for all, after reductions
        points          bigint   paid in points for all
        cancelled       bigint   units that were cancelled
        returned        bigint   units that came back
        waived          bigint   units paid back that did not come back
        reduced_minor   bigint   given back for units that were kept
        replaces        bigint   the line that these units make good
    """),
    "payments": _columns("""
        payment         bigint   number within the order
        provider        string   through whom
        reference       string   our number there
        transaction_id  string   theirs
        state           string   succeeded, failed or closed
        currency        string   ISO 4217
        amount_minor    bigint   what was asked for
        captured_minor  bigint   what came, less what was reversed
        started_at      bigint   when the page was opened
        paid_at         bigint   when it was paid
        failure         string   why it failed last
    """),
    "refunds": _columns("""
        refund          bigint   number within the order
        payment         bigint   whose money
        state           string   succeeded, failed or covered
        reason          string   a code
        currency        string   ISO 4217
        amount_minor    bigint   what went back
        goods_minor     bigint   of it for goods
        freight_minor   bigint   for freight
        other_minor     bigint   for neither
        requested_at    bigint   when it was promised
        finished_at     bigint   when it arrived
    """),
    "disputes": _columns("""
        dispute         bigint   number within the order
        payment         bigint   whose money
        state           string   won or lost
        currency        string   ISO 4217
        amount_minor    bigint   what it was about
        borne_minor     bigint   what of it merchants bore
        opened_at       bigint   when the bank asked
        finished_at     bigint   when it decided
    """),
    "parcels": _columns("""
        parcel          bigint   number within the order
        sub_order       bigint   of which part
        warehouse       string   from where
        state           string   how it ended
        carrier         string   with whom
        service         string   by which service
        units           bigint   how many units
        goods_minor     bigint   its share of the goods' price
        freight_minor   bigint   its share of the freight
        cost_minor      bigint   what we reckoned that sending it costs
        cost_currency   string   ISO 4217
        grams           bigint   weight
        cm3             bigint   volume
        cuts            string   why these goods travelled together: codes, comma between
        shipped_at      bigint   when it left
        delivered_at    bigint   when it arrived
    """),
    "cases": _columns("""
        case_number     bigint   number within the order
        sub_order       bigint   of which part
        merchant_id     string   against whom
        kind            string   what the buyer had in the end
        reason          string   why
        state           string   completed or closed
        opened_at       bigint   when it was asked for
        finished_at     bigint   when it was over
        units           bigint   how many units it was about
        refund          bigint   the refund that it ended with
        points          bigint   points that were given besides
        advance_minor   bigint   paid by the platform before anybody decided
        replacement     bigint   the part that made it good
        ruling          string   the platform's, a code
        evidence        bigint   how many files were shown
    """),
    "case_lines": _columns("""
        case_number     bigint   of which case
        line            bigint   which line of the order
        units           bigint   how many of its units
    """),
    "events": _columns("""
        version         bigint   the how-manieth of its order
        noted_at        bigint   when
        event           string   what happened
        actor           string   who did it: buyer, merchant, provider, clock, ...
    """),
    "steps": _columns("""
        version         bigint   of which event
        noted_at        bigint   when
        place           bigint   the how-manieth step of it
        machine         string   what moved: order, sub_order, payment, parcel, ...
        subject         string   which one: SUB#01, ...
        source          string   the state before; start: it was not there
        target          string   the state after
    """),
    "movements": _columns("""
        voucher_id      string   the voucher, which stays in the ledger
        entry           bigint   the how-manieth entry of it
        noted_at        bigint   when it was written
        happened_at     bigint   when it happened at the provider
        kind            string   captured, refund_sent, settled, ...
        account         string   which account
        currency        string   ISO 4217
        amount_minor    bigint   debit above zero, credit below
        document        string   what a provider's bill knows it by
    """),
    "stock_moves": _columns("""
        version         bigint   of which event
        noted_at        bigint   when
        place           bigint   the how-manieth move of it
        kind            string   reserve, release, ship, restock, ...
        sku             string   of what
        warehouse       string   where
        quantity        bigint   units
        shard           bigint   in which row of counters there
        channel         string   whose quota
    """),
}


PYTHON = {TEXT: str, WHOLE: int, TRUTH: bool}
WHOLE_LIMIT = 2**63


def require_fit(table: str, row: Mapping[str, Any]) -> None:
    """Raise ``TypeError`` unless each value of *row* fits its column: what does not would stop its whole part."""
    kinds = {column.name: column.kind for column in TABLES[table]}
    for name, value in row.items():
        if name not in kinds:
            raise TypeError(f"{table} has no column {name}")
        if value is None:
            continue
        is_whole = type(value) is int and -WHOLE_LIMIT <= value < WHOLE_LIMIT
        if not (is_whole if kinds[name] == WHOLE else isinstance(value, PYTHON[kinds[name]])):
            raise TypeError(f"{table}.{name} is no {kinds[name]}")


def path_of(table: str, placed_on: str, part: int) -> str:
    """Where a part of a table lies, as Hive lays partitions out.

    >>> path_of("orders", "2026-11-21", 3)
    'archive/orders/placed_on=2026-11-21/part-00003.parquet'
    """
    return f"archive/{table}/{PARTITION}={placed_on}/part-{part:05}.parquet"


def create_table(table: str, location: str) -> str:
    """Athena's words for one table of an archive at *location* (``s3://<bucket>/archive``).

    https://docs.aws.amazon.com/athena/latest/ug/create-table.html
    https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
    """
    columns = ",\n".join(f"  `{column.name}` {column.kind}" for column in TABLES[table])
    return (
        f"CREATE EXTERNAL TABLE `{table}` (\n{columns}\n)\n"
        f"PARTITIONED BY (`{PARTITION}` string)\n"
        "STORED AS PARQUET\n"
        f"LOCATION '{location}/{table}/'\n"
        "TBLPROPERTIES (\n"
        "  'projection.enabled' = 'true',\n"
        f"  'projection.{PARTITION}.type' = 'date',\n"
        f"  'projection.{PARTITION}.format' = 'yyyy-MM-dd',\n"
        f"  'projection.{PARTITION}.range' = '2026-01-01,NOW'\n"
        ");"
    )
