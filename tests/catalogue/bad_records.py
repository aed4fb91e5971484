"""Records that nobody may publish, each with every fault that must be told."""

from typing import Any

from tests.catalogue.samples import (
    COUPON,
    FREIGHT,
    MEMBER,
    N_FOR_M,
    PERCENTAGE,
    POLICY,
    PROMOTION,
    SKU,
    WAREHOUSE,
)

NAME_RULE = "must be 1 to 40 letters, digits, '.', '_' or '-'"
SKU_RULE = "must be 1 to 40 letters, digits, '.', '_', '-' or inner blanks"
TEXT_RULE = "must be text without control characters or blanks at its ends"
TIME_RULE = "must be a time with its zone, like 2026-11-11T00:00:00+08:00"
DESTINATION_RULE = "must be a country like CN, a region of one like CN/Zhejiang, or * for everywhere else"
CURRENCY_RULE = "must be a currency of three capitals, like CNY"
WHOLE = "must be a whole number"
ZONE = FREIGHT["zones"][0]
TIER = {"threshold_minor": 20000, "off_minor": 5000}


def without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}


# fmt: off
BAD: dict[str, tuple[str, dict[str, Any], list[tuple[str, str]]]] = {
    "nothing at all": ("member", {}, [("member_id", "is missing")]),
    "no price": ("sku", without(SKU, "unit_price_minor"), [("unit_price_minor", "is missing")]),
    "no currency, no weight": ("sku", without(SKU, "currency", "weight_grams"), [("currency", "is missing"), ("weight_grams", "is missing")]),
    "an unknown field": ("sku", SKU | {"colour": "red"}, [("colour", "is not known")]),
    "a field in another case": ("sku", SKU | {"Name": "x"}, [("Name", "is not known")]),
    "a negative price": ("sku", SKU | {"unit_price_minor": -1}, [("unit_price_minor", "must be at least 1")]),
    "a price of nothing": ("sku", SKU | {"unit_price_minor": 0}, [("unit_price_minor", "must be at least 1")]),
    "a price of too much": ("sku", SKU | {"unit_price_minor": 10**12 + 1}, [("unit_price_minor", "must be at most 1000000000000")]),
    "a price with a fraction": ("sku", SKU | {"unit_price_minor": 19.99}, [("unit_price_minor", WHOLE)]),
    "a price as a float": ("sku", SKU | {"unit_price_minor": 19.0}, [("unit_price_minor", WHOLE)]),
    "a price as text": ("sku", SKU | {"unit_price_minor": "1999"}, [("unit_price_minor", WHOLE)]),
    "a price that is true": ("sku", SKU | {"unit_price_minor": True}, [("unit_price_minor", WHOLE)]),
    "a price that is null": ("sku", SKU | {"unit_price_minor": None}, [("unit_price_minor", WHOLE)]),
    "a number that no machine holds": ("sku", SKU | {"weight_grams": 10**30}, [("weight_grams", "must be at most 1000000")]),
    "a negative weight": ("sku", SKU | {"weight_grams": -1}, [("weight_grams", "must be at least 0")]),
    "a small currency": ("sku", SKU | {"currency": "cny"}, [("currency", CURRENCY_RULE)]),
    "a currency by its sign": ("sku", SKU | {"currency": "¥"}, [("currency", CURRENCY_RULE)]),
    "a currency and a line break": ("sku", SKU | {"currency": "CNY\n"}, [("currency", CURRENCY_RULE)]),
    "a key that is two keys": ("sku", SKU | {"sku": "TEA#1"}, [("sku", SKU_RULE)]),
    "an empty key": ("sku", SKU | {"sku": ""}, [("sku", SKU_RULE)]),
    "a key of a blank": ("sku", SKU | {"sku": " "}, [("sku", SKU_RULE)]),
    "a key that ends in a blank": ("sku", SKU | {"sku": "TEA "}, [("sku", SKU_RULE)]),
    "a key of 41 characters": ("sku", SKU | {"sku": "A" * 41}, [("sku", SKU_RULE)]),
    "a key that is a number": ("sku", SKU | {"sku": 1999}, [("sku", "must be text")]),
    "a key in full-width letters": ("sku", SKU | {"sku": "ＴＥＡ"}, [("sku", SKU_RULE)]),
    "a name of blanks": ("sku", SKU | {"name": "  "}, [("name", TEXT_RULE)]),
    "a name that rings": ("sku", SKU | {"name": "tea\x07"}, [("name", TEXT_RULE)]),
    "a name that colours the terminal": ("sku", SKU | {"name": "\x1b[31mtea"}, [("name", TEXT_RULE)]),
    "a name of two lines": ("sku", SKU | {"name": "tea\nleaf"}, [("name", TEXT_RULE)]),
    "a name of two lines, by Unicode": ("sku", SKU | {"name": "tea\u2028leaf"}, [("name", TEXT_RULE)]),
    "a name that turns around": ("sku", SKU | {"name": "tea\u202eleaf"}, [("name", TEXT_RULE)]),
    "a name with half a character": ("sku", SKU | {"name": "tea\ud800"}, [("name", "must be text that UTF-8 can write")]),
    "a name of 201 characters": ("sku", SKU | {"name": "茶" * 201}, [("name", "must have at most 200 characters")]),
    "a sale that is yes": ("sku", SKU | {"is_on_sale": "yes"}, [("is_on_sale", "must be true or false")]),
    "a sale that is one": ("sku", SKU | {"is_on_sale": 1}, [("is_on_sale", "must be true or false")]),
    "an unknown flag": ("sku", SKU | {"flags": ["shiny"]}, [("flags/0", "must be 'deferred', 'presale', 'made_to_order', 'cross_border', 'perishable', 'full_price' or 'limited'")]),
    "a flag twice": ("sku", SKU | {"flags": ["perishable", "perishable"]}, [("flags", "must not name anything twice")]),
    "flags as text": ("sku", SKU | {"flags": "perishable"}, [("flags", "must be a list")]),
    "presale without a day": ("sku", SKU | {"flags": ["presale"]}, [("ships_at", "belongs to the flag presale, and presale needs it")]),
    "a day without presale": ("sku", SKU | {"ships_at": "2026-12-01T00:00:00Z"}, [("ships_at", "belongs to the flag presale, and presale needs it")]),
    "limited without a limit": ("sku", SKU | {"flags": ["limited"]}, [("limit_per_buyer", "belongs to the flag limited, and limited needs it")]),
    "a limit without limited, a day without presale": ("sku", SKU | {"limit_per_buyer": 2, "ships_at": "2026-12-01T00:00:00Z"}, [("ships_at", "belongs to the flag presale, and presale needs it"), ("limit_per_buyer", "belongs to the flag limited, and limited needs it")]),
    "a day without a zone": ("sku", SKU | {"flags": ["presale"], "ships_at": "2026-12-01T00:00:00"}, [("ships_at", TIME_RULE)]),
    "a warehouse in capitals too many": ("warehouse", WAREHOUSE | {"country": "CHN"}, [("country", "must be a country of two capitals, like CN")]),
    "a warehouse that pays us": ("warehouse", WAREHOUSE | {"handling_minor": -1}, [("handling_minor", "must be at least 0")]),
    "no zones": ("freight_template", FREIGHT | {"zones": []}, [("zones", "must hold at least 1")]),
    "a zone to nowhere": ("freight_template", FREIGHT | {"zones": [ZONE | {"to": []}]}, [("zones/0/to", "must hold at least 1")]),
    "a destination in two zones": ("freight_template", FREIGHT | {"zones": [ZONE, ZONE]}, [("zones", "must not name anything twice")]),
    "a destination twice in a zone": ("freight_template", FREIGHT | {"zones": [ZONE | {"to": ["CN", "CN"]}]}, [("zones", "must not name anything twice")]),
    "a destination nobody knows": ("freight_template", FREIGHT | {"zones": [ZONE | {"to": ["China"]}]}, [("zones/0/to/0", DESTINATION_RULE)]),
    "a region of no country": ("freight_template", FREIGHT | {"zones": [ZONE | {"to": ["/Zhejiang"]}]}, [("zones/0/to/0", DESTINATION_RULE)]),
    "steps of nothing": ("freight_template", FREIGHT | {"zones": [ZONE | {"step": 0, "first": 0}]}, [("zones/0/first", "must be at least 1"), ("zones/0/step", "must be at least 1")]),
    "freight by length": ("freight_template", FREIGHT | {"by": "length"}, [("by", "must be 'weight' or 'piece'")]),
    "a zone that is a text": ("freight_template", FREIGHT | {"zones": ["CN"]}, [("zones/0", "must be an object")]),
    "fifty-one zones": ("freight_template", FREIGHT | {"zones": [ZONE] * 51}, [("zones", "must hold at most 50")]),
    "an end before the beginning": ("promotion", PROMOTION | {"ends_at": "2026-11-10T00:00:00+08:00"}, [("ends_at", "must be after starts_at")]),
    "an end at the beginning": ("promotion", PROMOTION | {"ends_at": "2026-11-10T16:00:00Z"}, [("ends_at", "must be after starts_at")]),
    "no tiers": ("promotion", PROMOTION | {"tiers": []}, [("tiers", "must hold at least one tier")]),
    "more off than it costs": ("promotion", PROMOTION | {"tiers": [{"threshold_minor": 100, "off_minor": 101}]}, [("tiers/0/off_minor", "must not be more than the threshold")]),
    "tiers that fall": ("promotion", PROMOTION | {"tiers": [TIER, {"threshold_minor": 10000, "off_minor": 6000}]}, [("tiers/1", "must have more of both than the tier before it")]),
    "tiers that give less for more": ("promotion", PROMOTION | {"tiers": [TIER, {"threshold_minor": 30000, "off_minor": 5000}]}, [("tiers/1", "must have more of both than the tier before it")]),
    "a tier of nothing": ("promotion", PROMOTION | {"tiers": [{"threshold_minor": 0, "off_minor": 0}]}, [("tiers/0/threshold_minor", "must be at least 1"), ("tiers/0/off_minor", "must be at least 1")]),
    "two tiers that repeat": ("promotion", PROMOTION | {"repeat": True}, [("repeat", "goes with one tier only")]),
    "a reduction with a rate": ("promotion", PROMOTION | {"rate_pct": 90}, [("rate_pct", "belongs to percentage only")]),
    "as many paid as taken": ("promotion", N_FOR_M | {"m": 3}, [("n", "must be greater than m, and m at least 1")]),
    "none paid": ("promotion", N_FOR_M | {"m": 0}, [("n", "must be greater than m, and m at least 1")]),
    "n for m with tiers": ("promotion", N_FOR_M | {"tiers": [TIER]}, [("tiers", "belongs to full_reduction only")]),
    "all of it paid": ("promotion", PERCENTAGE | {"rate_pct": 100}, [("rate_pct", "must be 1 to 99")]),
    "none of it paid": ("promotion", PERCENTAGE | {"rate_pct": 0}, [("rate_pct", "must be at least 1")]),
    "more than all of it paid": ("promotion", PERCENTAGE | {"rate_pct": 101}, [("rate_pct", "must be at most 100")]),
    "an unknown kind": ("promotion", PROMOTION | {"kind": "lottery"}, [("kind", "must be 'full_reduction', 'n_for_m' or 'percentage'")]),
    "the same SKU twice": ("promotion", N_FOR_M | {"skus": ["TEA", "TEA"]}, [("skus", "must not name anything twice")]),
    "a share of 101": ("promotion", PROMOTION | {"merchant_share_pct": 101}, [("merchant_share_pct", "must be at most 100")]),
    "neither off nor rate": ("coupon", without(COUPON, "off_minor"), [("off_minor", "either off_minor or rate_pct must be given, and not both")]),
    "off and rate": ("coupon", COUPON | {"rate_pct": 90}, [("off_minor", "either off_minor or rate_pct must be given, and not both")]),
    "a cap on an amount": ("coupon", COUPON | {"max_off_minor": 5}, [("max_off_minor", "belongs to rate_pct only")]),
    "more off than the threshold": ("coupon", COUPON | {"off_minor": 5001}, [("off_minor", "must not be more than the threshold")]),
    "a shop's coupon of no shop": ("coupon", COUPON | {"merchant_id": ""}, [("merchant_id", "is what a coupon of kind shop is for")]),
    "a platform's coupon of a shop": ("coupon", COUPON | {"kind": "platform"}, [("merchant_id", "does not go with kind platform")]),
    "a shop's coupon for some goods": ("coupon", COUPON | {"skus": ["TEA"]}, [("skus", "does not go with kind shop")]),
    "an item's coupon of no item": ("coupon", COUPON | {"kind": "item"}, [("skus", "is what a coupon of kind item is for")]),
    "an unknown step to stack with": ("coupon", COUPON | {"stackable_with": ["luck"]}, [("stackable_with/0", "must be 'promotion', 'shop', 'platform' or 'points'")]),
    "claimed for longer than valid": ("coupon", COUPON | {"claim_until": "2027-01-01T00:00:01Z"}, [("claim_until", "must be after claim_from, and not after ends_at")]),
    "claimed before it can be": ("coupon", COUPON | {"claim_from": "2026-12-01T00:00:00Z"}, [("claim_until", "must be after claim_from, and not after ends_at")]),
    "a time to claim what nobody may": ("coupon", COUPON | {"is_claimable": False}, [("is_claimable", "must be true where there is a time to claim")]),
    "a risk of 101": ("member", MEMBER | {"risk_score": 101}, [("risk_score", "must be at most 100")]),
    "a member with points": ("member", MEMBER | {"points": 100}, [("points", "is not known")]),
    "a member that is a path": ("member", MEMBER | {"member_id": "a/b"}, [("member_id", "must be 1 to 128 letters, digits, '.', '_', '-', '@' or ':'")]),
    "another policy": ("policy", POLICY | {"policy_id": "mine"}, [("policy_id", "must be 'platform'")]),
    "an unknown number": ("policy", POLICY | {"numbers": {"luck": 7}}, [("numbers/luck", "is no number of the policy")]),
    "no time to pay": ("policy", POLICY | {"numbers": {"payment_timeout_seconds": 0}}, [("numbers/payment_timeout_seconds", "must be 1 to 316224000")]),
    "more points than goods": ("policy", POLICY | {"numbers": {"points_max_pct": 101}}, [("numbers/points_max_pct", "must be 0 to 100")]),
    "points that are worth everything": ("policy", POLICY | {"numbers": {"points_per_yuan": 0}}, [("numbers/points_per_yuan", "must be 1 to 1000000")]),
    "a number as text": ("policy", POLICY | {"numbers": {"points_max_pct": "30"}}, [("numbers/points_max_pct", WHOLE)]),
    "delivery to nowhere": ("policy", POLICY | {"countries": []}, [("countries", "must hold at least 1")]),
    "a country twice": ("policy", POLICY | {"countries": ["CN", "CN"]}, [("countries", "must not name anything twice")]),
    "a level for free": ("policy", POLICY | {"levels": {"gold": {"rate_pct": 0}}}, [("levels/gold/rate_pct", "must be at least 1")]),
    "a level without a name": ("policy", POLICY | {"levels": {"": {}}}, [("levels//[key]", NAME_RULE)]),
}
# fmt: on
