"""Four trackers on a laptop: they follow parcels through virtual time, answer questions, and push what they see.

They share no code with the product. Each speaks as its vendor documents it; nothing is drawn by lot. What the product
calls lies below ``/_trackers/{tracker}``, as below the vendor's own address::

    kuaidi100      POST /poll (subscribe), POST /poll/query.do
    aftership      POST /tracking/{version}/trackings, GET /tracking/{version}/trackings?tracking_numbers=
    easypost       POST /v2/trackers, GET /v2/trackers?tracking_code=, GET /v2/trackers/{id}
    seventeentrack POST /track/{version}/register, POST /track/{version}/gettrackinfo

What they call: ``POST /webhooks/carriers/{tracker}``, kuaidi100 the path of the callback address that the subscription
gave; signed as each signs. A tracker speaks only of what was subscribed. A parcel that was subscribed, and of which
the desk said nothing, is picked up after 2 hours, in transit after 10, out for delivery after 46, delivered after 50.

The desk: JSON forms; every member is optional unless it says otherwise, and an unknown one is refused. Without a
*tracker* all that know the parcel are meant.

    POST /_trackers/{waybill}/journey   from now on; also before it is subscribed, then a tracker is needed
        {"tracker": "kuaidi100",
         "carrier": "shunfeng",         as the tracker calls it; otherwise the subscription's
         "journey": "delivered",        or direct, silent, exception, refused, returned, lost, pickup, attempted,
                                        customs, expired, delivered_then_exception
         "speed": 60,                   seconds from one step to the next, in place of the journey's hours
         "deliver": "now"}              or twice, never, seconds, a list of seconds (one push each), reversed (all are
                                        held back until the journey's end, then the last comes first)
    POST /_trackers/{waybill}/event     {"what": "delivered", "at": 1800000000}: one more thing that it sees; at may
                                        lie before others; what is a step of a journey, or unknown: a code that
                                        nobody has documented
    POST /_trackers/{waybill}/forgery   {"tracker": "aftership", "what": "delivered"}: a push that somebody else signed
    POST /_trackers/{waybill}/resend    {}: its last push again
    POST /_trackers/{tracker}/faults    {"next": 2, "fault": "timeout", "on": "query"}; next 0 takes all back
        fault: timeout (it never arrives), slow (done, nobody answers), 500 (not done), 500_done, garbled,
               refused (it will not follow this parcel), unauthorized
        on:    subscribe, query, any
        about: a waybill: then only calls that name it, and next 0 takes back what is about it
    GET  /_trackers/{tracker}/faults    what is in store
    GET  /_trackers/books               what is followed, and what was seen
    GET  /_trackers/deliveries          pushes that are queued, and those that were given up
"""

from local.trackers.office import Trackers

__all__ = ["Trackers"]
