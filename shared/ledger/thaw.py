"""What is still held of an order, and will be when its provider lets it go by itself.

Held money does not wait for ever. WeChat Pay releases what was frozen to be shared (分账, ``profit_sharing=true``)
after 30 days, of some products (平台收付通, 连锁品牌) after 180; Alipay what was frozen for royalties
(``royalty_freeze=true``) after 30. Whatever was not settled by then leaves our hands without us.
"""

from collections.abc import Mapping

from shared.lifecycle import OrderState, SettlementState
from shared.model import SubOrder, WholeOrder

DAY = 86_400


def freeze_days(provider: str, policy: Mapping[str, int]) -> int:
    """How long *provider* holds a payment; 0: it holds none.

    >>> freeze_days("wechatpay", {"wechatpay_freeze_days": 30}), freeze_days("stripe", {})
    (30, 0)
    """
    return policy.get(f"{provider}_freeze_days", 0)


def held(whole: WholeOrder) -> tuple[SubOrder, ...]:
    """The parts whose money is in escrow: paid, not given back, not settled."""
    if whole.order.state is not OrderState.PAID:
        return ()
    settled = {s.number for s in whole.settlements if s.state is SettlementState.SETTLED}
    return tuple(part for part in whole.sub_orders if part.kept_minor > 0 and part.number not in settled)


def thawing(whole: WholeOrder, thaws_at: int) -> tuple[int, ...]:
    """The numbers of the parts that are held now, and will be at *thaws_at*, as far as anybody can see."""
    due = {s.number: s.due_at for s in whole.settlements if s.due_at is not None}
    return tuple(
        part.number
        for part in held(whole)
        if whole.is_disputed or whole.has_open_case(part.number) or due.get(part.number, thaws_at) >= thaws_at
    )
