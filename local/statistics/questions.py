"""The usual questions, one after the other: what is asked, how, and what its columns are.

Money is in minor units: GMV is what paid orders cost, in money, whatever went back later. Rates are parts of 1. The
day, and the week, of an order is that on which it was placed, UTC; weeks begin on Monday.
"""

from typing import NamedTuple

AMOUNT, COUNT, RATE, DURATION, WORD = "amount", "count", "rate", "duration", "word"


class Question(NamedTuple):
    name: str  # Also of its CSV file.
    title: str
    says: str
    columns: dict[str, str]  # column -> what it is
    sql: str
    plot: tuple[str, tuple[str, ...]] | None = None  # the column that names, and those that are drawn


_PERIOD = """
SELECT CAST({period} AS VARCHAR) AS {name}, currency, count(*) AS orders, count(paid_at) AS paid,
       coalesce(sum(payable_minor) FILTER (paid_at IS NOT NULL), 0) AS gmv_minor,
       coalesce(sum(refunded_minor), 0) AS refunded_minor
FROM orders GROUP BY ALL ORDER BY 1, 2
"""
_PERIOD_COLUMNS = {
    "currency": WORD,
    "orders": COUNT,
    "paid": COUNT,
    "gmv_minor": AMOUNT,
    "refunded_minor": AMOUNT,
}

QUESTIONS = (
    Question(
        "totals",
        "All in all",
        "The average basket is GMV by paid orders. Cancelled: nothing of the order was ever received.",
        {
            "currency": WORD,
            "orders": COUNT,
            "paid": COUNT,
            "gmv_minor": AMOUNT,
            "average_basket_minor": AMOUNT,
            "cancelled": COUNT,
            "cancellation_rate": RATE,
            "refunded_orders": COUNT,
            "refund_rate": RATE,
            "refunded_minor": AMOUNT,
            "refund_rate_by_amount": RATE,
        },
        """
        WITH found AS (
            SELECT currency, count(*) AS orders, count(paid_at) AS paid,
                   coalesce(sum(payable_minor) FILTER (paid_at IS NOT NULL), 0) AS gmv_minor,
                   count(*) FILTER (stage = 'cancelled') AS cancelled,
                   count(*) FILTER (refunded_minor > 0) AS refunded_orders,
                   sum(refunded_minor) AS refunded_minor
            FROM orders GROUP BY currency
        )
        SELECT currency, orders, paid, gmv_minor, (gmv_minor + paid // 2) // nullif(paid, 0) AS average_basket_minor,
               cancelled, cancelled / orders AS cancellation_rate,
               refunded_orders, refunded_orders / nullif(paid, 0) AS refund_rate,
               refunded_minor, refunded_minor / nullif(gmv_minor, 0) AS refund_rate_by_amount
        FROM found ORDER BY currency
        """,
    ),
    Question(
        "by_day",
        "Day by day",
        "",
        {"day": WORD, **_PERIOD_COLUMNS},
        _PERIOD.format(period="placed_on", name="day"),
        ("day", ("gmv_minor", "refunded_minor")),
    ),
    Question(
        "by_week",
        "Week by week",
        "A week is named by its Monday.",
        {"week": WORD, **_PERIOD_COLUMNS},
        _PERIOD.format(period="date_trunc('week', placed_on)::DATE", name="week"),
        ("week", ("gmv_minor", "refunded_minor")),
    ),
    Question(
        "by_merchant",
        "Merchant by merchant",
        "Parts that make others good are not counted: they cost nothing.",
        {
            "merchant_id": WORD,
            "currency": WORD,
            "sub_orders": COUNT,
            "gmv_minor": AMOUNT,
            "refunded_minor": AMOUNT,
            "refund_rate_by_amount": RATE,
        },
        """
        SELECT merchant_id, currency, count(*) AS sub_orders, sum(payable_minor) AS gmv_minor,
               sum(refunded_minor) AS refunded_minor,
               sum(refunded_minor) / nullif(sum(payable_minor), 0) AS refund_rate_by_amount
        FROM sub_orders WHERE paid_at IS NOT NULL AND replaces IS NULL
        GROUP BY ALL ORDER BY gmv_minor DESC, merchant_id
        """,
        ("merchant_id", ("gmv_minor", "refunded_minor")),
    ),
    Question(
        "time_per_state",
        "Time in each state",
        "From entering it to leaving it. Where things stay for good is no wait, and is not here.",
        {
            "machine": WORD,
            "state": WORD,
            "times": COUNT,
            "p50_seconds": DURATION,
            "p90_seconds": DURATION,
            "p99_seconds": DURATION,
        },
        """
        WITH spans AS (
            SELECT machine, target AS state,
                   lead(noted_at) OVER (PARTITION BY order_id, subject ORDER BY version, place) - noted_at AS seconds
            FROM steps WHERE source <> target
        )
        SELECT machine, state, count(*) AS times, quantile_disc(seconds, 0.5) AS p50_seconds,
               quantile_disc(seconds, 0.9) AS p90_seconds, quantile_disc(seconds, 0.99) AS p99_seconds
        FROM spans WHERE seconds IS NOT NULL GROUP BY ALL ORDER BY machine, state
        """,
    ),
    Question(
        "parcels_per_order",
        "Parcels per order",
        "Of orders of which something left. What made other goods good is counted with them.",
        {"parcels": COUNT, "orders": COUNT, "share": RATE},
        """
        SELECT parcels, count(*) AS orders, count(*) / sum(count(*)) OVER () AS share
        FROM orders WHERE parcels > 0 GROUP BY parcels ORDER BY parcels
        """,
        ("parcels", ("orders",)),
    ),
    Question(
        "split",
        "Split orders",
        "Of orders of which something left: several parcels, and several merchants.",
        {
            "orders": COUNT,
            "parcels": COUNT,
            "split_orders": COUNT,
            "split_rate": RATE,
            "of_several_merchants": COUNT,
        },
        """
        SELECT count(*) AS orders, coalesce(sum(parcels), 0) AS parcels,
               count(*) FILTER (parcels > 1) AS split_orders,
               count(*) FILTER (parcels > 1) / nullif(count(*), 0) AS split_rate,
               count(*) FILTER (sub_orders > 1) AS of_several_merchants
        FROM orders WHERE parcels > 0
        """,
    ),
    Question(
        "returns_by_category",
        "Returns by category",
        "Units that came back, of those that were ordered, not cancelled, and left.",
        {"category": WORD, "units": COUNT, "returned": COUNT, "return_rate": RATE},
        """
        SELECT coalesce(category, '') AS category, sum(quantity - cancelled) AS units, sum(returned) AS returned,
               sum(returned) / nullif(sum(quantity - cancelled), 0) AS return_rate
        FROM lines JOIN sub_orders USING (placed_on, order_id, sub_order)
        WHERE shipped_at IS NOT NULL AND lines.replaces IS NULL
        GROUP BY 1 ORDER BY returned DESC, category
        """,
        ("category", ("returned",)),
    ),
    Question(
        "cases_by_reason",
        "What buyers asked for, and why",
        "Granted: it ended with what was asked for, or what was agreed on.",
        {"kind": WORD, "reason": WORD, "cases": COUNT, "granted": COUNT, "units": COUNT},
        """
        SELECT kind, reason, count(*) AS cases, count(*) FILTER (state = 'completed') AS granted,
               sum(units) AS units
        FROM cases GROUP BY ALL ORDER BY cases DESC, kind, reason
        """,
    ),
    Question(
        "refunds_by_reason",
        "Refunds by reason",
        "What arrived.",
        {"reason": WORD, "currency": WORD, "refunds": COUNT, "amount_minor": AMOUNT},
        """
        SELECT coalesce(reason, '') AS reason, currency, count(*) AS refunds, sum(amount_minor) AS amount_minor
        FROM refunds WHERE state = 'succeeded' GROUP BY ALL ORDER BY amount_minor DESC, 1, 2
        """,
    ),
    Question(
        "payment_mix",
        "How it was paid",
        "Tries: pages that were opened. The share is of paid orders.",
        {
            "provider": WORD,
            "currency": WORD,
            "tries": COUNT,
            "paid": COUNT,
            "share": RATE,
            "amount_minor": AMOUNT,
        },
        """
        SELECT provider, currency, count(*) AS tries, count(*) FILTER (state = 'succeeded') AS paid,
               count(*) FILTER (state = 'succeeded')
                   / nullif(sum(count(*) FILTER (state = 'succeeded')) OVER (), 0) AS share,
               coalesce(sum(amount_minor) FILTER (state = 'succeeded'), 0) AS amount_minor
        FROM payments GROUP BY ALL ORDER BY paid DESC, provider, currency
        """,
        ("provider", ("paid",)),
    ),
    Question(
        "on_time",
        "Shipped on time",
        "By merchant: of what left, when the last of it left.",
        {"merchant_id": WORD, "shipped": COUNT, "on_time": COUNT, "on_time_rate": RATE},
        """
        SELECT merchant_id, count(*) AS shipped, count(*) FILTER (shipped_at <= ship_by) AS on_time,
               count(*) FILTER (shipped_at <= ship_by) / count(*) AS on_time_rate
        FROM sub_orders WHERE shipped_at IS NOT NULL AND ship_by IS NOT NULL AND replaces IS NULL
        GROUP BY merchant_id ORDER BY merchant_id
        """,
        ("merchant_id", ("on_time_rate",)),
    ),
)
