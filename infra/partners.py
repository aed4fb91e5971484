"""What stands behind shipping: the keys of warehouses and trackers, who holds them, and who is told of trouble."""

from aws_cdk import Duration
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.alarms import Alarms, told_by_us
from infra.stage import Config

# Started afresh by functions/keys.py when keys are exchanged (infra.payments).
PARTNER_KEY_HOLDERS = ("fulfilment", "carrier_callback", "warehouse_callback")

FIVE_MINUTES = Duration.minutes(5)
REFUSED_MAX = 20  # In five minutes: somebody knocks, or a key is wrong.
NOT_FOLLOWED_MAX = 5  # In five minutes. One number that its carrier does not know yet is no reason to get up.


class PartnerKeys(secretsmanager.Secret):
    """The keys of all warehouses and trackers as one JSON text (shared/fulfilment/partner_keys.py says how it looks).

    It begins empty, so every partner is off. An operator fills it in; a later deployment leaves it as it is.
    """

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(
            scope,
            id,
            description="Ordercycle: what warehouses and trackers sign with, and what we sign with.",
            secret_object_value={},
            removal_policy=config.removal_policy,
        )


def watch_partners(alarms: Alarms) -> None:
    """Ring for what warehouses and trackers do wrong, and for keys that cannot be used."""
    _watch_warehouses(alarms)
    _watch_trackers(alarms)
    alarms.watch(
        "Partner keys cannot be used",
        metric=told_by_us("PartnerKeysUnusable", "Sum"),
        says="A function could not read the keys of warehouses and trackers and goes on with those before them.",
        runbook="partner-keys",
    )


def _watch_trackers(alarms: Alarms) -> None:
    """What nobody signed, and parcels that nobody follows."""
    alarms.watch(
        "Tracking is refused",
        metric=told_by_us("TrackingRefused", "Sum", FIVE_MINUTES),
        threshold=REFUSED_MAX,
        says="Twenty messages of trackers within five minutes were not signed as they must be.",
        runbook="tracking-refused",
    )
    alarms.watch(
        "Parcels are not followed",
        metric=told_by_us("ParcelNotFollowed", "Sum", FIVE_MINUTES),
        threshold=NOT_FOLLOWED_MAX,
        says="Five parcels within five minutes are on their way, and the tracker does not follow them.",
        runbook="parcels-not-followed",
    )


def _watch_warehouses(alarms: Alarms) -> None:
    """What nobody signed, what cannot be, and what is not said."""
    alarms.watch(
        "Warehouse messages are refused",
        metric=told_by_us("WarehouseRefused", "Sum", FIVE_MINUTES),
        threshold=REFUSED_MAX,
        says="Twenty messages of warehouses within five minutes were not signed as they must be.",
        runbook="warehouse-messages",
    )
    alarms.watch(
        "Warehouse messages do not fit",
        metric=told_by_us("WarehouseMisfit", "Sum"),
        says="A warehouse told something that cannot be of a parcel. Nothing was written; it tells it again for a day.",
        runbook="warehouse-messages",
    )
    alarms.watch(
        "Warehouses do not answer",
        metric=told_by_us("WarehouseSilent", "Sum"),
        says="A warehouse's system has not said for a day whether it has a parcel, or whether it could stop it.",
        runbook="warehouses-silent",
    )
