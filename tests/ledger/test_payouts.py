"""What was stated may be withdrawn, once; and each withdrawal has one end."""

import pytest

from shared.changes import Caller
from shared.ledger.accounts import Account
from shared.ledger.payouts import (
    AccountNegative,
    Ending,
    NothingToWithdraw,
    Payout,
    PayoutEnded,
    PayoutState,
    TooManyWithdrawals,
    WithdrawalTooLarge,
    WithdrawalTooSmall,
    ask_for,
    ended,
    moved_since,
    voucher_of,
)
from shared.lifecycle import Actor
from shared.payment.requests import SecondPersonNeeded

TEA = Account("m-tea", "CNY")
OPERATOR = Caller(Actor.OPERATOR, "op-1")
ASKED = Payout(3, 500, "staff-1", 1000, 2)
PAID, FAILED = Ending(PayoutState.PAID, "TR-1"), Ending(PayoutState.FAILED, "wrong_account")


def test_all_there_is_or_so_much_of_it():
    assert ask_for(None, available_minor=500, waiting=0) == 500
    assert ask_for(500, available_minor=500, waiting=0) == 500
    assert ask_for(100, available_minor=500, waiting=19) == 100


@pytest.mark.parametrize(
    ("wanted", "available", "waiting", "refusal", "details"),
    [
        (None, 0, 0, NothingToWithdraw, {}),
        (100, 0, 0, NothingToWithdraw, {}),
        (None, -1, 0, AccountNegative, {"owed": 1}),
        (100, -500, 0, AccountNegative, {"owed": 500}),
        (501, 500, 0, WithdrawalTooLarge, {"withdrawable": 500}),
        (99, 500, 0, WithdrawalTooSmall, {"minimum": 100}),
        (None, 99, 0, WithdrawalTooSmall, {"minimum": 100}),
        (100, 99, 0, WithdrawalTooLarge, {"withdrawable": 99}),
        (100, 500, 20, TooManyWithdrawals, {"waiting": 20}),
    ],
)
def test_what_is_not_there_is_not_promised(wanted, available, waiting, refusal, details):
    with pytest.raises(refusal) as refused:
        ask_for(wanted, available_minor=available, waiting=waiting)

    assert refused.value.details == details


def test_who_asked_does_not_pay_it_out():
    with pytest.raises(SecondPersonNeeded):
        ended(ASKED, PAID, caller=Caller(Actor.OPERATOR, "staff-1"), now=2000)


def test_a_payout_ends_once():
    paid = ended(ASKED, PAID, caller=OPERATOR, now=2000)
    failed = ended(ASKED, FAILED, caller=OPERATOR, now=2000)

    assert (paid.state, paid.bank_reference, paid.reason) == ("paid", "TR-1", "")
    assert (failed.state, failed.bank_reference, failed.reason) == ("failed", "", "wrong_account")
    assert (paid.ended_by, paid.ended_at, paid.amount_minor) == ("op-1", 2000, 500)
    for over, again in ((paid, FAILED), (paid, PAID), (failed, PAID), (failed, FAILED)):
        with pytest.raises(PayoutEnded) as refused:
            ended(over, again, caller=OPERATOR, now=3000)
        assert refused.value.details == {"state": str(over.state)}


def test_money_goes_out_of_the_account_to_the_bank_or_back():
    paid, failed = (ended(ASKED, how, caller=OPERATOR, now=2000) for how in (PAID, FAILED))

    assert [voucher_of(TEA, payout)[:3] for payout in (ASKED, paid, failed)] == [
        ("payout_asked", "CNY", (("merchant:m-tea", 500), ("payout:m-tea", -500))),
        ("payout_paid", "CNY", (("payout:m-tea", 500), ("bank", -500))),
        ("payout_failed", "CNY", (("payout:m-tea", 500), ("merchant:m-tea", -500))),
    ]


@pytest.mark.parametrize(
    ("state", "counted", "moved"),
    [
        ("asked", 2, -500),  # Asked for since the statement.
        ("paid", 2, -500),
        ("failed", 2, 0),
        ("asked", 3, 0),  # The statement has taken it off already.
        ("paid", 3, 0),
        ("failed", 3, 500),
    ],
)
def test_what_a_payout_did_since_the_last_statement(state, counted, moved):
    assert moved_since([ASKED._replace(state=PayoutState(state))], counted=counted) == moved
