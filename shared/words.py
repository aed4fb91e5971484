"""What people are told, in English and Chinese. One table for states, one for actions.

Why a payment failed stands in ``shared.payment_words``, what is said of parcels in ``shared.parcel_words``,
of refusals in ``shared.refusals``.
Codes are the contract; these sentences may change. ``tests/test_words.py`` checks that nothing lacks its words.
"""

from typing import NamedTuple


class Words(NamedTuple):
    en: str
    zh: str

    def spoken(self, language: str) -> str:
        return self.zh if language == "zh-CN" else self.en


class Refusal(NamedTuple):
    """Why not, and what to do."""

    title: Words
    next_steps: Words


def preferred_language(accept_language: str | None) -> str:
    """Return ``zh-CN`` or ``en``, whichever the header prefers. Quality values decide, then the first named.

    >>> preferred_language("zh-CN,zh;q=0.9,en;q=0.8"), preferred_language("fr, en;q=0.5"), preferred_language(None)
    ('zh-CN', 'en', 'en')
    """
    best, best_quality = "en", 0
    for part in (accept_language or "").split(",")[:20]:
        tag, _, quality = "".join(part.split()).lower().partition(";q=")
        language = {"zh": "zh-CN", "en": "en"}.get(tag.partition("-")[0])
        thousandths = _thousandths(quality or "1")
        if language and thousandths > best_quality:
            best, best_quality = language, thousandths
    return best


def _thousandths(text: str) -> int:
    """A quality value of RFC 9110 (0 to 1, at most three decimals) as a whole number; nonsense counts as 0."""
    whole, _, decimals = text.partition(".")
    digits = whole + decimals.ljust(3, "0")[:3]
    return int(digits) if digits.isascii() and digits.isdigit() and len(whole) == 1 else 0


STATES = {
    "placing": Words("being placed: the goods are being held", "下单处理中，正在锁定库存"),
    "pending_payment": Words("waiting for payment", "待付款"),
    "closing": Words("closing: the payment provider is being asked", "关闭中，正在向支付渠道确认"),
    "paid": Words("paid", "已付款"),
    "awaiting_payment": Words("waiting for payment", "待付款"),
    "separated": Words("moved to an order of its own", "已拆分为独立订单"),
    "under_review": Words("being checked before shipment", "审核中"),
    "escalated": Words("being checked by an operator before shipment", "审核已升级至运营"),
    "awaiting_shipment": Words("waiting for shipment", "待发货"),
    "intercepting": Words(
        "being stopped: the warehouse is asked whether it still can", "拦截中，正在向仓库确认"
    ),
    "awaiting_receipt": Words("on its way", "待收货"),
    "delivered": Words("delivered", "已送达"),
    "completed": Words("completed", "已完成"),
    "cancelled": Words("cancelled", "已取消"),
    "refused": Words("refused by the shop: alternatives are offered", "商家已拒绝，可选替代方案"),
    "awaiting_return": Words("approved: waiting for the goods to be sent back", "已同意，待寄回"),
    "inspecting": Words("being inspected", "验收中"),
    "assessed": Words("inspected, with a deduction", "验收有扣减，待确认"),
    "disputed": Words("being decided by the platform", "平台处理中"),
    "replacing": Words("being replaced", "换补处理中"),
    "open": Words("waiting for the payer", "等待付款人"),
    "succeeded": Words("succeeded", "成功"),
    "failed": Words("failed", "失败"),
    "closed": Words("closed", "已关闭"),
    "requested": Words("requested", "已申请"),
    "submitted": Words("accepted by the payment provider", "支付渠道处理中"),
    "needs_action": Words("refused by the payment provider: people are on it", "支付渠道拒绝，人工处理中"),
    "covered": Words("taken back by the payer's bank", "已由付款人银行追回"),
    "pending": Words("disputed: the payer's bank has not decided yet", "拒付争议中，等待银行裁决"),
    "won": Words("the payer's bank decided for the shop", "银行裁决商家胜诉"),
    "lost": Words("the payer's bank took the money back", "银行裁决款项退回付款人"),
    "pushing": Words("being handed to the warehouse", "正在下发仓库"),
    "at_warehouse": Words("at the warehouse", "仓库处理中"),
    "in_transit": Words("on its way", "运输中"),
    "troubled": Words("in trouble: people look for it", "运输异常，人工处理中"),
    "returning": Words("on its way back", "退回中"),
    "returned": Words("back at its sender, and not counted yet", "已退回，待清点"),
    "came_back": Words("came back", "已退回入库"),
    "incomplete": Words("came back in part: what is missing is looked for", "部分退回，缺失商品查找中"),
    "written_off": Words("lost, and refunded", "已确认丢失并退款"),
    "received": Words("received", "已签收"),
    "waiting": Words("waiting for the end of the after-sale window", "等待售后期结束"),
    "settled": Words("settled", "已结算"),
    "done": Words("done", "已完成"),
    "dropped": Words("dropped", "已放弃"),
}

COUPON_STATES = {
    "available": Words("available", "可用"),
    "locked": Words("held by an order that is not paid yet", "已被未付款订单占用"),
    "used": Words("used", "已使用"),
    "expired": Words("expired", "已过期"),
    "not_yet_valid": Words("not valid yet", "未到使用时间"),
}

COUPON_KINDS = {
    "platform": Words("for goods of every shop", "平台券"),
    "shop": Words("for goods of one shop", "店铺券"),
    "category": Words("for goods of some categories", "品类券"),
    "item": Words("for some products", "单品券"),
}

ACTIONS = {
    "pay": Words("pay", "付款"),
    "cancel": Words("cancel", "取消订单"),
    "separate": Words("pay or cancel one merchant's part alone", "单独支付或取消部分商家的商品"),
    "confirm_receipt": Words("confirm receipt", "确认收货"),
    "extend_receipt": Words("have more time to receive it", "延长收货"),
    "refuse_delivery": Words("refuse the delivery", "拒收"),
    "ship": Words("ship", "发货"),
    "receive_return": Words("count what came back", "清点退货"),
    "approve": Words("approve", "审核通过"),
    "reject": Words("reject and refund", "审核拒绝并退款"),
    "withdraw": Words("withdraw the request", "撤销申请"),
    "accept_alternative": Words("accept an alternative", "接受替代方案"),
    "accept_assessment": Words("agree with the inspection", "同意验收结果"),
    "enter_waybill": Words("enter the waybill of the parcel sent back", "填写退货运单号"),
    "call_platform": Words("call the platform", "申请平台介入"),
    "refuse": Words("refuse, with a reason and an alternative", "拒绝并提供替代方案"),
    "inspect": Words("inspect what came back", "验收退货"),
    "rule": Words("decide the dispute", "裁决纠纷"),
    "correct_waybill": Words("correct the waybill of what is sent back", "更正退货运单号"),
    "show_evidence": Words("show more evidence", "补充凭证"),
    "pay_in_advance": Words("pay the buyer in advance", "先行赔付"),
}

NOT_NOW = Words("not possible while the order is: {state}", "当前状态不可操作：{state}")
