"""Does the world still make sense? The invariants of RELIABILITY section 3 that this release can break.

    violations(cloud)        -> readable sentences, none when all is well

Numbers are those of the section; prices are held against RULES 3 as well, the way back against RULES 8 to 10, the
register against RULES 12. Not here: 21 (hash chain), which has a verifier of its own (``local.books``). 33 (order
and count of events do not matter) is what ``python -m local.demo --replay`` shows; 35 (left-over schedules are
harmless) follows from 31 and 2.

They hold at rest. Where one cannot hold while something is under way (a refund that the provider has not answered, a
payment page that is still open) the check knows; deadlines and effects have the grace that the sweeper gives them.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from local.cloud import Cloud
from local.demo import ledger_checks as ledger
from local.demo import money_checks as money
from local.demo import order_checks as orders
from local.demo import price_checks as prices
from local.demo import register_checks as register
from local.demo import return_checks as returns
from local.demo import share_checks as shares
from local.demo import shipping_checks as shipping
from local.demo import statement_checks as statements
from local.demo import stock_checks as stock
from local.demo import wallet_checks as wallets
from local.demo.world import World, world_of


class Invariant(NamedTuple):
    numbers: str
    says: str
    check: Callable[[World], Iterator[str]]


INVARIANTS = (
    Invariant("1", "every state is legal", orders.states_are_legal),
    Invariant("2", "the version counts the events", orders.history_is_complete),
    Invariant("2", "every step is a row of its table", orders.steps_follow_the_tables),
    Invariant("3", "the order's state folds its parts'", orders.parents_fold_their_children),
    Invariant("4", "quantities add up", orders.quantities_add_up),
    Invariant("4", "units are in one parcel", shipping.units_are_in_one_parcel),
    Invariant("4, 22", "warehouses agree", shipping.warehouses_agree),
    Invariant("4, 22", "packages are parcels", shipping.packages_are_parcels),
    Invariant("5", "amounts add up", orders.amounts_add_up),
    Invariant("5", "freight is shared once", shipping.freight_is_shared_once),
    Invariant("5", "parcels cost what was published", shipping.parcels_cost_what_was_published),
    Invariant("5", "price steps add up", prices.steps_add_up),
    Invariant("5", "children carry what the order used", prices.children_carry_what_the_order_used),
    Invariant("5", "somebody else comes to the same price", prices.somebody_else_comes_to_the_same),
    Invariant("5", "what was bought was published", prices.what_was_bought_was_published),
    Invariant("6", "siblings share one fate", orders.siblings_share_one_fate),
    Invariant("7", "parcels may travel", shipping.parcels_may_travel),
    Invariant("7", "waybills are unique", shipping.waybills_are_unique),
    Invariant("8", "captured is payable, once", money.captured_is_payable),
    Invariant("9", "a transaction is booked once", money.transactions_are_booked_once),
    Invariant("10", "cancelled means refunded", money.cancelled_means_refunded),
    Invariant("11", "nothing ships unpaid", orders.nothing_ships_unpaid),
    Invariant("12", "what the provider captured is booked", money.the_provider_agrees_on_captures),
    Invariant("13", "refunds stay within captures", money.refunds_stay_within_captures),
    Invariant("14", "no refund is forgotten", money.no_refund_is_forgotten),
    Invariant("14", "what is open is asked about", money.what_is_open_is_asked_about),
    Invariant("15", "refunds agree with the provider", money.the_provider_agrees_on_refunds),
    Invariant("15", "disputes agree with the provider", money.the_provider_agrees_on_disputes),
    Invariant("15", "WeChat Pay is asked one at a time", money.wechat_pay_is_asked_one_at_a_time),
    Invariant("13, 16", "what goes back is cumulative", prices.what_goes_back_is_cumulative),
    Invariant("16", "points add up", wallets.points_add_up),
    Invariant("16", "points are where orders hold them", wallets.points_are_where_orders_hold_them),
    Invariant("16", "coupons are where orders hold them", wallets.coupons_are_where_orders_hold_them),
    Invariant("16", "wallets follow their journal", wallets.wallets_follow_their_journal),
    Invariant("16", "limits count living units", wallets.limits_count_living_units),
    Invariant("16", "issued coupons are counted", wallets.coupons_are_counted_when_issued),
    Invariant("17", "vouchers balance", ledger.vouchers_balance),
    Invariant("29", "statements are what accounts did", statements.statements_are_what_accounts_did),
    Invariant("29", "every voucher is stated once", statements.every_voucher_is_stated_once),
    Invariant("18", "vouchers match the history", ledger.vouchers_match_the_history),
    Invariant("19", "clearing is the provider's account", ledger.the_clearing_account_is_the_provider),
    Invariant("19", "money elsewhere is what was told", ledger.money_elsewhere_is_what_was_told),
    Invariant("19", "quarantine is what people must judge", ledger.quarantine_is_what_people_must_judge),
    Invariant("19", "the bank paid what people sent", ledger.the_bank_paid_what_people_sent),
    Invariant("20", "promises are held", ledger.promises_are_held),
    Invariant("20", "escrow holds what is kept", ledger.escrow_holds_what_is_kept),
    Invariant("22", "counters follow the movements", stock.counters_follow_the_movements),
    Invariant("22", "sold is what left", stock.sold_is_what_left),
    Invariant("23", "no counter is negative", stock.no_counter_is_negative),
    Invariant("24", "reserved is what orders wait for", stock.reserved_is_what_orders_wait_for),
    Invariant("25", "returns are counted", shipping.returns_are_counted),
    Invariant("25", "inspections count what was sent", returns.inspections_count_what_was_sent),
    Invariant("4", "cases are about what was bought", returns.cases_are_about_what_was_bought),
    Invariant("RULES 9", "requests are in their window", returns.requests_are_in_their_window),
    Invariant("RULES 9", "what is wrong was shown", returns.what_is_wrong_was_shown),
    Invariant("RULES 9", "goods come before money", returns.goods_come_before_money),
    Invariant("RULES 9", "silence takes its time", returns.silence_takes_its_time),
    Invariant("1", "cases end once", returns.cases_end_once),
    Invariant("13, 16", "cases give what goods are worth", returns.cases_give_what_goods_are_worth),
    Invariant("20", "what is all gone is closed", returns.what_is_all_gone_is_closed),
    Invariant("19", "the pool bears what nobody owed", returns.the_pool_bears_what_nobody_owed),
    Invariant("16", "compensation is given in points", returns.compensation_is_given_in_points),
    Invariant("28", "nothing ends while a case is open", returns.nothing_ends_while_a_case_is_open),
    Invariant("RULES 12", "entries are somebody's", register.entries_are_somebody_s),
    Invariant("RULES 12", "what lasts is registered", register.what_lasts_is_registered),
    Invariant("26", "delivered is proven", shipping.delivered_is_proven),
    Invariant("26", "receipt waits for delivery", shipping.receipt_waits_for_delivery),
    Invariant("26, 27", "what is disputed waits", money.what_is_disputed_waits),
    Invariant("26, 27", "complete means settled, once", ledger.completed_means_one_settlement),
    Invariant("26, 27", "merchants get what is settled", shares.merchants_get_what_is_settled),
    Invariant("26", "the platform pays for its coupons", shares.the_platform_pays_for_its_coupons),
    Invariant("26", "the platform earns what was agreed", shares.the_platform_earns_what_was_agreed),
    Invariant("26", "contracts are those of the day", shares.contracts_are_those_of_the_day),
    Invariant("30", "what waits has a deadline", orders.waiting_states_have_a_clock),
    Invariant("1, 31", "no deadline is missed", orders.no_deadline_is_missed),
    Invariant("30", "silence is found", shipping.silence_is_found),
    Invariant("30", "nothing is stuck", shipping.nothing_is_stuck),
    Invariant("32", "effects are finished", orders.events_are_finished),
    Invariant("34", "nothing is dead or lost", orders.nothing_is_dead_or_lost),
)


def violations(cloud: Cloud) -> list[str]:
    """Look at everything and return what is wrong, one sentence each. Moves nothing."""
    return violations_in(world_of(cloud))


def violations_in(world: World) -> list[str]:
    world = world.still()
    return [
        f"{invariant.numbers} {invariant.says}: {found}"
        for invariant in INVARIANTS
        for found in invariant.check(world)
    ]
