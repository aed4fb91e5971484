"""What each role reads of parcels: where one is, why it is one, and what customs is told of it."""

from collections.abc import Mapping

from functions.answers import (
    CustomsView,
    DeclarationView,
    DeclaredLineView,
    MoneyView,
    ObstacleView,
    ParcelView,
    SeenView,
)
from shared.fulfilment.carriers.port import Checkpoint
from shared.fulfilment.customs import Declaration
from shared.fulfilment.progress import is_late
from shared.fulfilment.tracking import is_silent
from shared.instants import rfc3339
from shared.lifecycle import ParcelState
from shared.model import Parcel, SubOrder, WholeOrder
from shared.parcel_words import CUTS, OBSTACLES, PROGRESS, TRACKED, TRACKING_NOTES
from shared.store.tracks import Track
from shared.words import STATES

GRAMS_PER_KG, HOUR = 1000, 3600
OUR_COSTS = ("tariff",)  # What a cut of these dimensions says behind its colon is not the buyer's business.
UNSEEN = Track()
Tracks = Mapping[int, Track]  # By parcel.


def parcel_view(
    whole: WholeOrder,
    parcel: Parcel,
    *,
    now: int,
    language: str,
    tracks: Tracks | None = None,
    shows_cost: bool = False,
) -> ParcelView:
    """*tracks*: where its parcels were seen, if that was read. *shows_cost*: for whoever pays for it."""
    currency, track = whole.order.currency, (tracks or {}).get(parcel.number, UNSEEN)
    latest = track.latest
    progress = parcel.progress.partition(":")[0] if parcel.shipped_at is None else ""
    return ParcelView(
        parcel=parcel.number,
        state=parcel.state,
        state_text=STATES[parcel.state].spoken(language),
        warehouse=parcel.warehouse,
        reasons=[cut if shows_cost else told_to_buyers(cut) for cut in parcel.cuts],
        why=[text for cut in parcel.cuts if (text := why(cut, currency, language))],
        contents=dict(parcel.contents),
        goods=MoneyView(amount=parcel.goods_minor, currency=currency),
        freight=MoneyView(amount=parcel.freight_minor, currency=currency),
        cost=_cost(parcel, currency) if shows_cost else None,
        service=parcel.service or None,
        weight_grams=parcel.grams,
        progress=progress or None,
        progress_text=PROGRESS[progress].spoken(language) if progress in PROGRESS else None,
        carrier=parcel.carrier,
        waybill=parcel.waybill,
        shipped_at=_moment(parcel.shipped_at),
        deliver_by=_moment(_deliver_by(whole, parcel)),
        delivered_at=_moment(parcel.delivered_at),
        tracking=latest.status if latest else None,
        tracking_text=TRACKED[latest.status].spoken(language) if latest else None,
        tracking_notes=notes(whole, parcel, None if tracks is None else track, now=now, language=language),
        track=[seen_view(one, language) for one in track.checkpoints],
        refused=parcel.refused or None,
    )


def _cost(parcel: Parcel, currency: str) -> MoneyView:
    """What we reckon it costs us, in its tariff's currency, which need not be the order's."""
    return MoneyView(amount=parcel.cost_minor, currency=parcel.cost_currency or currency)


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else rfc3339(seconds)


def _deliver_by(whole: WholeOrder, parcel: Parcel) -> int | None:
    """When it shall have arrived, as it was promised: counted from when it left."""
    if parcel.shipped_at is None:
        return None
    return parcel.shipped_at + whole.snapshot.policy["delivery_promise_seconds"]


def seen_view(checkpoint: Checkpoint, language: str) -> SeenView:
    return SeenView(
        at=rfc3339(checkpoint.at),
        status=checkpoint.status,
        text=TRACKED[checkpoint.status].spoken(language),
        place=checkpoint.place,
    )


def notes(whole: WholeOrder, parcel: Parcel, track: Track | None, *, now: int, language: str) -> list[str]:
    """What its buyer should know beside where it was seen. Silence is judged only where the track was read."""
    said = []
    patience = whole.snapshot.policy["silence_seconds"]
    if is_late(whole, parcel, now):
        said.append(TRACKING_NOTES["warehouse_late"].spoken(language))
    if parcel.state is ParcelState.INCOMPLETE:
        said.append(TRACKING_NOTES["missing"].spoken(language))
    if parcel.state is ParcelState.TROUBLED:
        said.append(TRACKING_NOTES["in_trouble"].spoken(language))
    if parcel.state is ParcelState.IN_TRANSIT and parcel.claimed_at:
        said.append(TRACKING_NOTES["delivery_claimed"].spoken(language))
    if track is not None and parcel.state is ParcelState.IN_TRANSIT:
        if track.note:
            said.append(TRACKING_NOTES["not_followed"].spoken(language))
        elif is_silent(parcel, track, now=now, patience_seconds=patience):
            said.append(TRACKING_NOTES["silent"].spoken(language).format(hours=patience // HOUR))
    return said


def told_to_buyers(cut: str) -> str:
    """The reason as its code, without what it costs us.

    >>> told_to_buyers("tariff:1300<2600"), told_to_buyers("weight:2000")
    ('tariff', 'weight:2000')
    """
    dimension = cut.partition(":")[0]
    return dimension if dimension in OUR_COSTS else cut


def why(cut: str, currency: str, language: str) -> str:
    """The reason as a sentence; empty for a code that nobody gives any more.

    >>> why("customs_cap:500000", "CNY", "en")
    'One parcel through customs may be worth at most 5000.00 CNY.'
    >>> why("weight:30000", "CNY", "zh-CN")
    '合并后将超过承运重量上限 30 kg。'
    """
    dimension, _, value = cut.partition(":")
    words = CUTS.get(cut) or CUTS.get(dimension)
    return words.spoken(language).format(value=_shown(dimension, value, currency)) if words else ""


def _shown(dimension: str, value: str, currency: str) -> str:
    match dimension:
        case "weight":
            kilograms, grams = divmod(int(value), GRAMS_PER_KG)
            return f"{value} g" if grams else f"{kilograms} kg"
        case "volume":
            return f"{value} cm3"
        case "customs_cap":
            return f"{int(value) // 100}.{int(value) % 100:02} {currency}"
        case "category":
            return ", ".join(value.split("|"))
    return value


def obstacle_view(sub_order: SubOrder, language: str) -> ObstacleView | None:
    """Why a paid sub-order cannot be sent as it is."""
    code, _, skus = sub_order.obstacle.partition(":")
    words = OBSTACLES.get(code)
    if words is None:
        return None
    return ObstacleView(
        code=code,
        reason=words.title.spoken(language),
        next_steps=[words.next_steps.spoken(language)],
        skus=skus.split(),
    )


def customs_view(whole: WholeOrder, declared: tuple[Declaration, ...]) -> CustomsView:
    return CustomsView(
        order_id=whole.order.order_id, declarations=[_declaration(whole, one) for one in declared]
    )


def _declaration(whole: WholeOrder, declared: Declaration) -> DeclarationView:
    def money(amount: int) -> MoneyView:
        return MoneyView(amount=amount, currency=whole.order.currency)

    payment = declared.payment
    return DeclarationView(
        number=declared.number,
        parcel=declared.parcel.number,
        carrier=declared.parcel.carrier,
        waybill=declared.parcel.waybill,
        lines=[
            DeclaredLineView(
                sku=line.sku,
                name=line.name,
                hs_code=line.hs_code,
                origin=line.origin,
                quantity=line.quantity,
                unit_value=money(line.unit_value_minor),
                paid=money(line.paid_minor),
            )
            for line in declared.lines
        ],
        value=money(declared.value_minor),
        freight=money(declared.freight_minor),
        payment_provider=payment.provider if payment else None,
        payment_number=payment.transaction_id if payment else None,
        paid=money(payment.amount_minor) if payment else None,
        mismatches=list(declared.mismatches),
    )
