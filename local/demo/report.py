"""What happened, in tables. Money from the ledger beside the provider's own books, stock from movements."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from bench.cost_meter import Bill, Line, Meter, totals
from bench.prices import PriceList
from local.demo import made_up
from local.demo.invoices import NOT_GOODS, Book
from local.demo.money_checks import balances
from local.demo.stage import Record, Stage
from local.demo.stock_checks import counted, drifted, received
from local.demo.world import World

MILLION = 1_000_000
DEAREST = 5
CODES_SHOWN = 4
CONNECTED = {("lambda", "invoke")}  # How a machine calls a function: the invocation itself is counted.


def show(console: Console, *, book: Book, stage: Stage, world: World, meter: Meter) -> None:
    """Print all tables."""
    records = list(stage.records.values())
    console.print(_states(records, world), _invoices(book, records, stage))
    console.print(_money(world))
    console.print(_stock(world), _refusals(stage))
    console.print(_calls(meter, len(world.orders)))


def _table(title: str, *columns: str, caption: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left")
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def pounds(minor: int) -> str:
    return f"{minor / 100:,.2f}"


def _states(records: Iterable[Record], world: World) -> Table:
    orders, payable = Counter[str](), Counter[str]()
    for whole in world.orders.values():
        orders[whole.order["stage"]] += 1
        payable[whole.order["stage"]] += whole.order["payable_minor"]
    table = _table("Where the orders ended", "state", "orders", "worth (GBP)")
    for state, count in orders.most_common():
        table.add_row(state, str(count), pounds(payable[state]))
    refused = [record for record in records if not record.order_id]
    table.add_row(
        "refused, never an order", str(len(refused)), pounds(sum(r.sale.goods_minor for r in refused))
    )
    several = sum(len(whole.of("SUB")) > 1 for whole in world.orders.values())
    parcels = sum(len(whole.of("PARCEL")) for whole in world.orders.values())
    table.add_section()
    table.add_row("orders of several merchants", str(several), "")
    table.add_row("parcels planned", str(parcels), "")
    return table


def _invoices(book: Book, records: list[Record], stage: Stage) -> Table:
    """What was real, and how far the orders agree with it."""
    ordered = [record for record in records if record.order_id]
    same = [r for r in ordered if r.ordered_goods_minor == r.sale.goods_minor and not r.sale.repriced_minor]
    repriced = [r for r in ordered if r.sale.repriced_minor]
    strays = sum(c.sale is None for c in book.cancellations)
    accepted = sum(record.cancellations_accepted for record in records)
    refused = sum(record.cancellations_refused for record in records)
    shares = ", ".join(f"{name} {share / 10:g} %" for name, share in made_up.MERCHANTS)
    table = _table(
        "The invoices behind them",
        "real invoices",
        "number",
        caption=f"Made up: merchants ({shares} of the articles), warehouses and stock, weights, addresses,\n"
        "how and when buyers pay, shipment and receipt. Real: articles, units, prices, dates, countries, C invoices.",
    )
    table.add_row("sales", str(len(book.sales)))
    table.add_row("  whose order costs the same, to the penny", str(len(same)))
    table.add_row(
        f"  with an article at two prices ({pounds(sum(r.sale.repriced_minor for r in repriced))})",
        str(len(repriced)),
    )
    table.add_row("  ordered in part: scarce articles", str(len(ordered) - len(same) - len(repriced)))
    table.add_row("C invoices, units cancelled before shipment", str(accepted))
    table.add_row("C invoices refused: more than was bought, or gone", str(refused))
    table.add_row("C invoices of goods never bought, all refused", f"{stage.strays_refused} of {strays}")
    if unsent := len(book.cancellations) - strays - accepted - refused:
        table.add_row("C invoices of orders that never were, or were not paid", str(unsent))
    table.add_row("price changes by the operator", str(stage.price_changes))
    for why, rows in _reasons(book):
        table.add_row(f"rows left out: {why}", str(rows))
    return table


def _reasons(book: Book) -> list[tuple[str, int]]:
    """Why rows were left out; what is not goods in one, with the most frequent codes."""
    codes = Counter(
        {why.removeprefix(NOT_GOODS): n for why, n in book.left_out.items() if why.startswith(NOT_GOODS)}
    )
    others = sorted((why, n) for why, n in book.left_out.items() if not why.startswith(NOT_GOODS))
    frequent = ", ".join(code for code, _ in codes.most_common(CODES_SHOWN))
    return [(f"no goods ({frequent} ...)", codes.total()), *others] if codes else others


def _money(world: World) -> Table:
    """Everything in, out and held, per currency."""
    clearing, escrow = balances(world, "clearing:"), balances(world, "escrow:")
    currencies = sorted(clearing)
    moved: dict[str, Counter[str]] = {}
    for voucher in world.vouchers:
        by_kind = moved.setdefault(voucher["kind"], Counter())
        by_kind[voucher["currency"]] += sum(amount for _, amount in voucher["entries"] if amount > 0)
    books: Counter[str] = Counter()
    for page in world.books.values():
        books[page["currency"]] += page["captured"] - page["refunded"]
    rows: list[tuple[str, Mapping[str, int]]] = [
        ("captured for orders", moved.get("captured", {})),
        ("came without a claim", moved.get("unclaimed", {})),
        ("quarantined, for people", moved.get("quarantined", {})),
        ("refunded", _negative(moved.get("refunded", Counter()))),
        ("= at the provider, by our ledger", clearing),
        ("= at the provider, by its own books", books),
        ("  difference", Counter({c: clearing[c] - books[c] for c in currencies})),
        ("of it owed to merchants (settled)", _negative(balances(world, "merchant:"))),
        ("of it in escrow", _negative(escrow)),
        ("of it promised back to buyers", _negative(balances(world, "refund:"))),
        ("of it in quarantine", _negative(balances(world, "quarantine:"))),
    ]
    table = _table("Money", "", *currencies)
    for label, amounts in rows:
        table.add_row(
            label,
            *(pounds(amounts.get(currency, 0)) for currency in currencies),
            end_section="differ" in label,
        )
    return table


def _negative(amounts: Counter[str]) -> Counter[str]:
    return Counter({currency: -amount for currency, amount in amounts.items()})


def _stock(world: World) -> Table:
    levels = counted(world)
    sums = sum(levels.values(), Counter[str]())
    table = _table("Stock", "units", "")
    table.add_row("received", f"{received(world):,}")
    for counter in ("available", "reserved", "sold"):
        table.add_row(counter, f"{sums[counter]:,}")
    table.add_row(
        f"drift, over {len(levels):,} shelves (article x warehouse)", str(len(drifted(world))), style="bold"
    )
    return table


def _refusals(stage: Stage) -> Table:
    table = _table("What the shop refused", "status and code", "times")
    for code, times in sorted(stage.client.refusals.items()):
        table.add_row(code, str(times))
    return table


def _calls(meter: Meter, orders: int) -> Table:
    table = _table(f"Calls per order, {orders} orders", "service and operation", "calls", "per order")
    counts = {call: count for call, count in meter.calls.items() if call not in CONNECTED}
    for (service, operation), count in sorted(counts.items(), key=lambda entry: (entry[0][0], -entry[1])):
        table.add_row(f"{service} {operation}", f"{count:,}", f"{count / orders:.2f}")
    return table


def show_prices(console: Console, meter: Meter, orders: int, prices: PriceList, today: date) -> None:
    """Print what a million such orders would cost."""
    bill = Bill()
    bill.add_bill(meter.bill, Decimal(MILLION) / orders)
    costs = bill.cost(prices)
    console.print(price_table("List price of a million orders like these", costs, prices, today))


def price_table(title: str, costs: Mapping[Line, Decimal], prices: PriceList, today: date) -> Table:
    sums = totals(costs)
    by_label: dict[str, Decimal] = {}
    for line, usd in costs.items():
        by_label[line.label] = by_label.get(line.label, Decimal(0)) + usd
    age = prices.age_days(today)
    table = _table(title, "", "USD", caption=f"Prices of {prices.priced_on}, {age} days old. {prices.source}")
    table.add_row("everything", f"{sums.everything:.2f}", style="bold")
    table.add_row("of it orchestration", f"{sums.orchestration:.2f}", style="bold", end_section=True)
    for label, usd in sorted(by_label.items(), key=lambda entry: -entry[1])[:DEAREST]:
        table.add_row(label, f"{usd:.2f}")
    return table
