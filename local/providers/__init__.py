"""Alipay, WeChat Pay v3 and Stripe on a laptop: their addresses, their lives, their signed webhooks, their keys.

They share no code with the product: they verify what we sign, and sign what they say, by themselves. So what the
product understands was not written by the product. Time is the laptop cloud's; nothing is drawn by lot but keys.

    /_alipay/gateway.do      the gateway; ``GET ?...`` is the payer who opens the page (WAIT_BUYER_PAY)
    /_wechatpay/v3/...       native orders, query, close, refunds, bill
    /_stripe/v1/...          payment_intents (create, read, search, cancel), refunds (create, read, list),
                             balance_transactions (list)
    /_providers/...          the desk: play the payer, the bank, the clerk, and bad luck

The desk's forms are JSON; every member is optional unless it says otherwise, and an unknown one is refused.
{p} is alipay, wechatpay or stripe; {r} is the reference of a payment::

    POST /_providers/{p}/payments/{r}/pay
        {"outcome": "succeeded",      or failed, paying (at it just now), partly (stripe; needs an amount)
         "amount": 8800,              in the smallest unit; usually what was asked for
         "currency": "CNY",
         "reason": "insufficient_funds",     stripe's decline code, of an outcome that failed
         "deliver": "now",            or twice, never, seconds, or a list of seconds: one webhook each
         "payer_total": 8000,         alipay, wechatpay: what the payer paid, after coupons
         "finished": true,            alipay: TRADE_FINISHED comes first, a product without refunds
         "even_if_closed": true,      a late payment
         "again": true,               a second payment under the same reference
         "app_id": "...", "seller_id": "..."       alipay:    authentic, but another's: only a notice,
         "app_id": "...", "mchid": "..."           wechatpay: no money of ours moves, and the books
         "livemode": false, "account": "acct_..."} stripe:    keep it under elsewhere
        A reference that nobody opened is paid when an amount is given. Alipay and WeChat Pay tell of no failures.
    POST /_providers/{p}/payments/{r}/refund-mode     how refunds of this payment shall go, from now on
        {"mode": "succeed",           needed: succeed, pending, pending_then_failed, fail_for_good, answer_lost,
                                      bounce, fail_once
         "reason": "account_closed"}  or balance_short, not_allowed: why they fail
    POST /_providers/{p}/payments/{r}/refund          {"amount": 500, "deliver": "now"}, by hand, without us
    POST /_providers/alipay/payments/{r}/finish       {}: the time for refunds is over, TRADE_FINISHED
    POST /_providers/stripe/payments/{r}/chargeback   {"amount": 500, "end": "won|lost|open", "after": 86400,
                                                       "deliver": "now"}
    POST /_providers/stripe/payments/{r}/fraud-warning   {}: radar.early_fraud_warning.created
    POST /_providers/{p}/faults        {"next": 2, "fault": "timeout", "on": "refund"}; next 0 takes all back
        fault: timeout, slow, 500, 500_done, garbled, unsigned, notice_first (see faults.py)
        on:    create, query, close, refund, refund_query, bill, any
    GET  /_providers/{p}/faults        what is in store
    POST /_providers/{p}/resend        {"reference": "{r}"}: its last webhook again, under the same event id
    POST /_providers/wechatpay/signs-with   {"key": "certificate|public_key|both_in_turn"}
    POST /_providers/wechatpay/probe   {}: a notice with a wrong signature, as WeChat Pay sends them on purpose
    GET  /_providers/{p}/books         captured, refunded, pending, withdrawn, reinstated, fees
    POST /_providers/stripe/payouts    {"amount": 50000, "currency": "CNY"}: to the merchant's bank
    GET  /_providers/{p}/bills/{day}   the lines of that day's bill, be it ready or not, tampered with or not
    POST /_providers/{p}/bills/{day}/tamper    from now on, whenever that bill is written; see bills.py
        {"change": "missing",         needed: missing, doubled, altered, foreign
         "reference": "...",          of a payment, or a refund's number, or a dispute's id; else the first line
         "amount": 8801}              of what is altered, without a sign, or foreign; else one more, or 10000
    GET  /_providers/{p}/bills/{day}/tamper    what was done to it
    GET  /_providers/deliveries        webhooks that are queued, and those that were given up

How the modes of a refund look at each of them:

    mode                 alipay                          wechatpay                     stripe
    succeed              fund_change Y                   PROCESSING, 5 s later SUCCESS  succeeded
    pending              fund_change N, 30 s later done  30 s later SUCCESS            pending, 30 s later succeeded
    pending_then_failed  N; a repeat is refused          ABNORMAL, or CLOSED if the     pending, 30 s later failed
                                                         reason is not_allowed
    fail_for_good        40004 by the reason             403 or 400 by the reason      400 by the reason
    answer_lost          done, nobody answers            accepted, nobody answers      done, nobody answers
    bounce               a day later dback_status F;     a day later ABNORMAL          succeeded, a day later failed
                         the payer's balance has it
    fail_once            20000 ACQ.SYSTEM_ERROR          500 SYSTEM_ERROR              500, replayed for 24 h

Bills are served where each provider serves them: of Alipay from nine o'clock in Beijing on the day after, of WeChat Pay
from ten, of Stripe at once. Alipay and WeChat Pay give fees of refunds back, Stripe does not (movements.py).

``secret_json()`` is the text that the product finds in its secret of payment keys.
"""

from local.providers.keys import secret_json
from local.providers.street import Street

__all__ = ["Street", "secret_json"]
