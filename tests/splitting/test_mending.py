from collections import Counter

from shared.splitting.chance import Chance
from shared.splitting.choices import Choices
from shared.splitting.groups import groups_of, weights_of
from shared.splitting.mending import mended
from shared.splitting.packing import Packing
from shared.splitting.problem import Problem
from shared.splitting.work import Work
from tests.splitting.small_problems import a_service, a_warehouse, goods

FLAT = a_service("flat", (2_000, 500, 2_000, 0))


def test_of_equal_parcels_only_the_one_that_is_mended_is_replaced():
    problem = Problem(
        (goods("A", 3, unit_grams=1_000), goods("B", unit_grams=1_000)),
        (a_warehouse("W1", {"A": 3, "B": 1}, FLAT),),
    )
    (group,) = groups_of(problem, weights_of(problem))
    packing = Packing(group, Choices(group))
    single, other = packing.cheapest_of({0: 1}), packing.cheapest_of({1: 1})
    for parcel in (single, single, single, other):
        packing.add(parcel)

    has_mended = mended(packing, [single, other], Chance(1), Work(10**6))

    assert has_mended
    sent = Counter()
    for parcel in packing.parcels:
        sent.update(parcel.contents)
    assert sent == {0: 3, 1: 1}
    assert packing.left == [[0, 0]]
