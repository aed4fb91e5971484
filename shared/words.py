"""What people are told, in English and Chinese. One table for states, one for actions, one for refusals.

Codes are the contract; these sentences may change. ``tests/test_words.py`` checks that nothing lacks its words.
"""

from typing import NamedTuple


class Words(NamedTuple):
    en: str
    zh: str

    def spoken(self, language: str) -> str:
        return self.zh if language == "zh-CN" else self.en


class Refusal(NamedTuple):
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
    "pending_payment": Words("waiting for payment", "待付款"),
    "closing": Words("closing: the payment provider is being asked", "关闭中，正在向支付渠道确认"),
    "paid": Words("paid", "已付款"),
    "awaiting_payment": Words("waiting for payment", "待付款"),
    "awaiting_shipment": Words("waiting for shipment", "待发货"),
    "awaiting_receipt": Words("on its way", "待收货"),
    "completed": Words("completed", "已完成"),
    "cancelled": Words("cancelled", "已取消"),
    "open": Words("waiting for the payer", "等待付款人"),
    "succeeded": Words("succeeded", "成功"),
    "failed": Words("failed", "失败"),
    "closed": Words("closed", "已关闭"),
    "requested": Words("requested", "已申请"),
    "submitted": Words("accepted by the payment provider", "支付渠道处理中"),
    "needs_action": Words("refused by the payment provider: people are on it", "支付渠道拒绝，人工处理中"),
    "in_transit": Words("on its way", "运输中"),
    "received": Words("received", "已签收"),
    "waiting": Words("waiting for the end of the after-sale window", "等待售后期结束"),
    "settled": Words("settled", "已结算"),
}

ACTIONS = {
    "pay": Words("pay", "付款"),
    "cancel": Words("cancel", "取消订单"),
    "confirm_receipt": Words("confirm receipt", "确认收货"),
    "ship": Words("ship", "发货"),
}

NOT_NOW = Words("not possible while the order is: {state}", "当前状态不可操作：{state}")

REPEAT = Words("Repeat the request with the same Idempotency-Key.", "请使用相同的 Idempotency-Key 重试。")
CORRECT = Words("Correct the request and send it again.", "请修正请求后重新提交。")

REFUSALS = {
    "malformed_body": Refusal(Words("The body cannot be read", "无法读取请求内容"), CORRECT),
    "idempotency_key_missing": Refusal(
        Words("Idempotency-Key is missing", "缺少 Idempotency-Key"),
        Words("Choose a new random key for each command and send it in the header.", "请为每个操作生成新的随机键并放入请求头。"),
    ),
    "signature_invalid": Refusal(
        Words("The signature is not valid", "签名无效"),
        Words("Sign the raw body with the present secret and the present time.", "请使用当前密钥和当前时间对原始内容签名。"),
    ),
    "forbidden": Refusal(
        Words("Your role may not do this", "您的角色无权执行此操作"),
        Words("Sign in with another role.", "请使用其他角色登录。"),
    ),
    "not_found": Refusal(
        Words("Not found", "未找到"), Words("Check the number; it may belong to somebody else.", "请核对编号。")
    ),
    "transition_refused": Refusal(
        Words("Not possible in the present state", "当前状态不允许此操作"),
        Words("Read the order: allowed_actions says what is possible now.", "请重新读取订单，allowed_actions 列出了当前可执行的操作。"),
    ),
    "already_shipped": Refusal(
        Words("Already shipped", "订单已经出库"),
        Words("Cancel what is listed as cancellable, or return the goods after receipt.", "可取消 cancellable 中的商品，其余商品请收货后申请退货。"),
    ),
    "too_many_attempts": Refusal(
        Words("Too many payment attempts", "支付尝试次数过多"), Words("Place a new order.", "请重新下单。")
    ),
    "conflict": Refusal(Words("Somebody else was faster", "订单刚被修改"), REPEAT),
    "confirmation_required": Refusal(
        Words("Please confirm", "请再次确认"),
        Words("Send the request again with the member confirm of this answer.", "请携带本次返回的 confirm 字段再次提交。"),
    ),
    "body_too_large": Refusal(
        Words("The body is too large", "请求内容过大"), Words("Send at most 64 KB.", "最大 64 KB。")
    ),
    "unsupported_media_type": Refusal(
        Words("Only plain application/json is read", "仅支持 application/json"),
        Words("Send JSON, without Content-Encoding.", "请发送未压缩的 JSON。"),
    ),
    "invalid_request": Refusal(Words("Some fields are wrong", "部分字段有误"), CORRECT),
    "order_refused": Refusal(
        Words("The order cannot be placed as it is", "订单无法提交"),
        Words("Each problem says what can be done.", "请按各问题的提示处理。"),
    ),
    "idempotency_key_reused": Refusal(
        Words("This Idempotency-Key stood for another request", "该 Idempotency-Key 已用于其他请求"),
        Words("Choose a new key for a new request.", "新的请求请使用新的键。"),
    ),
    "not_yet": Refusal(
        Words("Not built yet", "功能尚未提供"), Words("Contact support for a return.", "退货请联系客服。")
    ),
    "unavailable": Refusal(Words("Something we need did not answer", "服务暂不可用"), REPEAT),
    "unknown_reference": Refusal(Words("We do not know this reference", "未知的支付单号"), REPEAT),
    # Problems of an order, listed together.
    "address_incomplete": Refusal(
        Words("The address is incomplete", "收货地址不完整"), Words("Fill in the missing fields.", "请补全缺少的信息。")
    ),
    "address_not_deliverable": Refusal(
        Words("We do not deliver there", "该地区不支持配送"), Words("Choose another address.", "请更换收货地址。")
    ),
    "sku_unknown": Refusal(
        Words("This product does not exist", "商品不存在"), Words("Remove the line.", "请移除该商品。")
    ),
    "sku_not_on_sale": Refusal(
        Words("This product is not on sale", "商品已下架"), Words("Remove the line.", "请移除该商品。")
    ),
    "sku_repeated": Refusal(
        Words("This product stands in two lines", "同一商品重复出现"), Words("Put the quantities together.", "请合并数量。")
    ),
    "currencies_mixed": Refusal(
        Words("These products are sold in different currencies", "商品币种不同"),
        Words("Order them separately.", "请分开下单。"),
    ),
    "stock_short": Refusal(
        Words("Fewer are left than you want", "库存不足"), Words("Order at most what is available.", "请减少购买数量。")
    ),
    "sold_out": Refusal(Words("Sold out", "已售罄"), Words("Remove the line, or come back later.", "请移除该商品或稍后再试。")),
    "too_many_stock_rows": Refusal(
        Words("Too many different products in one order", "单笔订单商品种类过多"),
        Words("Split it into several orders of at most 90 products.", "请拆分为多笔订单，每笔最多 90 种商品。"),
    ),
    "amount_too_large": Refusal(
        Words("The amount is too large", "金额过大"), Words("Split it into several orders.", "请拆分为多笔订单。")
    ),
    "price_changed": Refusal(
        Words("The price has changed", "价格已变动"),
        Words("Look at the new price and order again with it.", "请确认新价格后重新提交。"),
    ),
}  # fmt: skip
