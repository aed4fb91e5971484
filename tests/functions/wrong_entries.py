"""Wrong fields of the register's routes, and of an address that is corrected, for ``tests.functions.test_fields``."""

from tests.functions.routes import ASSIGN, CLOSE, CORRECT, MERCHANT_CLOSE, Route

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
]
