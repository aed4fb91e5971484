"""The report for people: one page that stands alone, for those who answer for the money.

What a bill says comes from outside, so every text of it is escaped, and the page may load and run nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from shared.instants import rfc3339
from shared.payment.bills.stripe import decimals_of
from shared.reconciliation.charts import Bar, bars, waterfall
from shared.reconciliation.differences import KINDS, playbook

Report = Mapping[str, Any]
SIDES = (("bill_minor", "bill"), ("ledger_minor", "ledger"), ("orders_minor", "orders"))
WHATS = {
    "payment": "Payments",
    "refund": "Refunds",
    "dispute": "Disputes",
    "fee": "Fees of their own",
    "payout": "Payouts to our bank",
    "other": "Other movements",
    "fees_kept": "All fees",
}
STATES = {
    "clean": "Everything agrees.",
    "on_its_way": "Everything agrees, but for what is not final yet.",
    "differences": "Something does not agree.",
    "no_bill": "The provider has given no bill.",
}
AGES = ((3600, "less than an hour"), (6 * 3600, "less than 6 hours"), (86_400, "less than a day"))
OLDER = "a day or older"

STYLE = """
:root{--ink:#1d2733;--soft:#5b6775;--line:#d9dee4;--bill:#3366a8;--ledger:#2f8f6b;--orders:#c98a1b;--bad:#b3372f}
body{font:15px/1.5 system-ui,"Noto Sans","Noto Sans CJK SC",sans-serif;color:var(--ink);margin:2rem auto;
max-width:68rem;padding:0 1.5rem}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid var(--line)}
p.state{font-size:1.1rem;padding:.5rem .8rem;border-left:.35rem solid var(--ledger);background:#f4f6f8}
p.differences,p.no_bill{border-color:var(--bad)}p.on_its_way{border-color:var(--orders)}
table{border-collapse:collapse;width:100%;margin:.6rem 0}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}tr.off td{background:#fdf1f0}
td.d{overflow-wrap:anywhere;font-size:.86rem;color:var(--soft)}
.high{color:var(--bad);font-weight:600}.middle{color:#95650c;font-weight:600}.low{color:var(--soft)}
figure{margin:1rem 0}figcaption{color:var(--soft);margin-bottom:.3rem}svg{width:100%;max-width:760px;height:auto}
svg text{font-size:13px;fill:var(--ink)}svg .figure{font-variant-numeric:tabular-nums}svg .axis{stroke:#8a95a1}
.bill{fill:var(--bill)}.ledger{fill:var(--ledger)}.orders{fill:var(--orders)}.bad{fill:var(--bad)}.soft{fill:#9aa5b1}
small,.soft{color:var(--soft)}@media print{body{margin:0}h2{break-after:avoid}tr{break-inside:avoid}}
"""


def page(reports: Sequence[Report]) -> str:
    """One page of *reports*: of one day, or of several, one after the other."""
    title = " · ".join(sorted({f"{one['provider']} {one['day']}" for one in reports})[:3])
    body = "".join(_of_one(one) for one in reports)
    several = _of_all(reports) if len(reports) > 1 else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Reconciliation {escape(title)}</title><style>{STYLE}</style></head><body>{several}{body}"
        "</body></html>"
    )


def money(amount_minor: int | None, currency: str) -> str:
    """An amount as people read it.

    >>> money(-1234567, "CNY"), money(500, "JPY"), money(None, "CNY")
    ('-12,345.67', '500', '')
    """
    if amount_minor is None:
        return ""
    decimals = decimals_of(currency)
    whole, part = divmod(abs(amount_minor), 10**decimals)
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{whole:,}.{part:0{decimals}}" if decimals else f"{sign}{whole:,}"


def _of_one(report: Report) -> str:
    name, day = escape(report["provider"]), escape(report["day"])
    parts = (
        f"<h1>{name}, {day}</h1><small>compared {rfc3339(report['at'])}</small>",
        f'<p class="state {escape(report["state"])}">{escape(_summary(report))}</p>',
        _bill(report["bill"]),
        _totals(report["totals"]),
        _differences(report),
        _waiting(report["on_its_way"]),
        _posted(report["posted"]),
    )
    return f"<article>{''.join(parts)}</article>"


def _summary(report: Report) -> str:
    told, counts = STATES[report["state"]], report["counts"]
    if not counts:
        return f"{told} {report['agreed']:,} movements were compared."
    late = f", {len(report['overdue'])} of them older than a day" if report["overdue"] else ""
    return f"{told} {sum(counts.values()):,} differences{late}; {report['agreed']:,} movements agree."


def _bill(bill: Mapping[str, Any] | None) -> str:
    if not bill:
        return "<p>No bill.</p>"
    if bill["source"] == "none":
        return "<p>The provider says that nothing moved on this day.</p>"
    told = f"{bill['rows']:,} rows, {bill['size_bytes']:,} bytes, {bill['source']}"
    return f"<p>The bill: {escape(told)}.<br><small>SHA-256 {escape(bill['sha256'])}</small></p>"


def _totals(totals: Sequence[Mapping[str, Any]]) -> str:
    if not totals:
        return ""
    head = "<tr><th>What</th><th>Currency</th><th class=n>Rows</th><th class=n>Bill</th>"
    head += "<th class=n>Ledger</th><th class=n>Orders</th></tr>"
    rows, charts = "", ""
    for one in totals:
        sums = [one.get(side) for side, _ in SIDES]
        is_off = len({told for told in sums if told is not None}) > 1
        cells = "".join(f"<td class=n>{money(told, one['currency'])}</td>" for told in sums)
        rows += f'<tr class="{"off" if is_off else ""}"><td>{WHATS[one["what"]]}</td>'
        rows += f"<td>{escape(one['currency'])}</td><td class=n>{one['rows'] or ''}</td>{cells}</tr>"
    for currency in sorted({one["currency"] for one in totals}):
        own = [one for one in totals if one["currency"] == currency]
        charts += _sides(own, currency) + _flow(own, currency)
    return f"<h2>Totals</h2><table>{head}{rows}</table>{charts}"


def _sides(totals: Sequence[Mapping[str, Any]], currency: str) -> str:
    told = [
        Bar(f"{WHATS[one['what']]}: {name}", one[side], money(one[side], currency), name)
        for one in totals
        for side, name in SIDES
        if one.get(side)
    ]
    return bars(f"What each side says, {currency}", told)


def _flow(totals: Sequence[Mapping[str, Any]], currency: str) -> str:
    """How the day moved our account at the provider, as its bill tells it."""
    steps = [
        Bar(
            WHATS[one["what"]], one["bill_minor"], money(one["bill_minor"], currency), "bill" if up else "bad"
        )
        for one in totals
        if one["bill_minor"] and one["what"] != "fee"
        for up in (one["bill_minor"] > 0,)
    ]
    end = sum(step.amount for step in steps)
    return waterfall(
        f"Our account at the provider, {currency}",
        steps,
        Bar("Change of the day", end, money(end, currency), "soft"),
    )


def _differences(report: Report) -> str:
    told = report["differences"]
    if not told:
        return "<h2>Differences</h2><p>None.</p>"
    kinds = Counter[str](report["counts"])
    ages = Counter(_age(one["age_seconds"]) for one in told)
    names = [*(name for _, name in AGES), OLDER]
    charts = bars(
        "Differences by kind", [Bar(n.replace("_", " "), c, f"{c:,}", "bad") for n, c in kinds.most_common()]
    ) + bars(
        "Differences by age",
        [Bar(name, ages[name], str(ages[name]), "orders") for name in names if ages[name]],
    )
    head = "<tr><th>What</th><th class=n>Amount</th><th class=n>Bill</th><th class=n>Ledger</th><th class=n>Orders</th>"
    head += "<th>Which</th><th>Since</th></tr>"
    rows = "".join(
        map(_difference, sorted(told, key=lambda one: (bool(one["explained"]), one["first_seen"])))
    )
    more = f"<p>{report['not_listed']:,} more are counted and not listed.</p>" if report["not_listed"] else ""
    return f"<h2>Differences</h2>{charts}<table>{head}{rows}</table>{more}{_playbooks(kinds)}"


def _difference(one: Mapping[str, Any]) -> str:
    words, currency = KINDS[one["name"]].words, one["currency"]
    sums = "".join(f"<td class=n>{money(one[side], currency)}</td>" for side, _ in SIDES)
    places = (
        one["document"],
        one["provider_id"] and f"number {one['provider_id']}",
        one["line"] and f"line {one['line']}",
        one["voucher_id"] and f"voucher {one['voucher_id']}",
        one["why"],
    )
    which = "<br>".join(escape(str(place)) for place in places if place)
    since = f"{rfc3339(one['first_seen'])}<br>{_age(one['age_seconds'])}"
    if one["explained"]:
        since += f"<br>explained by {escape(one['explained']['by'])}: {escape(one['explained']['reason'])}"
    what = f'<span class="{escape(one["severity"])}">{words.en}</span><br><small>{words.zh}</small>'
    what += f"<br>{escape(one['name'])} <small>({escape(one['owner'])})</small>"
    amount = f"{money(one['amount_minor'], currency)} {escape(currency)}" if currency else ""
    return f"<tr><td>{what}</td><td class=n>{amount}</td>{sums}<td class=d>{which}</td><td class=d>{since}</td></tr>"


def _playbooks(names: Iterable[str]) -> str:
    told = "".join(f"<li>{escape(KINDS[name].words.en)}: {playbook(name)}</li>" for name in sorted(names))
    return f"<h2>What to do</h2><ul>{told}</ul>"


def _waiting(told: Sequence[Mapping[str, Any]]) -> str:
    if not told:
        return ""
    rows = "".join(
        f"<tr><td class=d>{escape(one['document'])}</td><td class=n>{money(one['amount_minor'], one['currency'])} "
        f"{escape(one['currency'])}</td></tr>"
        for one in told
    )
    return f"<h2>On its way</h2><p>Asked for, or begun, and not final yet.</p><table>{rows}</table>"


def _posted(told: Sequence[Mapping[str, Any]]) -> str:
    if not told:
        return ""
    rows = "".join(
        f"<tr><td class=d>{escape(one['voucher_id'])}</td><td>{escape(account)}</td>"
        f"<td class=n>{money(amount, one['currency'])} {escape(one['currency'])}</td></tr>"
        for one in told
        for account, amount in one["entries"]
    )
    return f"<h2>Posted from this bill</h2><table>{rows}</table>"


def _age(seconds: int) -> str:
    return next((name for limit, name in AGES if seconds < limit), OLDER)


def _of_all(reports: Sequence[Report]) -> str:
    """Several days at a glance."""
    kinds = Counter[str]()
    rows = ""
    for one in reports:
        kinds.update(one["counts"])
        is_off = one["state"] in ("differences", "no_bill")
        rows += (
            f'<tr class="{"off" if is_off else ""}"><td>{escape(one["provider"])}</td>'
            f"<td>{escape(one['day'])}</td><td>{STATES[one['state']]}</td><td class=n>{one['agreed']:,}</td>"
            f"<td class=n>{sum(one['counts'].values()):,}</td></tr>"
        )
    charts = "".join(_per_day(reports, what) for what in ("payment", "refund", "fees_kept", "payout"))
    charts += bars(
        "Differences by kind", [Bar(n.replace("_", " "), c, f"{c:,}", "bad") for n, c in kinds.most_common()]
    )
    head = "<tr><th>Provider</th><th>Day</th><th>State</th><th class=n>Agree</th><th class=n>Differences</th></tr>"
    return f"<h1>Reconciliation</h1><table>{head}{rows}</table>{charts}"


def _per_day(reports: Sequence[Report], what: str) -> str:
    told = [
        (f"{one['provider']} {one['day']}", line["bill_minor"], line["currency"])
        for one in reports
        for line in one["totals"]
        if line["what"] == what and line["bill_minor"]
    ]
    drawn = ""
    for currency in sorted({each for _, _, each in told}):
        own = [
            Bar(label, n, money(n, currency), "bill" if n > 0 else "bad")
            for label, n, c in told
            if c == currency
        ]
        drawn += bars(f"{WHATS[what]} by day, {currency}", own)
    return drawn
