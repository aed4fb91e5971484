"""Wrong fields of the register, of withdrawals, of a corrected address: see ``tests.functions.test_fields``."""

from tests.functions.routes import ASSIGN, CLOSE, CORRECT, END_PAYOUT, MERCHANT_CLOSE, WITHDRAW, Route

WRONG: list[tuple[Route, object, str]] = [
    *((ASSIGN, {"assignee": value}, "/assignee") for value in (1, "", "Li Lei", "s-1\n", "x" * 65, ["s-1"])),
    (ASSIGN, {}, "/assignee"),
    (ASSIGN, ASSIGN.body | {"note": "x"}, "/note"),
    *(
        (route, route.body | {"action": value}, "/action")
        for route in (CLOSE, MERCHANT_CLOSE)
        for value in (None, 1, "", "fly", "REFUND", "refund\n")
    ),
    *(
        (route, route.body | {"note": value}, "/note")
        for route in (CLOSE, MERCHANT_CLOSE)
        for value in (None, 1, "", "it is found", "x" * 41, "Gone")
    ),
    *((route, {"action": "refund"}, "/note") for route in (CLOSE, MERCHANT_CLOSE)),
    *((CORRECT, CORRECT.body | {"country": value}, "/country") for value in (1, "", "cn", "CHN")),
    *(
        (CORRECT, CORRECT.body | {"street": value}, "/street")
        for value in (1, "x" * 201, "a\x00b", ["Lane 2"])
    ),
    (CORRECT, CORRECT.body | {"planet": "Mars"}, "/planet"),
    *(
        (WITHDRAW, {"amount": {"amount": value, "currency": "CNY"}}, "/amount/amount")
        for value in (None, 0, -1, 1.0, "1", True, 10**12 + 1, 10**18)
    ),
    *(
        (WITHDRAW, {"amount": {"amount": 100, "currency": value}}, "/amount/currency")
        for value in (None, 1, "", "cny", "CNY ", "RMBB")
    ),
    *((WITHDRAW, {"amount": value}, "/amount") for value in (100, "100", [])),
    *((WITHDRAW, {"currency": value}, "/currency") for value in (1, "", "cny", "CNY\n")),
    (WITHDRAW, {"amount": {"amount": 100}}, "/amount/currency"),
    (WITHDRAW, {"merchant_id": "m-toys"}, "/merchant_id"),
    *(
        (END_PAYOUT, END_PAYOUT.body | {"outcome": value}, "/outcome")
        for value in (None, 1, "", "asked", "PAID")
    ),
    *(
        (END_PAYOUT, END_PAYOUT.body | {"bank_reference": value}, "/bank_reference")
        for value in (1, "", "TR 1", "TR-1\n", "x" * 41)
    ),
    *(
        (END_PAYOUT, {"outcome": "failed", "reason": value}, "/reason")
        for value in (1, "", "no idea", "Other", "other\n")
    ),
    (END_PAYOUT, {}, "/outcome"),
    (END_PAYOUT, END_PAYOUT.body | {"amount": 1}, "/amount"),
]
