"""Worlds in which somebody got another share of a settled part than was agreed."""

from tests.demo.breaking import breaks


def _settled(world, account, name=None):
    """(its order, an entry of a settlement's voucher for an account that begins so, or is called *name*)"""
    for voucher in world.vouchers:
        if voucher["kind"] == "settled":
            for entry in voucher["entries"]:
                if entry[0].startswith(account) and name in (None, entry[0]):
                    return world.orders[voucher["order_id"]], entry
    raise AssertionError(f"no settlement moved {account}")


@breaks("merchants get what is settled")
def a_merchant_gets_a_fen_more(world, order_of):
    _settled(world, "merchant:")[1][1] -= 1


@breaks("merchants get what is settled")
def what_is_kept_back_is_kept_from_another(world, order_of):
    entry = _settled(world, "reserve:")[1]
    entry[0] = "reserve:m-garden"


@breaks("the platform pays for its coupons")
def a_coupon_is_paid_for_twice(world, order_of):
    _settled(world, "coupon:platform")[1][1] *= 2


@breaks("the platform earns what was agreed")
def the_platform_takes_its_commission_twice(world, order_of):
    _settled(world, "commission", "commission")[1][1] *= 2


@breaks("contracts are those of the day")
def an_order_keeps_a_contract_of_tomorrow(world, order_of):
    whole, _ = _settled(world, "commission", "commission")
    for contract in whole.rows["LINES#01"]["snapshot"]["contracts"].values():
        contract["version"] = 99
