import pytest

from shared.settings import Policy, Settings

ENV = {
    "ORDERS_TABLE": "orders",
    "STOCK_TABLE": "stock",
    "LEDGER_TABLE": "ledger",
    "CATALOGUE_TABLE": "catalogue",
    "BUS_NAME": "bus",
    "STAGE": "dev",
    "SANDBOX_URL": "https://sandbox.example",
    "SANDBOX_SECRET_ARN": "arn:secret",
    "DELIVERABLE_COUNTRIES": "CN,HK,GB",
    "PAYMENT_TIMEOUT_SECONDS": "1800",
    "CLOSING_RETRY_SECONDS": "60",
    "SHIPMENT_PROMISE_SECONDS": "172800",
    "RECEIPT_TIMEOUT_SECONDS": "864000",
    "REFUND_RETRY_SECONDS": "300",
    "REFUND_ATTENTION_SECONDS": "86400",
    "SETTLEMENT_DELAY_SECONDS": "604800",
    "FLAT_FREIGHT_MINOR": "800",
}
MAY_BE_EMPTY = {"SANDBOX_URL", "SANDBOX_SECRET_ARN"}
NUMBERS = [name for name in ENV if name.endswith(("_SECONDS", "_MINOR"))]


def test_everything_is_read_under_its_name():
    read = Settings.read(ENV)

    assert (read.orders_table, read.stock_table, read.ledger_table) == ("orders", "stock", "ledger")
    assert (read.catalogue_table, read.bus_name, read.stage) == ("catalogue", "bus", "dev")
    assert (read.sandbox_url, read.sandbox_secret_arn) == ("https://sandbox.example", "arn:secret")
    assert read.deliverable_countries == {"CN", "HK", "GB"}
    assert read.policy == Policy(
        payment_timeout_seconds=1800,
        closing_retry_seconds=60,
        shipment_promise_seconds=172_800,
        receipt_timeout_seconds=864_000,
        refund_retry_seconds=300,
        refund_attention_seconds=86_400,
        settlement_delay_seconds=604_800,
        flat_freight_minor=800,
    )


@pytest.mark.parametrize("name", sorted(set(ENV) - MAY_BE_EMPTY))
@pytest.mark.parametrize("value", [None, ""])
def test_what_is_missing_is_named_at_the_start(name, value):
    env = {key: text for key, text in ENV.items() if key != name} | ({} if value is None else {name: value})

    with pytest.raises(ValueError, match=f"environment variable {name} is missing"):
        Settings.read(env)


def test_without_a_sandbox_there_is_none():
    read = Settings.read({name: text for name, text in ENV.items() if name not in MAY_BE_EMPTY})

    assert (read.sandbox_url, read.sandbox_secret_arn) == ("", "")


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["-1", "1.5", "soon", "1e3"])
def test_a_number_that_is_none_is_refused(name, value):
    with pytest.raises(ValueError, match=rf"{name} must be positive|invalid literal"):
        Settings.read(ENV | {name: value})


def test_no_deadline_is_now_but_freight_may_be_free():
    assert Settings.read(ENV | {"FLAT_FREIGHT_MINOR": "0"}).policy.flat_freight_minor == 0
    with pytest.raises(ValueError, match="CLOSING_RETRY_SECONDS must be positive, not 0"):
        Settings.read(ENV | {"CLOSING_RETRY_SECONDS": "0"})
