"""Invariants of the ledger (RELIABILITY section 3): orders' vouchers, and what each account must hold of them, said by
rows and the providers' books. What statements and bills move besides is in ``statement_checks`` and ``bill_checks``.

clearing:<provider>      = the provider's own account          escrow:<part>     = what is kept of it, until settled
refund:<refund>          = promised, and not yet sent          held:<attempt>    = what came in part
chargeback:<order>       = taken, and not yet decided          bank              = what we sent by bank
claim:<part>             = given back after it was settled     merchants         : share_checks
claim:<order>            = given back, and no part holds it
elsewhere, quarantine    = what people must judge
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from local.demo.order_checks import kept_minor
from local.demo.world import Row, Whole, World

VOUCHER_OF = {  # Which event must have which voucher. Cancelling goods that cost nothing has none.
    "payment_succeeded": ("captured",),
    "payment_unclaimed": ("unclaimed",),
    "payment_unfilled": ("unclaimed",),
    "payment_quarantined": ("quarantined",),
    "payment_part_captured": ("captured_in_part",),
    "payment_reversed": ("reversed",),
    "refund_succeeded": ("refunded",),
    "refund_found": ("refund_found",),
    "refund_quarantined": ("quarantined",),
    "refund_paid_otherwise": ("refund_paid_otherwise",),
    "refund_failed": ("refund_failed", "refund_bounced", "refund_covered", "quarantined", None),
    "dispute_withdrawn": ("dispute_withdrawn", "dispute_lost"),
    "dispute_reinstated": ("dispute_reinstated",),
    "dispute_lost": ("dispute_lost", None),
    "settlement_due": ("settled",),
}
PROMISED = ("requested", "submitted", "needs_action")


def vouchers_balance(world: World) -> Iterator[str]:
    for voucher in world.vouchers:
        if sum(amount for _, amount in voucher["entries"]) != 0:
            yield f"{voucher['voucher_id']} does not balance"


def vouchers_match_the_history(world: World) -> Iterator[str]:
    """One voucher for each event that moves money, none for another, each with its own number."""
    numbers = Counter(voucher["voucher_id"] for voucher in world.vouchers)
    for number, times in numbers.items():
        if times > 1:
            yield f"voucher {number} exists {times} times"
    kinds = {
        (v["order_id"], int(v["sk"].partition("#")[2])): v["kind"] for v in world.vouchers if "order_id" in v
    }
    for whole in world.orders.values():
        for event in whole.of("#EVENT"):
            kind = kinds.pop((whole.order_id, event["version"]), None)
            expected = VOUCHER_OF.get(event["event"])
            if expected and kind not in expected and not _settles_nothing(whole, event):
                yield f"{whole.order_id} v{event['version']} {event['event']} has the voucher {kind}"
    for order_id, version in kinds:
        yield f"voucher {order_id}-v{version} belongs to no event"


def _settles_nothing(whole: Whole, event: Row) -> bool:
    """Nothing is left of it, or it waits because of a dispute or a case."""
    if event["event"] != "settlement_due":
        return False
    waits = [step for step in event["steps"] if step["row"].endswith((".disputed", ".case_open"))]
    settled = {step["subject"] for step in event["steps"] if step not in waits}
    return all(s["amount_minor"] == 0 for s in whole.of("SETTLE") if s["sk"] in settled)


def the_clearing_account_is_the_provider(world: World) -> Iterator[str]:
    """Each provider's account = captured - refunded - taken, by currency, of everything that we have heard of."""
    ours, theirs = clearing(world), provider_accounts(world)
    if any(_is_between(world, whole) for whole in world.orders.values()):
        return  # Money is on its way: the two books are never compared in between.
    for provider, currency in sorted(ours.keys() | theirs.keys()):
        held, there = ours[provider, currency], theirs[provider, currency]
        if held != there:
            yield f"clearing:{provider} holds {held} {currency}, the provider {there}"


def clearing(world: World) -> Counter[tuple[str, str]]:
    """What our ledger says that each provider holds for us: by provider and currency."""
    sums: Counter[tuple[str, str]] = Counter()
    for voucher in world.vouchers:
        for account, amount in voucher["entries"]:
            kind, _, provider = account.partition(":")
            if kind == "clearing":
                sums[provider, voucher["currency"]] += amount
    return sums


def provider_accounts(world: World) -> Counter[tuple[str, str]]:
    """The same as the providers say it."""
    sums: Counter[tuple[str, str]] = Counter()
    for page in world.books.values():
        sums[page["provider"], page["currency"]] += net_minor(page)
    return sums


def net_minor(page: Row) -> int:
    """What a provider holds of one number of ours."""
    return int(page["captured"] - page["refunded"] - page["withdrawn"] + page["reinstated"])


def _is_between(world: World, whole: Whole) -> bool:
    """Whether one side may know what the other does not know yet."""
    if any(refund["state"] in ("requested", "submitted") for refund in whole.of("REFUND")):
        return True
    pages = [(p, world.books.get(p["reference"])) for p in whole.of("PAY")]
    return any("ask_at" in p and page and page["captured"] != p["captured_minor"] for p, page in pages)


def money_elsewhere_is_what_was_told(world: World) -> Iterator[str]:
    held = _by_account(world)
    for provider, told in world.elsewhere.items():
        if held[f"elsewhere:{provider}"] != told:
            yield f"elsewhere:{provider} holds {held[f'elsewhere:{provider}']}, it told of {told}"


def escrow_holds_what_is_kept(world: World) -> Iterator[str]:
    """The buyer's money, until it is the merchant's; nothing of what was given back or settled. What the platform has
    paid in advance is not taken from it before somebody has decided."""
    held = _by_account(world)
    for whole in world.orders.values():
        settled = {s["number"] for s in whole.of("SETTLE") if s["state"] == "settled"}
        for sub_order in whole.of("SUB"):
            account = f"escrow:{whole.order_id}-{sub_order['number']:02}"
            is_held = whole.order["state"] == "paid" and sub_order["number"] not in settled
            expected = kept_minor(sub_order) + _advanced(whole, sub_order) if is_held else 0
            if -held[account] != expected:
                yield f"{account} holds {-held[account]}, not {expected}"


def _advanced(whole: Whole, sub_order: Row) -> int:
    """Paid in advance for it, in cases that are still open."""
    family = {s["number"] for s in whole.of("SUB") if sub_order["number"] in (s["number"], s["replaces"])}
    cases = (case for case in whole.of("CASE") if case["sub_order"] in family)
    return sum(case["advance_minor"] for case in cases if case["state"] not in ("completed", "closed"))


def promises_are_held(world: World) -> Iterator[str]:
    """What is promised and not yet sent, what came in part, what banks took, what nobody holds: each in its account."""
    held = _by_account(world)
    expected: Counter[str] = Counter()
    for whole in world.orders.values():
        for refund in whole.of("REFUND"):
            expected[f"refund:{refund['refund_id']}"] = (
                -refund["amount_minor"] if refund["state"] in PROMISED else 0
            )
        for payment in whole.of("PAY"):
            expected[f"held:{payment['reference']}"] = -payment["held_minor"]
        for dispute in whole.of("DISPUTE"):
            taken = dispute.get("withdrawn_minor", 0) - dispute.get("reinstated_minor", 0)
            is_lost = dispute["state"] == "lost"
            expected[f"chargeback:{whole.order_id}"] += 0 if is_lost else taken
            expected[f"claim:{whole.order_id}"] += taken - dispute.get("borne_minor", 0) if is_lost else 0
        expected[f"claim:{whole.order_id}"] += _found_at_nobody_s_cost(whole)
    accounts = _named(held, "refund:", "held:", "chargeback:")
    accounts |= {name for name in _named(held, "claim:") if "-" not in name}  # With a number it is a part's.
    for account in sorted(expected.keys() | accounts):
        if held[account] != expected[account]:
            yield f"{account} holds {held[account]}, not {expected[account]}"


def _found_at_nobody_s_cost(whole: Whole) -> int:
    """What was refunded by hand and no part holds any more, less what banks took of promises."""
    found = [refund for refund in whole.of("REFUND") if refund["found"]]
    rest = sum(refund["amount_minor"] for refund in found)
    rest -= sum(sum(part[1:]) for refund in found for part in refund["parts"])
    covered = [refund for refund in whole.of("REFUND") if refund["state"] == "covered"]
    return int(rest - sum(refund["amount_minor"] for refund in covered))


def the_bank_paid_what_people_sent(world: World) -> Iterator[str]:
    refunds = [refund for whole in world.orders.values() for refund in whole.of("REFUND")]
    sent = sum(refund["amount_minor"] for refund in refunds if refund["paid_otherwise"])
    if (held := _by_account(world)["bank"]) != -sent:
        yield f"bank holds {held}, {sent} was sent by bank"


def quarantine_is_what_people_must_judge(world: World) -> Iterator[str]:
    """By order: what came and fits nothing, less what went back and fits nothing. And what nobody knows."""
    held = _by_account(world)
    expected: Counter[str] = Counter()
    for whole in world.orders.values():
        for event in whole.of("#EVENT"):
            sign = {"payment_quarantined": -1, "refund_quarantined": 1}.get(event["event"], 0)
            expected[f"quarantine:{whole.order_id}"] += (
                sign * event.get("note", {}).get("amount", 0) if sign else 0
            )
    for row in world.parked:
        if row.get("state") == "quarantined":
            expected[f"quarantine:{row['pk'].removeprefix('PARKED#')}"] = -row["fact"]["money"][0]
    for account in sorted(expected.keys() | _named(held, "quarantine:")):
        if held[account] != expected[account]:
            yield f"{account} holds {held[account]}, not {expected[account]}"


def completed_means_one_settlement(world: World) -> Iterator[str]:
    """Settled = paid - given back, once, for what is complete and for nothing else; what came later is a claim, and so
    is the postage that a merchant bears.
    """
    held = _by_account(world)
    for whole in world.orders.values():
        entries = {settlement["number"]: settlement for settlement in whole.of("SETTLE")}
        for sub_order in whole.of("SUB"):
            where = f"{whole.order_id} sub-order {sub_order['number']}"
            entry = entries.pop(sub_order["number"], None)
            claim = held[f"claim:{whole.order_id}-{sub_order['number']:02}"] - _postage(whole, sub_order)
            is_closed = (
                sub_order["state"] == "closed"
            )  # Something of it is kept, or it had been received before.
            is_earned = sub_order["state"] == "completed" or (
                is_closed and (kept_minor(sub_order) > 0 or "completed_at" in sub_order)
            )
            is_earned = is_earned and not sub_order["replaces"]
            if (entry is not None) != is_earned:
                yield f"{where} is {sub_order['state']}: settlement {entry}"
            elif entry and entry["amount_minor"] != kept_minor(sub_order) + claim:
                yield f"{where} settles {entry['amount_minor']}, kept is {kept_minor(sub_order)}, claimed {claim}"
            if claim and (claim < 0 or entry is None or entry["state"] != "settled"):
                yield f"{where}: {claim} is claimed of a merchant who was not paid"
        if entries:
            yield f"{whole.order_id} settles what does not exist: {sorted(entries)}"


def _postage(whole: Whole, sub_order: Row) -> int:
    cases = (case for case in whole.of("CASE") if case["sub_order"] == sub_order["number"])
    return sum(case["postage_minor"] for case in cases if case["payer"] == "merchant")


def balances(world: World, prefix: str) -> Counter[str]:
    """Debits less credits of all accounts that begin like this, by currency."""
    sums: Counter[str] = Counter()
    for voucher in world.vouchers:
        for account, amount in voucher["entries"]:
            if account.startswith(prefix):
                sums[voucher["currency"]] += amount
    return sums


def moved_by(world: World) -> dict[str, Counter[str]]:
    """What each voucher put into each account, by the voucher's number."""
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for voucher in world.vouchers:
        for account, amount in voucher["entries"]:
            moved[voucher["voucher_id"]][account] += amount
    return moved


def _by_account(world: World) -> Counter[str]:
    sums: Counter[str] = Counter()
    for voucher in world.vouchers:
        for account, amount in voucher["entries"]:
            sums[account] += amount
    return sums


def _named(held: Counter[str], *prefixes: str) -> set[str]:
    return {account for account in held if account.startswith(prefixes)}
