"""Our code of a carrier, and what each tracker calls it. A carrier that a tracker's column lacks is not told to it.

Only names that the tracker itself has published stand here:

    kuaidi100       its list of company codes, as in its own demos (api.kuaidi100.com)
    AfterShip       its courier slugs (aftership.com/docs, Supported Couriers, Slug Groups)
    EasyPost        the carrier member of its Trackers (docs.easypost.com)
    17TRACK         the carrier keys of its API (api.17track.net)
"""

NAMES: dict[str, dict[str, str]] = {
    "kuaidi100": {
        "sf": "shunfeng",
        "yto": "yuantong",
        "zto": "zhongtong",
        "sto": "shentong",
        "yunda": "yunda",
        "jd": "jd",
        "ems": "ems",
        "jt": "jtexpress",
        "deppon": "debangkuaidi",
        "best": "huitongkuaidi",
    },
    "aftership": {
        "sf": "sf-express",
        "sto": "sto",
        "yunda": "yundaex",
        "ems": "china-ems",
        "best": "800bestex",
        "usps": "usps",
        "ups": "ups",
        "fedex": "fedex",
        "dhl": "dhl",
        "royal_mail": "royal-mail",
        "hermes": "myhermes-uk",
    },
    "easypost": {
        "usps": "USPS",
        "ups": "UPS",
        "fedex": "FedEx",
        "dhl": "DHLExpress",
        "royal_mail": "RoyalMail",
    },
    "seventeentrack": {
        "ems": "3013",
        "usps": "21051",
        "ups": "100002",
        "fedex": "100003",
        "dhl": "100001",
        "royal_mail": "11031",
    },
}
ALSO = {("kuaidi100", "debangwuliu"): "deppon"}  # The same waybill numbers, under an older name.
_OURS = ALSO | {
    (tracker, theirs.lower()): ours for tracker, names in NAMES.items() for ours, theirs in names.items()
}


def theirs(tracker: str, carrier: str) -> str:
    """What *tracker* calls our *carrier*; empty, where it does not know it.

    >>> theirs("kuaidi100", "sf"), theirs("easypost", "sf")
    ('shunfeng', '')
    """
    return NAMES[tracker].get(carrier, "")


def ours(tracker: str, name: str) -> str:
    """Our code of what *tracker* calls *name*, in whatever case; empty, where we do not know it.

    >>> ours("aftership", "sf-express"), ours("easypost", "usps"), ours("easypost", "Levitation")
    ('sf', 'usps', '')
    """
    return _OURS.get((tracker, name.lower()), "")
