import io
import json

import pytest

from bench.split import answering, reading
from bench.split.answering import answered, lines, write
from bench.split.reading import Unreadable, read
from shared.splitting.problem import Band, Goods, Kind

from .split_orders import a_band, a_carrier, a_line, an_instance


def raw(instance):
    return json.dumps(instance).encode() + b"\n"


def with_line(**changes):
    return an_instance(a_line(**changes))


def with_warehouse(**changes):
    order = an_instance()
    order["warehouses"]["W1"] |= changes
    return order


def without(instance, *path):
    *way, last = path
    place = instance
    for step in way:
        place = place[step]
    del place[last]
    return instance


def test_a_line_becomes_a_problem():
    order = with_line(hazard=True, cross_border=True, category="food")
    order["carriers"]["W1.e"]["refuses"] = ["bulky"]

    instance = read(raw(order))

    assert (instance.instance_id, instance.name) == ("n1-01", "n1")
    problem = instance.problem
    assert problem.goods == (
        Goods("S1", "M1", 2, 10_000, 700, 6_000, "food", frozenset({Kind.HAZARD, Kind.CROSS_BORDER})),
    )
    assert problem.apart == {frozenset({"food", "chemical"})}
    assert problem.customs_cap == 500_000
    (warehouse,) = problem.warehouses
    assert (warehouse.warehouse_id, warehouse.handling, warehouse.stock) == ("W1", 150, {"S1": 5})
    (service,) = warehouse.services
    assert (service.service_id, service.max_grams, service.max_cm3) == ("W1.e", 30_000, 180_000)
    assert service.bands == (
        Band(0, 1_000, 800, 1_000, 0),
        Band(1_000, 5_000, 800, 1_000, 180),
        Band(5_000, 30_000, 1_520, 1_000, 460),
    )
    assert service.volumetric_divisor == 8_000
    assert service.refuses == {Kind.BULKY}
    assert service.surcharges == {Kind.HAZARD: 500}


FALLING = a_carrier(bands=[a_band(0, 1_000, 800), a_band(1_000, 30_000, 700, step_price=99)])
TOO_SHORT = a_carrier(bands=[a_band(0, 22_499, 800)])


@pytest.mark.parametrize("instance", [an_instance(seed=1), with_line(size=3)], ids=["instance", "line"])
def test_what_the_format_does_not_know_is_not_looked_at(instance):
    assert read(json.dumps(instance).encode()) == read(json.dumps(an_instance()).encode())


BAD = {
    "another format": (an_instance(format="oms-split/2"), "wrong_format"),
    "no format": (without(an_instance(), "format"), "wrong_format"),
    "a field is missing": (without(an_instance(), "currency"), "wrong_field: instance has no currency"),
    "a line lacks a field": (without(an_instance(), "lines", 0, "bulky"), "lines[0] has no bulky"),
    "no lines": (an_instance(lines=[]), "lines is empty"),
    "quantity nought": (with_line(qty=0), "lines[0].qty is less than 1"),
    "quantity negative": (with_line(qty=-1), "lines[0].qty is less than 1"),
    "quantity true": (with_line(qty=True), "lines[0].qty is not a whole number"),
    "quantity in pieces": (with_line(qty=1.0), "lines[0].qty is not a whole number"),
    "weight negative": (with_line(unit_weight_g=-1), "lines[0].unit_weight_g is less than 0"),
    "a flag as number": (with_line(hazard=1), "lines[0].hazard is not true or false"),
    "a SKU as number": (with_line(sku=7), "lines[0].sku is not a text"),
    "a SKU twice": (an_instance(a_line(), a_line(id="L9")), "lines: sku: S1 stands twice"),
    "a line twice": (an_instance(a_line(), a_line("S2", id="LS1")), "lines: id: LS1 stands twice"),
    "an unknown carrier": (with_warehouse(carriers=["W1.x"]), "warehouses.W1.carriers[0] is not among"),
    "a carrier twice": (with_warehouse(carriers=["W1.e", "W1.e"]), "W1.e stands twice"),
    "negative stock": (with_warehouse(stock={"S1": -1}), "warehouses.W1.stock.S1 is less than 0"),
    "a pair of three": (an_instance(incompatible=[["a", "b", "c"]]), "incompatible[0] is not a pair"),
    "an unknown kind": (an_instance(carrier=a_carrier(refuses=["heavy"])), "there is no such kind"),
    "no such surcharge": (
        an_instance(carrier=a_carrier(surcharges={"domestic": 1})),
        "wrong_tariff: carriers.W1.e.surcharges.domestic",
    ),
    "no bands": (an_instance(carrier=a_carrier(bands=[])), "wrong_tariff: carriers.W1.e.bands"),
    "a falling price": (an_instance(carrier=FALLING), "the price falls from 800 at 1000 g to 799 at 1001 g"),
    "no price for the volume": (
        an_instance(carrier=a_carrier(max_weight_g=20_000, bands=TOO_SHORT["bands"])),
        "wrong_tariff: carriers.W1.e.bands: the last band ends at 22499 g",
    ),
    "divisor nought": (
        an_instance(carrier=a_carrier(volumetric_divisor=0)),
        "volumetric_divisor is less than 1",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_the_format_does_not_allow_is_refused_with_its_place(name):
    order, reason = BAD[name]

    told = answered(raw(order))

    assert told.answer["id"] == "n1-01"
    assert told.answer["parcels"] is None
    assert reason in told.answer["reason"]
    assert told.plan is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not_json"),
        (b"[]", "not_json"),
        (b"\xff{}", "not_json: the body is not UTF-8"),
        (b'{"id": "a", "id": "b"}', "not_json: a key stands twice"),
        (b'{"id": NaN}', "not_json"),
        (b'{"id": 1}', "wrong_format"),
        (b"[" * 100_000, "not_json"),
    ],
    ids=["cut off", "a list", "not UTF-8", "a key twice", "NaN", "another object", "deep"],
)
def test_what_is_no_object_is_answered_without_an_id(line, reason):
    told = answered(line)

    assert told.answer.keys() == {"id", "parcels", "reason"}
    assert (told.answer["id"], told.answer["parcels"]) == (None, None)
    assert told.answer["reason"].startswith(reason)


def test_a_huge_line_is_one_refusal_and_the_next_is_read(monkeypatch):
    monkeypatch.setattr(reading, "LINE_BYTES_MAX", 100)
    monkeypatch.setattr(answering, "LINE_BYTES_MAX", 100)

    found = list(lines(io.BytesIO(b"x" * 350 + b"\n" + b"short\n" + b"y" * 100)))

    assert [len(line) for line in found] == [101, 6, 100]
    with pytest.raises(Unreadable, match="too_long: the line is longer than 100 bytes"):
        read(found[0])


def test_a_band_that_counts_its_steps_from_elsewhere_has_the_same_prices():
    bands = [a_band(0, 2_500, 500, 2_500), a_band(2_000, 30_000, 700, 1_500, 50)]

    (warehouse,) = read(raw(an_instance(carrier=a_carrier(bands=bands)))).problem.warehouses

    # 2 501 g begin a first step over 2 000 g, 3 501 g a second.
    assert warehouse.services[0].bands == (
        Band(0, 2_500, 500, 2_500, 0),
        Band(2_500, 3_500, 750, 1_000, 0),
        Band(3_500, 30_000, 750, 1_500, 50),
    )


def test_goods_without_weight_are_no_error():
    assert read(raw(with_line(unit_weight_g=0, unit_volume_cm3=0))).problem.goods[0].unit_grams == 0


def test_answers_leave_one_by_one():
    class Stream(io.StringIO):
        flushed = 0

        def flush(self):
            self.flushed += 1

    stream = Stream()
    write(answered(b"{}"), stream)

    assert stream.flushed == 1
    assert json.loads(stream.getvalue()) == {
        "id": None,
        "parcels": None,
        "reason": "wrong_format: the format is not oms-split/1",
    }
