"""Who may do what, and to whose orders. One table; what is not in it is denied.

A role that may not do a thing at all is told so (``Forbidden``): that says nothing about any order. A role that
may do it only to its own gets, for a foreign order, exactly the answer for a missing one (``NotFound``).
"""

from enum import StrEnum, auto

from shared.changes import Caller
from shared.errors import Forbidden, NotFound
from shared.lifecycle import Actor
from shared.model import AfterSale, SubOrder, WholeOrder


class Action(StrEnum):
    QUOTE = auto()
    PLACE_ORDER = auto()
    LIST_ORDERS = auto()
    READ_ORDER = auto()
    READ_CONFIRMATION = auto()
    READ_TIMELINE = auto()
    START_PAYMENT = auto()
    CANCEL_ORDER = auto()
    CANCEL_SUB_ORDER = auto()
    CONFIRM_RECEIPT = auto()
    EXTEND_RECEIPT = auto()
    REFUSE_DELIVERY = auto()
    REPORT_PARCEL = auto()
    RECALL_PARCEL = auto()
    WRITE_OFF_PARCEL = auto()
    READ_CUSTOMS = auto()
    RECEIVE_RETURN = auto()
    SEPARATE_ORDER = auto()
    READ_REVIEWS = auto()
    REVIEW_ORDER = auto()
    RETRY_REFUND = auto()
    PAY_REFUND_OTHERWISE = auto()
    REFUND_AMOUNT = auto()
    REQUEST_AFTER_SALE = auto()
    READ_AFTER_SALE = auto()
    ANSWER_AFTER_SALE = auto()
    SEND_GOODS_BACK = auto()
    DECIDE_AFTER_SALE = auto()
    ESCALATE_AFTER_SALE = auto()
    SHOW_EVIDENCE = auto()
    OFFER_EVIDENCE = auto()
    OFFER_EVIDENCE_OF_SUB_ORDER = auto()
    READ_EVIDENCE = auto()
    RULE_AFTER_SALE = auto()
    COMPENSATE = auto()
    READ_RETURN_POLICY = auto()
    READ_REGISTER = auto()
    READ_REGISTER_ENTRY = auto()
    ASSIGN_REGISTER_ENTRY = auto()
    RESOLVE_REGISTER_ENTRY = auto()
    READ_OWN_REGISTER = auto()
    RESOLVE_OWN_REGISTER_ENTRY = auto()
    CORRECT_ADDRESS = auto()
    READ_STATEMENTS = auto()
    READ_BALANCE = auto()
    WITHDRAW = auto()
    READ_WITHDRAWALS = auto()
    READ_PAYOUTS = auto()
    END_PAYOUT = auto()
    READ_MERCHANT_QUEUE = auto()
    READ_SUB_ORDER = auto()
    SHIP_SUB_ORDER = auto()
    READ_WALLET = auto()
    CLAIM_COUPON = auto()
    READ_MEMBER = auto()
    ISSUE_COUPON = auto()
    GRANT_POINTS = auto()
    PUBLISH_CATALOGUE = auto()
    LIST_CATALOGUE = auto()
    READ_CATALOGUE = auto()
    READ_STOCK = auto()
    MOVE_STOCK = auto()
    SET_QUOTA = auto()
    SPREAD_STOCK = auto()
    CHECK_STOCK = auto()
    READ_BALANCES = auto()
    READ_RECONCILIATIONS = auto()
    READ_RECONCILIATION = auto()
    OFFER_BILL = auto()
    RECONCILE = auto()
    EXPLAIN_DIFFERENCE = auto()
    CHECK_BOOKS = auto()


class Scope(StrEnum):
    OWN = auto()  # The buyer's own order; the merchant's own sub-order.
    ANY = auto()


B, M, S, O = Actor.BUYER, Actor.MERCHANT, Actor.SUPPORT, Actor.OPERATOR  # noqa: E741
OWN, ANY = Scope.OWN, Scope.ANY
# fmt: off
POLICY: dict[Action, dict[Actor, Scope]] = {
    Action.QUOTE:               {B: OWN},
    Action.PLACE_ORDER:         {B: OWN},
    Action.LIST_ORDERS:         {B: OWN},
    Action.READ_ORDER:          {B: OWN, S: ANY, O: ANY},
    Action.READ_CONFIRMATION:   {B: OWN},  # It says who lives where; everything else stands in the order.
    Action.READ_TIMELINE:       {B: OWN, S: ANY, O: ANY},
    Action.START_PAYMENT:       {B: OWN},
    Action.CANCEL_ORDER:        {B: OWN},
    Action.CANCEL_SUB_ORDER:    {M: OWN},
    Action.CONFIRM_RECEIPT:     {B: OWN},
    Action.EXTEND_RECEIPT:      {B: OWN},
    Action.REFUSE_DELIVERY:     {B: OWN},
    Action.REPORT_PARCEL:       {S: ANY, O: ANY},
    Action.RECALL_PARCEL:       {S: ANY, O: ANY},
    Action.WRITE_OFF_PARCEL:    {S: ANY, O: ANY},
    Action.READ_CUSTOMS:        {S: ANY, O: ANY},
    Action.RECEIVE_RETURN:      {M: OWN},
    Action.SEPARATE_ORDER:      {B: OWN},
    Action.READ_REVIEWS:        {S: ANY, O: ANY},
    Action.REVIEW_ORDER:        {S: ANY, O: ANY},
    Action.RETRY_REFUND:        {O: ANY},
    Action.PAY_REFUND_OTHERWISE: {O: ANY},
    Action.REFUND_AMOUNT:       {S: ANY, O: ANY},
    Action.REQUEST_AFTER_SALE:  {B: OWN},
    Action.READ_AFTER_SALE:     {B: OWN, M: OWN, S: ANY, O: ANY},
    Action.ANSWER_AFTER_SALE:   {B: OWN},
    Action.SEND_GOODS_BACK:     {B: OWN, S: ANY, O: ANY},  # The platform's people set a wrong waybill right.
    Action.DECIDE_AFTER_SALE:   {M: OWN},
    Action.ESCALATE_AFTER_SALE: {B: OWN, M: OWN},
    Action.SHOW_EVIDENCE:       {B: OWN, M: OWN},
    Action.OFFER_EVIDENCE:      {B: OWN},
    Action.OFFER_EVIDENCE_OF_SUB_ORDER: {M: OWN},
    Action.READ_EVIDENCE:       {B: OWN, M: OWN, S: ANY, O: ANY},
    Action.RULE_AFTER_SALE:     {S: ANY, O: ANY},
    Action.COMPENSATE:          {S: ANY, O: ANY},
    Action.READ_RETURN_POLICY:  {B: ANY, M: ANY, S: ANY, O: ANY},
    Action.READ_REGISTER:       {S: ANY, O: ANY},
    Action.READ_REGISTER_ENTRY: {S: ANY, O: ANY},
    Action.ASSIGN_REGISTER_ENTRY: {S: ANY, O: ANY},
    Action.RESOLVE_REGISTER_ENTRY: {S: ANY, O: ANY},
    Action.READ_OWN_REGISTER:   {M: OWN},
    Action.RESOLVE_OWN_REGISTER_ENTRY: {M: OWN},
    Action.CORRECT_ADDRESS:     {B: OWN, S: ANY, O: ANY},
    Action.READ_STATEMENTS:     {M: OWN},
    Action.READ_BALANCE:        {M: OWN},
    Action.WITHDRAW:            {M: OWN},
    Action.READ_WITHDRAWALS:    {M: OWN},
    Action.READ_PAYOUTS:        {O: ANY},
    Action.END_PAYOUT:          {O: ANY},
    Action.READ_MERCHANT_QUEUE: {M: OWN},
    Action.READ_SUB_ORDER:      {M: OWN},
    Action.SHIP_SUB_ORDER:      {M: OWN},
    Action.READ_WALLET:         {B: OWN},
    Action.CLAIM_COUPON:        {B: OWN},
    Action.READ_MEMBER:         {O: ANY},
    Action.ISSUE_COUPON:        {O: ANY},
    Action.GRANT_POINTS:        {O: ANY},
    Action.PUBLISH_CATALOGUE:   {O: ANY},
    Action.LIST_CATALOGUE:      {O: ANY},
    Action.READ_CATALOGUE:      {O: ANY},
    Action.READ_STOCK:          {O: ANY},
    Action.MOVE_STOCK:          {O: ANY},
    Action.SET_QUOTA:           {O: ANY},
    Action.SPREAD_STOCK:        {O: ANY},
    Action.CHECK_STOCK:         {O: ANY},
    Action.READ_BALANCES:       {O: ANY},
    Action.READ_RECONCILIATIONS: {O: ANY},
    Action.READ_RECONCILIATION: {O: ANY},
    Action.OFFER_BILL:          {O: ANY},
    Action.RECONCILE:           {O: ANY},
    Action.EXPLAIN_DIFFERENCE:  {O: ANY},
    Action.CHECK_BOOKS:         {O: ANY},
}
# fmt: on


def require_role(caller: Caller, action: Action) -> Scope:
    """Return how far *caller* may go, or raise ``Forbidden``."""
    scope = POLICY[action].get(caller.actor)
    if scope is None:
        raise Forbidden("your role may not do this")
    return scope


def require_order(caller: Caller, action: Action, whole: WholeOrder) -> None:
    """Let *caller* act on the order as a whole, or raise ``Forbidden`` or ``NotFound``."""
    if require_role(caller, action) is Scope.OWN and (
        caller.actor is not Actor.BUYER or whole.order.buyer_id != caller.id
    ):
        raise NotFound("no such order")


def require_sub_order(caller: Caller, action: Action, whole: WholeOrder, number: int) -> SubOrder:
    """Return the sub-order if *caller* may act on it, or raise ``Forbidden`` or ``NotFound``."""
    scope = require_role(caller, action)
    found = next((s for s in whole.sub_orders if s.number == number), None)
    if found is None or (scope is Scope.OWN and found.merchant_id != caller.merchant_id):
        raise NotFound("no such order")  # In the same words as for an order that does not exist.
    return found


def require_case(caller: Caller, action: Action, whole: WholeOrder, number: int) -> AfterSale:
    """Return the after-sale case if *caller* may act on it, or raise ``Forbidden`` or ``NotFound``."""
    scope = require_role(caller, action)
    found = next((case for case in whole.cases if case.number == number), None)
    if found is None or (scope is Scope.OWN and not _is_party(caller, whole, found)):
        raise NotFound("no such order")  # In the same words as for an order that does not exist.
    return found


def _is_party(caller: Caller, whole: WholeOrder, case: AfterSale) -> bool:
    if caller.actor is Actor.BUYER:
        return whole.order.buyer_id == caller.id
    return whole.sub_orders[case.sub_order - 1].merchant_id == caller.merchant_id
