import json
import subprocess
import sys

import pytest

from bench.split.checking import can_be_shipped, checked
from bench.split.generating import CAP, CLASSES, IMPOSSIBLE, instances
from bench.split.lanes import bands
from bench.split.peers import first_fit
from bench.split.reading import read

from .split_orders import a_band, a_carrier, a_line, an_instance

SMALL = [name for name, size in CLASSES.items() if size <= 20]


@pytest.mark.parametrize("name", SMALL)
def test_made_up_orders_keep_the_promises_of_the_format(name):
    for order in instances(name, 30):
        read(json.dumps(order).encode())  # Refuses what falls, or ends too early.
        assert len(order["lines"]) == CLASSES[name]
        assert can_be_shipped(order)
        assert all(line["unit_price"] <= CAP for line in order["lines"] if line["cross_border"])


def test_impossible_orders_cannot_be_shipped():
    assert not any(can_be_shipped(order) for order in instances(IMPOSSIBLE, 60))


def test_orders_do_not_depend_on_how_many_are_made():
    assert list(instances("n3", 5, seed=7))[3:] == list(instances("n3", 9, seed=7))[3:5]
    assert list(instances("n3", 5, seed=7)) != list(instances("n3", 5, seed=8))


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    command = [sys.executable, "-m", "bench.split.generating", "--class", "n5", "--count", "3", "--seed", "7"]
    runs = {
        subprocess.run(command, capture_output=True, check=True, env={"PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    }

    assert len(runs) == 1
    assert [json.loads(line) for line in runs.pop().splitlines()] == list(instances("n5", 3, seed=7))


def test_a_tariff_of_pieces_goes_on_where_the_piece_before_ends():
    assert bands((1_000, 800, 1_000, 0), (5_000, 0, 1_000, 180), (30_000, 100, 500, 40)) == [
        a_band(0, 1_000, 800, 1_000, 0),
        a_band(1_000, 5_000, 800, 1_000, 180),
        a_band(5_000, 30_000, 1_620, 500, 40),
    ]


@pytest.mark.parametrize("name", SMALL)
def test_the_way_of_peers_breaks_no_rule(name):
    assert [checked(order, first_fit(order)).broken for order in instances(name, 30)] == [()] * 30


def test_peers_take_a_line_from_the_first_warehouses_and_fill_parcels_up():
    order = an_instance(a_line(qty=4, unit_weight_g=2_000), carrier=a_carrier(max_weight_g=5_000), stock=3)
    order["warehouses"]["W2"] = {"handling": 200, "carriers": ["W2.e"], "stock": {"S1": 9}}
    order["carriers"]["W2.e"] = a_carrier()

    assert first_fit(order)["parcels"] == [
        {"merchant": "M1", "warehouse": "W1", "carrier": "W1.e", "lines": [{"sku": "S1", "qty": 2}]},
        {"merchant": "M1", "warehouse": "W1", "carrier": "W1.e", "lines": [{"sku": "S1", "qty": 1}]},
        {"merchant": "M1", "warehouse": "W2", "carrier": "W2.e", "lines": [{"sku": "S1", "qty": 1}]},
    ]
