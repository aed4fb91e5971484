"""Who may do what, written out by hand. Whatever is not in this matrix is denied."""

from itertools import product

import pytest

from shared.changes import Caller
from shared.errors import Forbidden, NotFound
from shared.lifecycle import Actor
from shared.policy import POLICY, Action, Scope, require_order, require_role, require_sub_order
from tests.builders import BUYER, OPERATOR, POT_MERCHANT, SUPPORT, TEA_MERCHANT, a_split_order

OWN, ANY = "own", "any"
ALLOWED = {
    ("quote", "buyer"): OWN,
    ("place_order", "buyer"): OWN,
    ("list_orders", "buyer"): OWN,
    ("read_order", "buyer"): OWN,
    ("read_order", "support"): ANY,
    ("read_order", "operator"): ANY,
    ("read_timeline", "buyer"): OWN,
    ("read_timeline", "support"): ANY,
    ("read_timeline", "operator"): ANY,
    ("read_confirmation", "buyer"): OWN,
    ("start_payment", "buyer"): OWN,
    ("cancel_order", "buyer"): OWN,
    ("cancel_sub_order", "merchant"): OWN,
    ("confirm_receipt", "buyer"): OWN,
    ("extend_receipt", "buyer"): OWN,
    ("refuse_delivery", "buyer"): OWN,
    ("separate_order", "buyer"): OWN,
    ("report_parcel", "support"): ANY,
    ("report_parcel", "operator"): ANY,
    ("recall_parcel", "support"): ANY,
    ("recall_parcel", "operator"): ANY,
    ("write_off_parcel", "support"): ANY,
    ("write_off_parcel", "operator"): ANY,
    ("read_customs", "support"): ANY,
    ("read_customs", "operator"): ANY,
    ("receive_return", "merchant"): OWN,
    ("read_reviews", "support"): ANY,
    ("read_reviews", "operator"): ANY,
    ("review_order", "support"): ANY,
    ("review_order", "operator"): ANY,
    ("retry_refund", "operator"): ANY,
    ("pay_refund_otherwise", "operator"): ANY,
    ("refund_amount", "support"): ANY,
    ("refund_amount", "operator"): ANY,
    ("request_after_sale", "buyer"): OWN,
    ("read_after_sale", "buyer"): OWN,
    ("read_after_sale", "merchant"): OWN,
    ("read_after_sale", "support"): ANY,
    ("read_after_sale", "operator"): ANY,
    ("answer_after_sale", "buyer"): OWN,
    ("send_goods_back", "buyer"): OWN,
    ("send_goods_back", "support"): ANY,
    ("send_goods_back", "operator"): ANY,
    ("decide_after_sale", "merchant"): OWN,
    ("escalate_after_sale", "buyer"): OWN,
    ("escalate_after_sale", "merchant"): OWN,
    ("show_evidence", "buyer"): OWN,
    ("show_evidence", "merchant"): OWN,
    ("rule_after_sale", "support"): ANY,
    ("rule_after_sale", "operator"): ANY,
    ("compensate", "support"): ANY,
    ("compensate", "operator"): ANY,
    ("read_return_policy", "buyer"): ANY,
    ("read_return_policy", "merchant"): ANY,
    ("read_return_policy", "support"): ANY,
    ("read_return_policy", "operator"): ANY,
    ("offer_evidence", "buyer"): OWN,
    ("offer_evidence_of_sub_order", "merchant"): OWN,
    ("read_evidence", "buyer"): OWN,
    ("read_evidence", "merchant"): OWN,
    ("read_evidence", "support"): ANY,
    ("read_evidence", "operator"): ANY,
    ("read_register", "support"): ANY,
    ("read_register", "operator"): ANY,
    ("read_register_entry", "support"): ANY,
    ("read_register_entry", "operator"): ANY,
    ("assign_register_entry", "support"): ANY,
    ("assign_register_entry", "operator"): ANY,
    ("resolve_register_entry", "support"): ANY,
    ("resolve_register_entry", "operator"): ANY,
    ("read_own_register", "merchant"): OWN,
    ("resolve_own_register_entry", "merchant"): OWN,
    ("correct_address", "buyer"): OWN,
    ("correct_address", "support"): ANY,
    ("correct_address", "operator"): ANY,
    ("read_statements", "merchant"): OWN,
    ("read_balance", "merchant"): OWN,
    ("withdraw", "merchant"): OWN,
    ("read_withdrawals", "merchant"): OWN,
    ("read_payouts", "operator"): ANY,
    ("end_payout", "operator"): ANY,
    ("read_merchant_queue", "merchant"): OWN,
    ("read_sub_order", "merchant"): OWN,
    ("ship_sub_order", "merchant"): OWN,
    ("read_wallet", "buyer"): OWN,
    ("claim_coupon", "buyer"): OWN,
    ("read_member", "operator"): ANY,
    ("issue_coupon", "operator"): ANY,
    ("grant_points", "operator"): ANY,
    ("publish_catalogue", "operator"): ANY,
    ("list_catalogue", "operator"): ANY,
    ("read_catalogue", "operator"): ANY,
    ("read_stock", "operator"): ANY,
    ("move_stock", "operator"): ANY,
    ("set_quota", "operator"): ANY,
    ("spread_stock", "operator"): ANY,
    ("check_stock", "operator"): ANY,
    ("read_balances", "operator"): ANY,
    ("check_books", "operator"): ANY,
    ("read_reconciliations", "operator"): ANY,
    ("read_reconciliation", "operator"): ANY,
    ("offer_bill", "operator"): ANY,
    ("reconcile", "operator"): ANY,
    ("explain_difference", "operator"): ANY,
}
OF_ORDERS = (
    "read_order",
    "read_timeline",
    "read_confirmation",
    "start_payment",
    "cancel_order",
    "confirm_receipt",
    "extend_receipt",
    "refuse_delivery",
    "separate_order",
    "correct_address",
    "request_after_sale",
)
OF_SUB_ORDERS = ("cancel_sub_order", "read_sub_order", "ship_sub_order", "receive_return")
STRANGER = Caller(Actor.BUYER, "buyer-2")


@pytest.mark.parametrize(("action", "actor"), list(product(Action, Actor)), ids=str)
def test_a_role_may_what_the_matrix_says_and_nothing_else(action, actor):
    caller = Caller(actor, "somebody")
    scope = ALLOWED.get((action, actor))
    if scope is None:
        with pytest.raises(Forbidden):
            require_role(caller, action)
    else:
        assert require_role(caller, action) == Scope(scope)


def test_the_matrix_names_every_action_and_only_actions():
    assert {action for action, _ in ALLOWED} == set(Action) == set(POLICY)


@pytest.mark.parametrize("action", OF_ORDERS)
def test_a_buyer_acts_on_her_own_order_and_no_other_exists(action):
    whole, action = a_split_order().whole, Action(action)
    require_order(BUYER, action, whole)

    with pytest.raises(NotFound):
        require_order(STRANGER, action, whole)


def test_support_and_operators_read_and_review_every_order():
    whole = a_split_order().whole
    for caller in (SUPPORT, OPERATOR):
        require_order(caller, Action.READ_ORDER, whole)
        require_order(caller, Action.READ_TIMELINE, whole)
        require_order(caller, Action.REVIEW_ORDER, whole)


def test_nobody_reviews_an_own_order():
    whole = a_split_order().whole
    for caller in (BUYER, TEA_MERCHANT):
        with pytest.raises(Forbidden):
            require_order(caller, Action.REVIEW_ORDER, whole)


def test_a_merchant_never_acts_on_a_whole_order_even_where_a_table_lets_it_act_on_its_own():
    with pytest.raises(NotFound):
        require_order(TEA_MERCHANT, Action.SHIP_SUB_ORDER, a_split_order().whole)


def test_a_buyer_with_a_merchants_name_is_no_merchant():
    with pytest.raises(Forbidden):
        require_sub_order(
            Caller(Actor.BUYER, "buyer-1", "m-tea"), Action.SHIP_SUB_ORDER, a_split_order().whole, 1
        )


@pytest.mark.parametrize("action", OF_SUB_ORDERS)
def test_a_merchant_acts_on_its_own_part_and_no_other_exists(action):
    whole, action = a_split_order().whole, Action(action)

    assert require_sub_order(TEA_MERCHANT, action, whole, 1).merchant_id == "m-tea"
    assert require_sub_order(POT_MERCHANT, action, whole, 2).merchant_id == "m-pot"
    for caller, number in (
        (TEA_MERCHANT, 2),
        (POT_MERCHANT, 1),
        (TEA_MERCHANT, 3),
        (Caller(Actor.MERCHANT, "u"), 1),
    ):
        with pytest.raises(NotFound):
            require_sub_order(caller, action, whole, number)


def test_missing_and_foreign_answer_in_the_same_words():
    whole = a_split_order().whole
    answers = set()
    for number in (2, 3):
        with pytest.raises(NotFound) as refused:
            require_sub_order(TEA_MERCHANT, Action.SHIP_SUB_ORDER, whole, number)
        answers.add((refused.value.reason, str(refused.value.details)))

    assert len(answers) == 1
