"""The demo's own pricer, held against the examples of RULES 3 and MONEY 3."""

from local.demo.naive_price import Order, part_of, priced

NOW = 1_300_000_000
ALWAYS = {"starts_at": "2010-01-01T00:00:00Z", "ends_at": "2012-01-01T00:00:00Z", "currency": "CNY"}
POLICY = {"points_per_yuan": 100, "flat_freight_minor": 800}


def a_row(number=1, price=10_000, quantity=2, **other):
    row = {
        "number": number,
        "sku": f"SKU-{number}",
        "merchant_id": "m-1",
        "unit_price_minor": price,
        "quantity": quantity,
        "weight_grams": 600,
        "category": "tea",
        "flags": [],
    }
    return row | other


def an_order(*rows, promotion=(), freight_template=(), levels=None, **other):
    terms = {
        "promotion": {record["promotion_id"]: record for record in promotion},
        "freight_template": {record["template_id"]: record for record in freight_template},
        "policy": {"platform": {"levels": levels or {}}},
    }
    facts = {"level": "", "country": "CN", "region": "", "points": 0, "coupons": []} | other
    return Order(lines=list(rows), terms=terms, policy=POLICY, currency="CNY", at=NOW, **facts)


def a_promotion(kind, **fields):
    return ALWAYS | {"promotion_id": "p-1", "kind": kind} | fields


def costs(order):
    return [line.cost for line in priced(order)[0]]


def test_the_golden_example_comes_to_135_yuan():
    promotion = a_promotion("full_reduction", tiers=[{"threshold_minor": 20_000, "off_minor": 5_000}])
    coupon = {"coupon_id": "c-1", "off_minor": 1_000}

    [line], _ = priced(an_order(a_row(), promotion=[promotion], coupons=[coupon], points=500))

    assert line.steps == [
        ("list_price", 20_000),
        ("promotion:p-1", -5_000),
        ("platform_coupon:c-1", -1_000),
        ("points", -500),
    ]
    assert (line.cost, line.points) == (13_500, 500)


def test_a_member_pays_less_for_each_unit_half_a_fen_rounded_up():
    levels = {"gold": {"rate_pct": 95}}

    assert costs(an_order(a_row(price=1_010, quantity=3), levels=levels, level="gold")) == [960 * 3]
    assert costs(
        an_order(a_row(price=999, quantity=1, flags=["full_price"]), levels=levels, level="gold")
    ) == [999]


def test_the_cheapest_units_are_free():
    rows = [a_row(1, price=500, quantity=2), a_row(2, price=300, quantity=4)]

    order = an_order(*rows, promotion=[a_promotion("n_for_m", n=3, m=2)])

    assert sum(costs(order)) == 1_000 + 1_200 - 2 * 300


def test_a_percentage_has_a_cap_and_a_threshold():
    promotion = a_promotion("percentage", rate_pct=90, threshold_minor=10_000, max_off_minor=1_500)

    assert costs(an_order(a_row(quantity=1), promotion=[promotion])) == [9_000]
    assert costs(an_order(a_row(quantity=2), promotion=[promotion])) == [18_500]
    assert costs(an_order(a_row(price=9_999, quantity=1), promotion=[promotion])) == [9_999]


def test_a_line_is_in_one_promotion_and_a_coupon_may_keep_away_from_it():
    first = a_promotion("percentage", rate_pct=50, skus=["SKU-1"])
    second = a_promotion("percentage", rate_pct=50) | {"promotion_id": "p-2"}
    coupon = {"coupon_id": "c-1", "rate_pct": 50, "stackable_with": []}

    assert costs(an_order(a_row(1), a_row(2), promotion=[first, second])) == [10_000, 10_000]
    assert costs(an_order(a_row(1), a_row(2), promotion=[first], coupons=[coupon])) == [10_000, 10_000]


def test_odd_fen_go_to_the_largest_remainder_then_to_the_earlier_line():
    rows = [a_row(number, price=100, quantity=1) for number in (1, 2, 3)]

    assert costs(an_order(*rows, coupons=[{"coupon_id": "c-1", "off_minor": 100}])) == [66, 67, 67]


def test_freight_counts_every_step_begun_and_is_free_over_a_threshold():
    zone = {"to": ["CN"], "first": 1_000, "first_fee_minor": 800, "step": 500, "step_fee_minor": 200}
    template = {
        "template_id": "t",
        "currency": "CNY",
        "by": "weight",
        "zones": [zone],
        "free_over_minor": 30_000,
    }

    assert priced(an_order(a_row(), freight_template=[template]))[1] == {"m-1": [("freight", 1_000)]}
    assert priced(an_order(a_row(quantity=3), freight_template=[template]))[1] == {
        "m-1": [("freight", 1_200), ("free_over", -1_200)]
    }


def test_who_needs_no_freight_is_told_what_it_would_have_been():
    levels = {"vip": {"is_freight_free": True}}

    assert priced(an_order(a_row(), levels=levels, level="vip"))[1] == {
        "m-1": [("freight", 800), ("free_for_members", -800)]
    }


def test_parts_of_a_line_add_up_in_any_steps():
    assert [part_of(100, units, 7) for units in range(8)] == [0, 14, 28, 42, 57, 71, 85, 100]
