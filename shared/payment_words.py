"""Why a payment or a refund failed, and what to do. Keys are ``shared.payment.facts.FAILURES``."""

from shared.words import Refusal, Words

PAYMENT_FAILURES = {
    "insufficient_balance": Refusal(
        Words("The balance is too low.", "余额不足。"),
        Words("Pay again with more balance, or choose another method.", "请充值后重试，或更换支付方式。"),
    ),
    "wrong_password": Refusal(
        Words("The payment password was wrong.", "支付密码错误。"),
        Words("Try again, or choose another method.", "请重试，或更换支付方式。"),
    ),
    "card_declined": Refusal(
        Words("The card was declined by its bank.", "银行卡被发卡行拒绝。"),
        Words("Use another card or method, or ask your bank.", "请更换银行卡或支付方式，或联系发卡行。"),
    ),
    "card_expired": Refusal(
        Words("The card has expired.", "银行卡已过期。"),
        Words("Use another card or method.", "请更换银行卡或支付方式。"),
    ),
    "card_invalid": Refusal(
        Words("The card's details are not right.", "银行卡信息有误。"),
        Words(
            "Check number, date and code, or use another card.", "请核对卡号、有效期和安全码，或更换银行卡。"
        ),
    ),
    "authentication_failed": Refusal(
        Words("The bank could not confirm that it is you.", "银行身份验证未通过。"),
        Words("Try again and confirm, or choose another method.", "请重试并完成验证，或更换支付方式。"),
    ),
    "limit_exceeded": Refusal(
        Words("The amount is over a limit of this method.", "超出该支付方式的限额。"),
        Words("Raise the limit, or choose another method.", "请调整限额，或更换支付方式。"),
    ),
    "suspected_fraud": Refusal(
        Words("The provider refused this payment for safety.", "支付渠道出于安全原因拒绝了该笔支付。"),
        Words("Choose another method.", "请更换支付方式。"),
    ),
    "closed_by_payer": Refusal(
        Words("The payment was not finished.", "支付未完成。"),
        Words("Pay again before the deadline.", "请在截止时间前重新支付。"),
    ),
    "account_closed": Refusal(
        Words("The account or card to refund to exists no more.", "原退款账户或银行卡已失效。"),
        Words("Support will find another way to send the money.", "客服将通过其他途径退款。"),
    ),
    "balance_short": Refusal(
        Words("The shop's account at the provider is short.", "商户在支付渠道的余额不足。"),
        Words("Nothing to do: the shop will send it again.", "无需操作，商户将重新发起退款。"),
    ),
    "too_late": Refusal(
        Words("The provider's time for refunds is over.", "已超过支付渠道的退款期限。"),
        Words("Support will find another way to send the money.", "客服将通过其他途径退款。"),
    ),
    "too_many_parts": Refusal(
        Words("The provider makes no more refunds of this payment.", "该笔支付的退款次数已达上限。"),
        Words("Support will find another way to send the money.", "客服将通过其他途径退款。"),
    ),
    "amount_refused": Refusal(
        Words("The provider refused this amount.", "支付渠道拒绝了该金额。"),
        Words("Support is looking into it.", "客服正在核实。"),
    ),
    "not_allowed": Refusal(
        Words("The provider refused.", "支付渠道拒绝了该请求。"),
        Words("Choose another method, or ask support.", "请更换支付方式，或联系客服。"),
    ),
    "unknown": Refusal(
        Words("It failed for a reason that the provider does not tell.", "失败原因未知。"),
        Words("Try again, or choose another method.", "请重试，或更换支付方式。"),
    ),
}
