"""What merchants read of their money: lines of statements, what a settlement is made of, and payouts.

A line that has no words here is shown by its code: a voucher of a later release.
"""

from shared.words import Refusal, Words

LINES = {  # By kind: of ``shared.ledger.statements``, or of the voucher that a claim stands on.
    "settled": Words("sales that were settled", "订单结算"),
    "commission_billed": Words("commission billed afterwards", "后结佣金"),
    "reserve_released": Words("reserve released", "保证金释放"),
    "payout_asked": Words("withdrawal", "提现"),
    "payout_failed": Words("withdrawal that failed, credited again", "提现失败退回"),
    "refund_requested": Words("refunds after settlement", "结算后退款扣回"),
    "refund_found": Words("refunds made at the payment provider", "支付渠道直接退款扣回"),
    "refund_failed": Words("refunds that could not be given", "退款失败返还"),
    "refund_covered": Words("refunds that the payer's bank had made already", "银行已退款项返还"),
    "clawed_back": Words("shares that a refund after settlement changed", "结算后退款的分账调整"),
    "dispute_lost": Words("chargebacks that were lost", "拒付扣回"),
    "advance_recovered": Words("what the platform had paid in advance", "先行赔付追偿"),
    "postage": Words("postage of goods sent back", "退货运费扣回"),
}

BREAKDOWN = {
    "gross": Words("list price of what was kept", "商品原价"),
    "discounts": Words("promotions, borne by the shop", "商家优惠"),
    "reduced": Words("reductions of the price", "降价补差"),
    "coupon_merchant": Words("coupons, the shop's part", "优惠券商家承担"),
    "coupon_platform": Words("coupons, paid by the platform", "优惠券平台承担"),
    "points": Words("points, paid by the platform", "积分抵扣平台承担"),
    "goods": Words("paid by buyers for goods", "买家实付货款"),
    "freight": Words("paid by buyers for sending them", "买家实付运费"),
    "withheld": Words("kept for damage", "验损扣留"),
    "given_back": Words("given back for no goods", "仅退款"),
    "kept": Words("released from escrow", "担保资金释放"),
    "commission": Words("commission", "平台佣金"),
    "commission_withheld": Words("commission taken at once", "先扣佣金"),
    "reserve": Words("kept in reserve", "保证金留存"),
    "payable": Words("paid into the account", "入账金额"),
}

PAYOUT_STATES = {
    "asked": Words("waiting for the bank", "待打款"),
    "paid": Words("paid", "已打款"),
    "failed": Words("failed: the money is in the account again", "打款失败，款项已退回账户"),
}

PAYOUT_NEXT = {
    "asked": Words("An operator has the bank send it.", "等待平台财务打款。"),
    "paid": Words(
        "Nothing: look for the bank reference in your account.", "无需操作，请凭银行流水号核对到账。"
    ),
    "failed": Words("Put right what failure names, and withdraw again.", "请按 failure 提示处理后重新提现。"),
}

PAYOUT_FAILURES = {
    "wrong_account": Refusal(
        Words("The bank does not know this account", "银行账号有误"),
        Words("Give the platform the right account.", "请向平台更正银行账号。"),
    ),
    "account_closed": Refusal(
        Words("The account is closed", "银行账户已注销"),
        Words("Give the platform another account.", "请向平台提供其他银行账户。"),
    ),
    "name_differs": Refusal(
        Words("The account has another holder", "户名不符"),
        Words("Give the platform an account in the shop's own name.", "请提供与商家主体一致的账户。"),
    ),
    "bank_refused": Refusal(
        Words("The bank refused the transfer", "银行拒绝该笔转账"),
        Words("Ask your bank, then withdraw again.", "请咨询开户行后重新提现。"),
    ),
    "other": Refusal(
        Words("It could not be sent", "打款未成功"),
        Words("Ask the platform's finance people.", "请联系平台财务。"),
    ),
}

DEEDS = {
    "withdraw": Words("withdraw", "提现"),
    "pay_out": Words("note that the bank has sent it", "登记已打款"),
    "fail": Words("note that it could not be sent", "登记打款失败"),
}

NEXT_STATEMENT = Words(
    "What is settled today is in the next statement, which is drawn up after midnight in China.",
    "今日结算的款项将列入次日（北京时间零点后）出具的对账单。",
)

SETTLEMENT_REFUSALS = {  # Of ``shared.refusals``.
    "account_negative": Refusal(
        Words("The account owes more than it has", "账户余额为负"),
        Words(
            "What is settled next makes up for it; then withdraw.", "后续结算款将先行抵扣，抵扣后方可提现。"
        ),
    ),
    "nothing_to_withdraw": Refusal(
        Words("There is nothing to withdraw", "暂无可提现余额"),
        Words(
            "Wait for the next statement, after midnight in China.", "请等待次日（北京时间）出具的对账单。"
        ),
    ),
    "withdrawal_too_small": Refusal(
        Words("So little is not sent", "低于最低提现金额"),
        Words("Withdraw at least minimum.", "请提现不低于 minimum 的金额。"),
    ),
    "withdrawal_too_large": Refusal(
        Words("So much is not there", "超过可提现余额"),
        Words("Withdraw at most withdrawable.", "请提现不超过 withdrawable 的金额。"),
    ),
    "too_many_withdrawals": Refusal(
        Words("So many withdrawals wait for the bank", "待打款的提现过多"),
        Words("Wait until some are paid.", "请等待部分提现完成。"),
    ),
    "payout_ended": Refusal(
        Words("This payout has ended", "该笔打款已完结"),
        Words("Read the list again: state says how.", "请重新读取列表，state 说明结果。"),
    ),
}
