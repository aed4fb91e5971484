"""Warehouses on a laptop: they take our parcels, pick, pack and ship them through virtual time, and report, signed.

They share no code with the product: they verify what we sign, and sign what they say, by themselves. Every name of
a warehouse is served. Nothing is drawn by lot.

What the product calls, with ``Ordercycle-Signature``::

    POST /_warehouses/{w}/fulfillments                       take a parcel
    POST /_warehouses/{w}/fulfillments/{id}/cancellation     stop it, if you still can
    GET  /_warehouses/{w}/fulfillments/{id}                  how does it stand?
    POST /_warehouses/{w}/returns                            something will come back

What they call, with the same signature: ``POST /webhooks/warehouses/{w}`` with process.reported,
fulfillment.confirmed, fulfillment.cancelled, return.arrived and return.received. Without a 2xx it comes again, for 24
hours.

    pushed      accepted at once, picking after 10 minutes, packed after 20, shipped after 30
    cancelled   before it shipped: accepted; afterwards: rejected
    returned    comes in after three days, all of it good
    for a case  comes in three days after its waybill is told, and is inspected after an hour: all of it good

The desk: JSON forms without a signature; every member is optional unless it says otherwise, unknown ones are refused.

    POST /_warehouses/{w}/mode           how this warehouse works, what is in its hands included; {} is as above
    POST /_warehouses/{w}/mode/{id}      the same for one parcel, or one return, also before it is pushed; this wins
        {"push": "accept",               or unknown_sku, out_of_stock, address, closed: refused with this reason
         "times": {"accepted": 0, "picking": 600, "packed": 1200, "shipped": 1800},
                                         seconds after the push; null: it never comes that far
         "packages": "together",         or by_line, by_unit
         "apart_seconds": 0,             between two packages: then each is confirmed on its own
         "short": [{"line": 1, "units": 1}],   what is not found on the shelf
         "final_after": 0,               0: the last package is final; seconds: an empty final message comes later;
                                         null: never
         "weight_grams": 500,            of each package; told only if given
         "carrier": "sf",                what it sends by, where nobody told it
         "cancel": "by_state",           or reject, pending_then_accept, pending_then_reject, pending_then_ship
                                         (it ships, and never answers), lost_accept, lost_reject (done, and 504),
                                         accept_but_ship (it lies)
         "pending_seconds": 300,         after so long a pending cancellation is decided
         "reports": true,                false: it does what it does, and tells nobody
         "deliver": "now",               or twice, never, seconds, a list of seconds (one webhook each), reversed (all
                                         are held back until it has shipped or stopped, then the last comes first),
                                         or an object with one of these for each type of message
         "return_after": 259200,         null: it never comes
         "return_grade": "good",         or defect, scrap
         "return_missing": [{"line": 1, "units": 1}],   what is not in the parcel that comes back
         "return_rate_pct": 100,         of a case: less, and it says that the goods are worn
         "inspect_after": 3600}          of a case, after it came in; null: never
    POST /_warehouses/{w}/step/{id}      {}: the next step, now
    POST /_warehouses/{w}/arrivals/{return_id}
        {"lines": [{"line": 1, "good": 1, "defect": 1, "scrap": 0}],      needed
         "deliver": "now"}
    POST /_warehouses/{w}/faults         {"next": 2, "fault": "503", "on": "push"}; next 0 takes all back
        fault: timeout (it never arrives), answer_lost (done, and 504), slow (done, nobody answers),
               503 (not done), garbled (done, the answer breaks off), notice_first (its webhooks overtake the answer)
        on:    push, cancel, query, return, any
        about: an order's, a parcel's or a return's number: then only calls that name it, and next 0 takes back
               what is about it
    POST /_warehouses/{w}/resend         {"about": "{id}"}: its last webhook again, under the same event id
    POST /_warehouses/{w}/say            {"event": {...}}: an authentic message with whatever content
    POST /_warehouses/{w}/forgery        {"event": {...}}: the same, signed by somebody else
    POST /_warehouses/{w}/signs-with     {"key": "today|next|both"}
    GET  /_warehouses/{w}                what it holds
    GET  /_warehouses/books              units asked, shipped, cancelled, missing, open and received, by SKU
    GET  /_warehouses/deliveries         webhooks that are queued, and those that were given up

How a parcel stands, as ``GET`` tells it::

    submitted ► accepted ► picking ► packed ► shipped     (the final confirmation is out; before it: packed)
                                            └► closed     (final, and nothing was found on the shelf)
    cancellation_requested ► cancelled | cancellation_rejected ► shipped
"""

from local.warehouses.yard import Warehouses

__all__ = ["Warehouses"]
