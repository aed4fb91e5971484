"""Invariants of settled parts (RULES 11): who got what, reckoned once more from frozen steps and contracts.

merchant, reserve, commission due and the claims on its parts, together = owed to the merchant, before payouts
coupon:platform       = the platform's part of coupons on what is kept
commission            = what contracts say of what the goods brought in
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import floor
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


def merchants_get_what_is_settled(world: World) -> Iterator[str]:
    """Cash that is kept, the platform's part of coupons, points; less commission and postage."""
    owed: Counter[str] = Counter()
    for whole in world.orders.values():
        for part in settled_parts(whole):
            owed[part.merchant] += part.kept + part.platform + part.points - part.commission
        for case in whole.of("CASE"):
            if case["payer"] == "merchant" and case["postage_minor"]:
                owed[case["merchant_id"]] -= case["postage_minor"]
    held = merchants_hold(world)
    for merchant in sorted(owed.keys() | held.keys()):
        if -held[merchant] != owed[merchant]:
            yield f"{merchant} is owed {owed[merchant]}, its accounts hold {-held[merchant]}"


def the_platform_pays_for_its_coupons(world: World) -> Iterator[str]:
    parts = [part for whole in world.orders.values() for part in settled_parts(whole)]
    held = _by_account(world)
    if held["coupon:platform"] != sum(part.platform for part in parts):
        yield f"coupon:platform holds {held['coupon:platform']}, {sum(part.platform for part in parts)} were used"


def the_platform_earns_what_was_agreed(world: World) -> Iterator[str]:
    parts = [part for whole in world.orders.values() for part in settled_parts(whole)]
    earned = sum(part.commission for part in parts)
    if -_by_account(world)["commission"] != earned:
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
        if settlement["state"] == "settled" and settlement["number"] in parts:
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
    less = _spread(max(0, part["given_back_minor"]), [share.cash for share in shares])
    commission = sum(
        (s.brought_in - back) * s.commission_bps // BPS for s, back in zip(shares, less, strict=True)
    )
    return Settled(
        part["merchant_id"],
        kept_minor(part),
        sum(share.platform for share in shares),
        sum(share.points for share in shares),
        commission,
    )


def _spread(total: int, weights: list[int]) -> list[int]:
    """Largest remainder, in fractions; never more than there is."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    fair = [Fraction(min(total, whole) * weight, whole) for weight in weights]
    parts = [floor(share) for share in fair]
    for place in sorted(range(len(fair)), key=lambda at: parts[at] - fair[at])[
        : min(total, whole) - sum(parts)
    ]:
        parts[place] += 1
    return parts


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
