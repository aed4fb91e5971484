"""Wrong fields of bills, reconciliations and checks of the books: see ``tests.functions.test_fields``."""

from tests.functions.routes import BRING_A_BILL, CHECK_BOOKS, COMPARE, EXPLAIN, Route

NO_PROVIDER: tuple[object, ...] = (
    *(None, 1, True, "", ["alipay"], "x" * 10_000),
    *(
        "sandbox",
        "paypal",
        "ALIPAY",
        "Alipay",
        "alipay ",
        "alipay\n",
        "ali\u200bpay",
        "ａｌｉｐａｙ",
        "../alipay",
    ),
)
NO_DAY: tuple[object, ...] = (
    *(None, True, 20261120, 1.5, ["2026-11-20"], {"day": 1}, "", "yesterday", "x" * 10_000),
    *("2026-02-29", "2026-02-30", "2026-04-31", "2026-11-31", "2026-13-01", "2026-00-10", "2026-11-00"),
    *("2026-11-32", "1999-12-31", "2100-01-01", "0000-00-00", "9999-12-31", "2026-11", "2026-1-2"),
    *("20261120", "20.11.2026", "2026/11/20", "2026-11-20T00:00:00Z", "2026-11-20\n", " 2026-11-20"),
    *("2026-11-20#", "２０２６-11-20", "2026-11-\u0662\u0660", "../../roots", "2026-11-20\x00", "\ud800"),
)
NO_DIGEST: tuple[object, ...] = (
    *(1, True, [], ["ab" * 32], "", "xyz", "a" * 63, "a" * 65, "ab" * 64, "AB" * 32, "g" * 64),
    *("ab" * 32 + "\n", "0x" + "ab" * 31, " " + "a" * 63, "../" + "a" * 61, "ａ" * 64, "\ud800" * 64),
)
NO_SIZE: tuple[object, ...] = (
    *(None, True, False, 1.0, 0.5, "3", "", [3], {"n": 3}),
    *(0, -1, 5 * 1024**3 + 1, 10**18, -(10**18)),
)
NO_DIFFERENCE: tuple[object, ...] = (
    None,
    1,
    True,
    "",
    "x" * 201,
    "x" * 10_000,
    ["a#b"],
    {"id": "a#b"},
    "\ud800",
)
NO_REASON: tuple[object, ...] = (
    *(None, 1, True, "", "ab", "x" * 61, "Known", "known to finance", "known-to-finance", ["known"]),
    *("known\n", "kno\x00wn", "known\u202e", "<b>known</b>", "известно", "已知道", "\ud800\ud800\ud800"),
)

WRONG_BOOKS: list[tuple[Route, object, str]] = [
    *(
        (route, route.body | {"provider": v}, "/provider")
        for route in (BRING_A_BILL, COMPARE)
        for v in NO_PROVIDER
    ),
    *((route, route.body | {"day": v}, "/day") for route in (BRING_A_BILL, COMPARE) for v in NO_DAY),
    *(
        (route, {name: value for name, value in route.body.items() if name != missing}, f"/{missing}")
        for route in (BRING_A_BILL, COMPARE, EXPLAIN)
        for missing in route.body
    ),
    *((BRING_A_BILL, BRING_A_BILL.body | {"bytes": value}, "/bytes") for value in NO_SIZE),
    *((BRING_A_BILL, BRING_A_BILL.body | {"sha256": value}, "/sha256") for value in (*NO_DIGEST, None)),
    *((BRING_A_BILL, BRING_A_BILL.body | {name: "x"}, f"/{name}") for name in ("url", "key", "file", "bill")),
    *((COMPARE, COMPARE.body | {"bill": value}, "/bill") for value in NO_DIGEST),
    *((COMPARE, COMPARE.body | {name: 1}, f"/{name}") for name in ("sha256", "by", "force", "differences")),
    *((EXPLAIN, EXPLAIN.body | {"difference": value}, "/difference") for value in NO_DIFFERENCE),
    *((EXPLAIN, EXPLAIN.body | {"reason": value}, "/reason") for value in NO_REASON),
    *((EXPLAIN, EXPLAIN.body | {name: "op-2"}, f"/{name}") for name in ("by", "provider", "day", "amount")),
    *((CHECK_BOOKS, {"repair": value}, "/repair") for value in (None, 0, 1, 1.0, "", "yes", "true", [], {})),
    *((CHECK_BOOKS, {"repair": True, name: 1}, f"/{name}") for name in ("table", "bucket", "since")),
]
