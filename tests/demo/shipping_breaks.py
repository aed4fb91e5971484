"""How parcels, warehouses' books and tracks are broken on purpose."""

from tests.demo.breaking import breaks, first_line
from tests.demo.conftest import CAME_BACK, CUSTOMS, MIXED, RECEIPT_BY_CLOCK, SILENT, TWO_MERCHANTS, UNPROVEN

UNIT_PRICE, WEIGHT, CATEGORY, HS_CODE = 6, 9, 12, 17  # Of a line as it is stored.


@breaks("units are in one parcel")
def a_parcel_holds_another_merchant_s_goods(world, order_of):
    whole = order_of(TWO_MERCHANTS)
    parcel = whole.rows["PARCEL#01"]
    foreign = next(line for line in whole.lines if line["sub_order"] != parcel["sub_order"])
    parcel["contents"][str(foreign["number"])] = 1


@breaks("units are in one parcel")
def a_parcel_holds_less_than_a_unit(world, order_of):
    contents = order_of(TWO_MERCHANTS).rows["PARCEL#01"]["contents"]
    contents[next(iter(contents))] = 0


@breaks("warehouses agree")
def a_warehouse_shipped_one_more(world, order_of):
    world.at_systems["leeds"]["units"]["KETTLE"]["shipped"] += 1


@breaks("warehouses agree")
def a_warehouse_found_what_was_written_off(world, order_of):
    world.at_systems["leeds"]["units"]["COASTER"]["missing"] -= 1


@breaks("warehouses agree")
def a_warehouse_took_one_more_back(world, order_of):
    world.at_systems["leeds"]["units"]["KETTLE"]["good"] += 1


@breaks("packages are parcels")
def a_package_has_a_number_that_no_parcel_has(world, order_of):
    order_of(UNPROVEN).rows["PARCEL#01"]["waybill"] = "SF0000000001"


@breaks("packages are parcels")
def a_package_holds_what_its_parcel_does_not(world, order_of):
    order_of(UNPROVEN).rows["PARCEL#01"]["contents"]["1"] += 1


@breaks("freight is shared once")
def two_parcels_bear_the_whole_freight(world, order_of):
    order_of(MIXED).rows["PARCEL#02"]["freight_minor"] += order_of(MIXED).rows["SUB#01"]["freight_minor"] + 1


@breaks("parcels cost what was published")
def a_parcel_is_reckoned_a_fen_too_cheap(world, order_of):
    order_of(MIXED).rows["PARCEL#01"]["cost_minor"] -= 1


@breaks("parcels may travel")
def a_parcel_is_too_heavy_for_its_service(world, order_of):
    first_line(order_of(RECEIPT_BY_CLOCK))[WEIGHT] = 99_000


@breaks("parcels may travel")
def a_parcel_is_worth_more_than_customs_allows(world, order_of):
    first_line(order_of(CUSTOMS))[UNIT_PRICE] = 250_001


@breaks("parcels may travel")
def customs_is_not_told_what_it_is(world, order_of):
    first_line(order_of(CUSTOMS))[HS_CODE] = ""


@breaks("parcels may travel")
def what_is_kept_apart_travels_together(world, order_of):
    whole = order_of(MIXED)
    for line in whole.rows["LINES#01"]["lines"]:
        if line[2] == "KETTLE":
            line[CATEGORY] = "fragrance"
    sweets = next(str(line["number"]) for line in whole.lines if line["sku"] == "FUDGE")
    kettle = next(str(line["number"]) for line in whole.lines if line["sku"] == "KETTLE")
    for parcel in whole.of("PARCEL"):
        if sweets in parcel["contents"]:
            parcel["contents"][kettle] = 1


@breaks("parcels may travel")
def a_service_goes_from_another_warehouse(world, order_of):
    order_of(MIXED).rows["PARCEL#01"]["service"] = "parcel-perth"


@breaks("waybills are unique")
def two_parcels_have_one_number(world, order_of):
    rows = order_of(MIXED).rows
    rows["PARCEL#02"] |= {name: rows["PARCEL#01"][name] for name in ("carrier", "waybill")}


@breaks("returns are counted")
def one_more_is_refunded_than_was_counted(world, order_of):
    order_of(CAME_BACK).rows["SUB#01"]["returned"]["1"] += 1


@breaks("delivered is proven")
def nobody_has_seen_it_delivered(world, order_of):
    waybill = order_of(UNPROVEN).rows["PARCEL#01"]["waybill"]
    for seen in world.sightings.values():
        seen.pop(waybill, None)


@breaks("delivered is proven")
def a_message_that_proves_nothing_was_believed(world, order_of):
    for event in order_of(UNPROVEN).of("#EVENT"):
        if event["event"] in ("delivery_claimed", "parcel_silent"):
            event["event"] = "parcel_progressed"


@breaks("receipt waits for delivery")
def the_clock_took_receipt_for_granted_too_soon(world, order_of):
    [event] = [e for e in order_of(RECEIPT_BY_CLOCK).of("#EVENT") if e["event"] == "receipt_timed_out"]
    event["at"] -= 1


@breaks("receipt waits for delivery")
def the_clock_took_receipt_for_granted_without_a_delivery(world, order_of):
    for event in order_of(RECEIPT_BY_CLOCK).of("#EVENT"):
        if event["event"] == "parcel_delivered":
            event["event"] = "parcel_progressed"


@breaks("silence is found")
def nobody_noticed_that_it_was_not_seen(world, order_of):
    for event in order_of(SILENT).of("#EVENT"):
        if event["event"] == "parcel_silent":
            event["event"] = "parcel_progressed"


@breaks("nothing is stuck")
def a_part_waits_for_ever(world, order_of):
    order_of(SILENT).rows["SUB#01"]["state"] = "awaiting_receipt"
