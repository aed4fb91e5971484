"""What people read of a return policy: beside a line, and for a product that nobody has bought yet."""

from pydantic import BaseModel

from functions.answers import ExclusionView, MoneyView, ReturnTermsView
from shared.aftersale.return_policy import Reason, ReturnPolicy, window_ends
from shared.instants import rfc3339
from shared.ordering.returns import Exclusion, Published


class SkuReturnPolicyView(BaseModel):
    """What holds for whoever buys the product now, as a member of *level*."""

    sku: str
    merchant_id: str
    category: str
    level: str
    returns: ReturnTermsView


def return_terms_view(
    policy: ReturnPolicy, currency: str, *, received_at: int | None = None
) -> ReturnTermsView:
    """*received_at* None: it was not received, and no window has begun."""

    def until(days: int) -> str | None:
        return None if received_at is None else rfc3339(window_ends(received_at, days))

    return ReturnTermsView(
        policy=policy.policy_id,
        version=policy.version,
        returnable=policy.is_returnable,
        exclusion=policy.exclusion or None,
        window_days=policy.window_days,
        quality_window_days=policy.quality_window_days,
        until=until(policy.window_days),
        quality_until=until(policy.quality_window_days),
        kinds=list(policy.kinds),
        evidence_for=list(policy.evidence_for),
        freight_payer={reason: policy.payer_of(reason) for reason in Reason},
        freight_max=MoneyView(amount=policy.freight_max_minor, currency=currency),
        decision_seconds=policy.decision_seconds,
        waybill_seconds=policy.waybill_seconds,
        inspection_seconds=policy.inspection_seconds,
        answer_seconds=policy.answer_seconds,
        refund_promise_seconds=policy.refund_promise_seconds,
    )


def sku_return_policy_view(published: Published) -> SkuReturnPolicyView:
    sku = published.sku
    return SkuReturnPolicyView(
        sku=sku.sku,
        merchant_id=sku.merchant_id,
        category=sku.category,
        level=published.level,
        returns=return_terms_view(published.policy, sku.currency),
    )


def exclusion_views(exclusions: tuple[Exclusion, ...]) -> list[ExclusionView]:
    return [ExclusionView(sku=one.sku, exclusion=one.exclusion) for one in exclusions]
