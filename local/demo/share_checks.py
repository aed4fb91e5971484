"""Invariants of settled parts (RULES 11): who got what, reckoned once more from frozen steps and contracts.

merchant, reserve, commission due and the claims on its parts, together = owed to the merchant, before payouts
coupon:platform       = the platform's part of coupons on what is kept
commission            = what contracts say of what the goods brought in
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from local.demo.order_checks import kept_minor
from local.demo.world import Row, Whole, World

BPS, PCT = 10_000, 100
OWN = ("merchant", "reserve", "commission_due")  # ":<merchant>"
COUPONS = ("shop_coupon:", "platform_coupon:")


class Share(NamedTuple):
    cash: int
    platform: int
    points: int
    commission_bps: int

    @property
    def brought_in(self) -> int:
        return self.cash + self.platform + self.points


class Settled(NamedTuple):
    """One settled part, as it stands now."""

    merchant: str
    kept: int
    platform: int
    points: int
    commission: int
    slack: int  # So much may the commission be off: which line bears which fen of a favour is left open here.


def merchants_get_what_is_settled(world: World) -> Iterator[str]:
    """Cash that is kept, the platform's part of coupons, points; less commission and postage."""
    owed, slack = Counter[str](), Counter[str]()
    for whole in world.orders.values():
        for part in settled_parts(whole):
            owed[part.merchant] += part.kept + part.platform + part.points - part.commission
            slack[part.merchant] += part.slack
        for case in whole.of("CASE"):
            if case["payer"] == "merchant" and case["postage_minor"]:
                owed[case["merchant_id"]] -= case["postage_minor"]
    held = merchants_hold(world)
    for merchant in sorted(owed.keys() | held.keys()):
        if abs(-held[merchant] - owed[merchant]) > slack[merchant]:
            yield f"{merchant} is owed {owed[merchant]}, its accounts hold {-held[merchant]}"


def the_platform_pays_for_its_coupons(world: World) -> Iterator[str]:
    parts = [part for whole in world.orders.values() for part in settled_parts(whole)]
    held = _by_account(world)
    if held["coupon:platform"] != sum(part.platform for part in parts):
        yield f"coupon:platform holds {held['coupon:platform']}, {sum(part.platform for part in parts)} were used"


def the_platform_earns_what_was_agreed(world: World) -> Iterator[str]:
    parts = [part for whole in world.orders.values() for part in settled_parts(whole)]
    earned, slack = sum(part.commission for part in parts), sum(part.slack for part in parts)
    if abs(-_by_account(world)["commission"] - earned) > slack:
        yield f"commission holds {-_by_account(world)['commission']}, agreed is {earned}"


def contracts_are_those_of_the_day(world: World) -> Iterator[str]:
    """What an order keeps is what was published when it was placed, for each of its merchants."""
    versions: dict[tuple[str, int], Row] = {}
    for row in world.catalogue:
        if row["pk"].startswith("CONTRACT#") and row["sk"].startswith("V#"):
            versions[row["pk"].partition("#")[2], int(row["sk"].partition("#")[2])] = row
    for whole in world.orders.values():
        for merchant, kept in whole.snapshot.get("contracts", {}).items():
            published = versions.get((kept["contract_id"], kept.get("version", 0)))
            if published is None or published["record"].get("merchant_id", "") not in ("", merchant):
                yield f"{whole.order_id} keeps a contract of {merchant} that nobody published: {kept}"
            elif published["at"] > whole.order["placed_at"]:
                yield f"{whole.order_id} keeps a contract of {merchant} that came later"


def settled_parts(whole: Whole) -> Iterator[Settled]:
    parts = {part["number"]: part for part in whole.of("SUB")}
    for settlement in whole.of("SETTLE"):
        if settlement["state"] == "settled":
            yield _settled(whole, parts[settlement["number"]])


def merchants_hold(world: World) -> Counter[str]:
    """What all accounts of each merchant hold, claims on its parts included."""
    owner = {
        f"claim:{whole.order_id}-{part['number']:02}": part["merchant_id"]
        for whole in world.orders.values()
        for part in whole.of("SUB")
    }
    held: Counter[str] = Counter()
    for account, amount in _by_account(world).items():
        kind, _, merchant = account.partition(":")
        if kind in OWN:
            held[merchant] += amount
        elif account in owner:
            held[owner[account]] += amount
    return held


def _settled(whole: Whole, part: Row) -> Settled:
    contract = whole.snapshot.get("contracts", {}).get(part["merchant_id"], {})
    shares = [_share(whole, part, line, contract) for line in whole.lines_of(part) if not line["replaces"]]
    back, cash = part["given_back_minor"], sum(share.cash for share in shares)
    less = Fraction(min(max(0, back), cash), cash) if cash else Fraction(0)
    if less:
        fair = sum((s.brought_in - s.cash * less) * s.commission_bps / BPS for s in shares)
        commission, slack = int(fair), 2 * len(shares)
    else:
        commission, slack = sum(s.brought_in * s.commission_bps // BPS for s in shares), 0
    return Settled(
        part["merchant_id"],
        kept_minor(part),
        sum(share.platform for share in shares),
        sum(share.points for share in shares),
        commission,
        slack,
    )


def _share(whole: Whole, part: Row, line: Row, contract: Mapping[str, Any]) -> Share:
    left = line["quantity"] - whole.gone(line)
    borne_by_merchant = {coupon[0]: coupon[4] for coupon in whole.snapshot.get("coupons", ())}

    def kept(amount: int) -> int:
        return int(-(-amount * left // line["quantity"]))  # What is gone is rounded down: what is kept, up.

    platform = points = 0
    for name, amount in line["steps"]:
        if name.startswith(COUPONS):
            pct = borne_by_merchant.get(name.partition(":")[2], PCT)
            platform += kept(-amount) * (PCT - pct) // PCT
        elif name == "points":
            points += kept(-amount)
    cash = max(0, kept(line["payable_minor"]) - part["reduced"].get(str(line["number"]), 0))
    usual = contract.get("commission_bps", 0)
    return Share(
        cash, platform, points, contract.get("commission_by_category", {}).get(line["category"], usual)
    )


def _by_account(world: World) -> Counter[str]:
    sums: Counter[str] = Counter()
    for voucher in world.vouchers:
        for account, amount in voucher["entries"]:
            sums[account] += amount
    return sums
