import pytest

from bench.split.checking import checked

from .split_orders import a_band, a_carrier, a_line, a_parcel, an_answer, an_instance


@pytest.mark.parametrize(
    ("line", "price"),
    [
        ({}, 150 + 800 + 180),  # 1 400 g; 12 000 cm3 count as 1 500 g.
        ({"unit_volume_cm3": 1}, 150 + 800 + 180),
        ({"unit_weight_g": 500, "unit_volume_cm3": 4_000}, 150 + 800),  # 1 000 g, and not a gram more.
        ({"unit_weight_g": 500, "unit_volume_cm3": 4_001}, 150 + 800 + 180),  # 8 002 cm3 count as 1 001 g.
        ({"unit_weight_g": 2_500}, 150 + 1_520),
        ({"unit_weight_g": 5_000}, 150 + 1_520 + 5 * 460),
        ({"hazard": True}, 150 + 800 + 180 + 500),  # Once, not for each unit.
        ({"bulky": True}, 150 + 800 + 180),  # No surcharge is named.
    ],
)
def test_a_parcel_costs_what_its_tariff_says(line, price):
    assert checked(an_instance(a_line(**line)), an_answer()) == (price, ())


def test_by_the_gram_each_gram_counts():
    carrier = a_carrier(
        volumetric_divisor=None, bands=[a_band(0, 100, 300, 100), a_band(100, 30_000, 300, 1, 2)]
    )

    assert checked(an_instance(carrier=carrier), an_answer()) == (150 + 300 + 2 * 1_300, ())


def test_parcels_add_up():
    answer = an_answer(a_parcel(S1=1), a_parcel(S1=1))

    assert checked(an_instance(), answer) == (2 * (150 + 800), ())


TWO = (a_line(), a_line("S2", qty=1))
BOTH = an_answer(a_parcel(S1=2, S2=1))


@pytest.mark.parametrize(
    ("instance", "answer", "broken"),
    [
        (an_instance(), an_answer(instance_id="n1-02"), "the answer is for another instance"),
        (an_instance(), an_answer(a_parcel(S1=1)), "1 of S1 instead of 2"),
        (an_instance(), an_answer(a_parcel(S1=3)), "3 of S1 instead of 2"),
        (an_instance(), an_answer(a_parcel(), a_parcel(S1=0)), "a quantity is not positive"),
        (an_instance(), an_answer(a_parcel() | {"lines": []}), "nothing is in it"),
        (an_instance(), an_answer(a_parcel(S1=2, S9=1)), "a SKU is not ordered"),
        (an_instance(), an_answer(a_parcel(S1=True)), "not sku and a whole qty"),
        (an_instance(), an_answer(a_parcel(S1=2.0)), "not sku and a whole qty"),
        (an_instance(), an_answer(a_parcel() | {"lines": [{"sku": "S1", "qty": 1}] * 2}), "named twice"),
        (an_instance(), an_answer(a_parcel() | {"price": 3}), "not merchant, warehouse, carrier and lines"),
        (an_instance(), {"id": "n1-01", "parcels": {}}, "parcels is not a list"),
        (an_instance(), an_answer(a_parcel(warehouse="W2")), "there is no such warehouse"),
        (an_instance(), an_answer(a_parcel(carrier="W2.e")), "the carrier is not this warehouse's"),
        (an_instance(), an_answer(a_parcel(merchant="M2")), "goods of another merchant"),
        (an_instance(a_line(), a_line("S2", qty=1, merchant="M2")), BOTH, "goods of another merchant"),
        (an_instance(a_line(), a_line("S2", qty=1, hazard=True)), BOTH, "hazard and other units together"),
        (an_instance(a_line(), a_line("S2", qty=1, bulky=True)), BOTH, "bulky and other units together"),
        (an_instance(a_line(), a_line("S2", qty=1, cross_border=True)), BOTH, "cross_border and other"),
        (
            an_instance(a_line(category="chemical"), a_line("S2", qty=1, category="food")),
            BOTH,
            "food and chemical together",
        ),
        (an_instance(*TWO, carrier=a_carrier(refuses=["domestic"])), BOTH, "the carrier refuses domestic"),
        (
            an_instance(a_line(bulky=True), carrier=a_carrier(refuses=["bulky", "hazard"])),
            an_answer(),
            "the carrier refuses bulky",
        ),
        (an_instance(carrier=a_carrier(max_weight_g=1_399)), an_answer(), "too heavy"),
        (an_instance(carrier=a_carrier(max_volume_cm3=11_999)), an_answer(), "too large"),
        (
            an_instance(a_line(cross_border=True, unit_price=250_001)),
            an_answer(),
            "more than the customs cap",
        ),
        (an_instance(stock=1), an_answer(), "W1 has fewer than 2 of S1"),
        (an_instance(), {"id": "n1-01", "parcels": None, "reason": "no"}, "the order can be shipped"),
        (an_instance(stock=1), {"id": "n1-01", "parcels": None}, "no reason is given"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_that_breaks_a_rule_has_no_price(instance, answer, broken):
    verdict = checked(instance, answer)

    assert verdict.price is None
    assert broken in "; ".join(verdict.broken)


def test_what_is_just_within_the_limits_breaks_nothing():
    carrier = a_carrier(max_weight_g=1_400, max_volume_cm3=12_000)
    instance = an_instance(a_line(cross_border=True, unit_price=250_000), carrier=carrier, stock=2)

    assert checked(instance, an_answer()).broken == ()


def test_an_order_that_cannot_be_shipped_is_rightly_refused():
    refused = {"id": "n1-01", "parcels": None, "reason": "no_stock: S1"}

    assert checked(an_instance(stock=1), refused) == (None, ())
    assert checked(an_instance(carrier=a_carrier(max_weight_g=699)), refused) == (None, ())
    assert checked(an_instance(a_line(cross_border=True, unit_price=500_001)), refused) == (None, ())
