"""``make run``: the whole product on this machine, with tokens and commands to paste.

    python -m local          PORT=8787 by default

The clock flows with real time, ahead of it by whatever ``POST /_local/clock/advance`` added. Everything is
in memory: stopping forgets it.
"""

import os
import signal
import threading

from local.clock import FlowingClock
from local.cloud import Cloud
from local.console import PEOPLE
from local.http import HOST, Server
from local.seed import seed
from local.synthesis import fresh_template

PORT = 8787

TRY_IT = """
# Tokens, good for 12 hours of this world's time (more: GET /_local/tokens, or POST /_local/tokens)
export SHOP={url}
{tokens}

# 1  What would two teas and a lamp cost?
curl -s $SHOP/quotes -H "Authorization: Bearer $BUYER" -H 'Content-Type: application/json' \\
  -d '{lines}'

# 2  Order them. Note the order_id.
curl -s $SHOP/orders -H "Authorization: Bearer $BUYER" -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: order-1' -d '{order}'
export ORDER=...

# 3  Start to pay, then be the payer: the sandbox takes the money and posts its signed webhook.
curl -s $SHOP/orders/$ORDER/payments -H "Authorization: Bearer $BUYER" -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: pay-1' -d '{{"provider": "sandbox"}}'
export REFERENCE=...
curl -s $SHOP/_sandbox/payments/$REFERENCE -d '{{"amount": {payable}, "currency": "CNY"}}'

# 4  The tea merchant ships the first part, the lamp merchant the second.
curl -s $SHOP/merchant/orders -H "Authorization: Bearer $MERCHANT_TEA"
curl -s $SHOP/merchant/sub-orders/$ORDER-01/shipment -H "Authorization: Bearer $MERCHANT_TEA" \\
  -H 'Content-Type: application/json' -H 'Idempotency-Key: ship-1' \\
  -d '{{"parcels": [{{"parcel": 1, "carrier": "sf", "waybill": "SF1000001"}}]}}'
curl -s $SHOP/merchant/sub-orders/$ORDER-02/shipment -H "Authorization: Bearer $MERCHANT_LAMPS" \\
  -H 'Content-Type: application/json' -H 'Idempotency-Key: ship-2' \\
  -d '{{"parcels": [{{"parcel": 2, "carrier": "sf", "waybill": "SF1000002"}}]}}'

# 5  Their carriers bring them: a tracker tells where they are. Tokens are of yesterday then, so take a new one.
curl -s $SHOP/_local/clock/advance -d '{{"seconds": 259200}}'
export BUYER=$(curl -s $SHOP/_local/tokens | \\
  python3 -c 'import json,sys; print(json.load(sys.stdin)["buyer"]["token"])')
curl -s $SHOP/orders/$ORDER -H "Authorization: Bearer $BUYER" | python3 -m json.tool

# 6  Ten days after shipment they count as received, because they were delivered.
curl -s $SHOP/_local/clock/advance -d '{{"seconds": 604800}}'
export BUYER=$(curl -s $SHOP/_local/tokens | \\
  python3 -c 'import json,sys; print(json.load(sys.stdin)["buyer"]["token"])')
curl -s $SHOP/orders/$ORDER/timeline -H "Authorization: Bearer $BUYER"

# 7  The tea was crushed. Say what the photo is, post it with the form that is answered, name it in a case, read it.
printf 'a photo, more or less' > photo.jpg
curl -s $SHOP/orders/$ORDER/evidence -H "Authorization: Bearer $BUYER" -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: photo-1' -d '{{"content_type": "image/jpeg", "bytes": '$(($(wc -c < photo.jpg)))', \
"sha256": "'$(openssl dgst -sha256 -binary photo.jpg | base64)'"}}' > offer.json
export PHOTO=$(python3 -c 'import json; print(json.load(open("offer.json"))["evidence_id"])')
python3 -c 'import json; form = json.load(open("offer.json"))["upload"]; print("url =", form["url"]); \
[print("form-string = %s=%s" % field) for field in form["fields"].items()]' | curl -s -K - -F file=@photo.jpg
curl -s $SHOP/orders/$ORDER/after-sales -H "Authorization: Bearer $BUYER" -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: case-1' -d '{{"sub_order": 1, "kind": "refund_only", "reason": "damaged", \
"lines": [{{"line": 1, "quantity": 1}}], "evidence": ["'$PHOTO'"]}}'
export MERCHANT_TEA=$(curl -s $SHOP/_local/tokens | \\
  python3 -c 'import json,sys; print(json.load(sys.stdin)["merchant_tea"]["token"])')
curl -s "$(curl -s $SHOP/after-sales/$ORDER-C01/evidence/$PHOTO -H "Authorization: Bearer $MERCHANT_TEA" | \\
  python3 -c 'import json,sys; print(json.load(sys.stdin)["url"])')"

# What lies in Chengdu is packed by a warehouse with a system of its own: order a TEA-JASMINE-100, pay it, and
curl -s $SHOP/_local/clock/advance -d '{{"seconds": 1800}}'
curl -s $SHOP/_warehouses/books

# What the provider thinks: curl -s $SHOP/_sandbox/books
# Alipay, WeChat Pay and Stripe are here as well; how to play their payers: local/providers/__init__.py
# Whatever can go wrong in a warehouse, or on the way: local/warehouses/__init__.py, local/trackers/__init__.py
# Its secret, to sign a webhook by hand: curl -s $SHOP/_local/webhook-secret
"""
LINES = '{"lines": [{"sku": "TEA-LONGJING-250", "quantity": 2}, {"sku": "LAMP-PAPER-40", "quantity": 1}]}'
ADDRESS = (
    '"address": {"name": "Li Lei", "phone": "+86 571 1234567", "country": "CN", "region": "Zhejiang", '
    '"city": "Hangzhou", "street": "1 Beishan Street", "postcode": "310007"}'
)
PAYABLE_MINOR = 2 * 12_800 + 5_900 + 2 * 800  # Two merchants send, so freight counts twice.


def main() -> None:
    """Run until somebody presses Ctrl-C."""
    port = int(os.environ.get("PORT", PORT))
    print("Reading the template (it is synthesised first when infra/ changed) ...", flush=True)
    with Cloud(fresh_template(), clock=FlowingClock(), url=f"http://{HOST}:{port}") as cloud:
        skus = seed(cloud)
        server = Server(cloud, port).tick_along().start()
        print(instructions(cloud, server.url))
        print(f"{len(skus)} SKUs are on sale at {server.url}. Ctrl-C stops.", flush=True)
        _wait_for_the_end()
        server.stop()


def instructions(cloud: Cloud, url: str) -> str:
    """Return tokens and commands to paste into a shell."""
    tokens = "\n".join(
        f"export {name.upper()}={cloud.token(person.subject, person.role, person.merchant_id)}"
        for name, person in PEOPLE.items()
    )
    order = f"{LINES[:-1]}, {ADDRESS}}}"
    return TRY_IT.format(url=url, tokens=tokens, lines=LINES, order=order, payable=PAYABLE_MINOR)


def _wait_for_the_end() -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    while not ended.wait(0.5):
        pass
