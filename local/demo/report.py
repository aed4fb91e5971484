"""What happened, in tables. Money is in ``money_report``, prices in ``price_report``, parcels in ``shipping_report``.

Stock is from its movements.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from bench.cost_meter import Bill, Line, Meter, totals
from bench.prices import PriceList
from local.demo import made_up, money_report, price_report, return_report, shipping_report
from local.demo.invoices import NOT_GOODS, Book
from local.demo.stage import Record, Stage
from local.demo.stock_checks import COUNTERS, counted, drifted, received
from local.demo.tables import table, yuan
from local.demo.world import World

MILLION = 1_000_000
DEAREST = 5
CODES_SHOWN = 4
CONNECTED = {("lambda", "invoke")}  # How a machine calls a function: the invocation itself is counted.


def show(console: Console, *, book: Book, stage: Stage, world: World, meter: Meter) -> None:
    """Print all tables."""
    records = list(stage.records.values())
    console.print(_states(records, world), _invoices(book, stage))
    console.print(price_report.discounts(world), price_report.wallets(world), price_report.freight(world))
    console.print(price_report.reviews(world), price_report.long_orders(world, records))
    console.print(money_report.answered(world), money_report.misfortunes(stage.happened, world))
    console.print(money_report.moved(world), money_report.money(world))
    console.print(shipping_report.parcels(world), shipping_report.example(world))
    console.print(shipping_report.cost(world), shipping_report.on_the_way(world))
    console.print(shipping_report.obstacles(world), shipping_report.customs(stage.declared))
    console.print(return_report.cases(world), return_report.decisions(world))
    console.print(return_report.invoices(book, stage, world), return_report.grades(world))
    console.print(return_report.money(world), return_report.refused(stage), return_report.register(world))
    console.print(_stock(world, stage), _refusals(stage))
    console.print(price_report.seconds(stage.client), _calls(meter, len(world.orders)))


def _states(records: Iterable[Record], world: World) -> Table:
    orders, payable = Counter[str](), Counter[str]()
    for whole in world.orders.values():
        orders[whole.order["stage"]] += 1
        payable[whole.order["stage"]] += whole.order["payable_minor"]
    shown = table("Where the orders ended", "state", "orders", "worth (CNY)")
    for state, count in orders.most_common():
        shown.add_row(state, str(count), yuan(payable[state]))
    refused = [record for record in records if not record.order_id]
    shown.add_row(
        "refused, never an order", str(len(refused)), yuan(sum(r.sale.goods_minor for r in refused))
    )
    several = sum(len(whole.of("SUB")) > 1 for whole in world.orders.values())
    parcels = sum(len(whole.of("PARCEL")) for whole in world.orders.values())
    shown.add_section()
    shown.add_row("orders of several merchants", str(several), "")
    shown.add_row("parcels planned", str(parcels), "")
    return shown


def _invoices(book: Book, stage: Stage) -> Table:
    """What was real, and how far the orders agree with it."""
    records = [stage.records[sale.number] for sale in book.sales]
    ordered = [record for record in records if record.order_id]
    same = [r for r in ordered if r.ordered_goods_minor == r.sale.goods_minor and not r.sale.repriced_minor]
    cut = [r for r in ordered if r.is_cut]
    repriced = [r for r in ordered if r.sale.repriced_minor]
    shares = ", ".join(f"{name} {share / 10:g} %" for name, share in made_up.MERCHANTS)
    shown = table(
        "The invoices behind them",
        "real invoices",
        "number",
        caption=f"Made up: merchants ({shares} of the articles), warehouses and stock, weights, addresses, members, "
        "coupons, points, promotions, freight, reviews, where, how and when buyers pay, shipment and receipt. "
        "Real: articles, units, prices, dates, countries, C invoices. A pound of theirs is sold as a yuan, because "
        "Alipay and WeChat Pay take nothing else.",
    )
    shown.add_row("sales", str(len(book.sales)))
    shown.add_row("  whose order costs the same at list prices, to the fen", str(len(same)))
    shown.add_row(
        f"  with an article at two prices ({yuan(sum(r.sale.repriced_minor for r in repriced))})",
        str(len(repriced)),
    )
    shown.add_row("  of too many lines, ordered with fewer", str(len(cut)))
    others = [record for record in ordered if record not in (*same, *repriced, *cut)]
    shown.add_row("  ordered in part: scarce, limited, or not sent there", str(len(others)))
    shown.add_row("C invoices, all of them asked back (see below)", str(len(book.cancellations)))
    shown.add_row("price changes by the operator", str(stage.price_changes))
    shown.add_row("made-up orders beside them (local/demo/extras.py)", str(len(stage.records) - len(records)))
    for why, rows in _reasons(book):
        shown.add_row(f"rows left out: {why}", str(rows))
    return shown


def _reasons(book: Book) -> list[tuple[str, int]]:
    """Why rows were left out; what is not goods in one, with the most frequent codes."""
    codes = Counter(
        {why.removeprefix(NOT_GOODS): n for why, n in book.left_out.items() if why.startswith(NOT_GOODS)}
    )
    others = sorted((why, n) for why, n in book.left_out.items() if not why.startswith(NOT_GOODS))
    frequent = ", ".join(code for code, _ in codes.most_common(CODES_SHOWN))
    return [(f"no goods ({frequent} ...)", codes.total()), *others] if codes else others


def _stock(world: World, stage: Stage) -> Table:
    levels = counted(world)
    sums = sum(levels.values(), Counter[str]())
    shown = table("Stock", "units", "")
    shown.add_row("received", f"{received(world):,}")
    for counter in (*COUNTERS[:3], *(name for name in COUNTERS[3:] if sums[name])):
        shown.add_row(counter, f"{sums[counter]:,}")
    hot, second = stage.hot
    shards = sorted(row["shard"] for row in world.stock if row["sku"] == hot and "shard" in row)
    shown.add_row(f"shards of the hot article {hot}", str(len(shards)))
    quotas = [
        level.get("channels", {})
        for row in world.stock
        if row["sku"] == second
        for level in row["warehouses"].values()
    ]
    left = sum(quota.get(made_up.MARKETPLACE, 0) for quota in quotas)
    shown.add_row(f"left of the {made_up.MARKETPLACE}'s quota of {second}", f"{left:,}")
    shown.add_row(
        f"drift, over {len(levels):,} shelves (article x warehouse)", str(len(drifted(world))), style="bold"
    )
    return shown


def _refusals(stage: Stage) -> Table:
    shown = table("What the shop refused", "status and code", "times")
    for code, times in sorted(stage.client.refusals.items()):
        shown.add_row(code, str(times))
    return shown


def _calls(meter: Meter, orders: int) -> Table:
    shown = table(f"Calls per order, {orders} orders", "service and operation", "calls", "per order")
    counts = {call: count for call, count in meter.calls.items() if call not in CONNECTED}
    for (service, operation), count in sorted(counts.items(), key=lambda entry: (entry[0][0], -entry[1])):
        shown.add_row(f"{service} {operation}", f"{count:,}", f"{count / orders:.2f}")
    return shown


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
    shown = table(title, "", "USD", caption=f"Prices of {prices.priced_on}, {age} days old. {prices.source}")
    shown.add_row("everything", f"{sums.everything:.2f}", style="bold")
    shown.add_row("of it orchestration", f"{sums.orchestration:.2f}", style="bold", end_section=True)
    for label, usd in sorted(by_label.items(), key=lambda entry: -entry[1])[:DEAREST]:
        shown.add_row(label, f"{usd:.2f}")
    return shown
