"""What is said of the register's entries, in English and Chinese. Codes are the contract; these may change."""

from shared.words import Words

TROUBLES = {
    "payment_failed": Words("A payment failed, and the order is not paid", "支付失败，订单尚未付款"),
    "payment_not_closed": Words(
        "A provider does not say whether a payment page is closed", "支付渠道未确认支付页面已关闭"
    ),
    "money_quarantined": Words(
        "Money came, or went, that fits nothing we asked for", "到账或退出的款项与订单不符，已隔离"
    ),
    "webhook_quarantined": Words("Genuine money is for no order that we know", "真实款项找不到对应订单"),
    "fraud_warned": Words("The card's issuer suspects fraud", "发卡行提示疑似欺诈"),
    "chargeback": Words("The payer's bank is asked to take the money back", "付款人银行发起拒付"),
    "refund_unknown": Words("A provider does not say how a refund ended", "支付渠道未告知退款结果"),
    "refund_refused": Words("A provider refused a refund that is owed", "应退款项被支付渠道拒绝"),
    "favour_waiting": Words("A favour waits for a second person", "大额补偿等待第二人复核"),
    "review_overdue": Words("Nobody decided on a review in time", "审核超时未处理"),
    "split_refused": Words("A paid order cannot be sent as it is", "已付款订单无法按现状发货"),
    "address_unclear": Words("The address cannot be delivered to as it is", "收货地址不清，无法派送"),
    "shipment_late": Words("It was not shipped in time", "未按承诺时间发货"),
    "push_late": Words("A warehouse does not say that it has a parcel", "仓库未确认接收包裹"),
    "warehouse_silent": Words(
        "A warehouse has a parcel and does not say that it sent it", "仓库迟迟未反馈发货"
    ),
    "push_refused": Words("A warehouse's system refused a parcel", "仓库系统拒收包裹"),
    "intercept_late": Words("A warehouse does not say whether it could stop", "仓库未答复拦截结果"),
    "goods_not_found": Words(
        "A warehouse did not find goods that it should hold", "仓库缺货，未找到应有商品"
    ),
    "stock_move_late": Words("Stock of a very long order does not get moved", "超长订单的库存变动未完成"),
    "stock_drift": Words("A counter of stock is not what its movements say", "库存数量与流水不符"),
    "tracking_silent": Words("Nobody has seen a parcel for long", "包裹长时间无物流信息"),
    "parcel_troubled": Words("A parcel is damaged, held or lost", "包裹破损、滞留或丢失"),
    "refused_delivery": Words("A parcel was refused, or is on its way back", "包裹被拒收或正在退回"),
    "return_late": Words("A parcel on its way back is not counted in time", "退回包裹超时未清点"),
    "return_short": Words("Fewer units came back than were sent", "退回数量少于发出数量"),
    "wrong_goods": Words("The buyer got other goods than were ordered", "买家收到的商品与订单不符"),
    "missing_goods": Words("The buyer did not get all of it", "买家少收或未收到商品"),
    "inspection_late": Words("Returned goods were not judged in time", "退货超时未验收"),
    "dispute_late": Words("A dispute was not ruled in time", "纠纷超时未裁决"),
    "goods_unawaited": Words("Goods came back for a case that did not wait for them", "收到未在等待中的退货"),
    "case_late": Words("Goods of an after-sale case are long on their way", "售后商品长时间在途"),
    "escrow_thawing": Words(
        "A provider will soon release held money by itself", "担保资金即将被支付渠道自动解冻"
    ),
    "settlement_blocked": Words("A settlement waits for a dispute or a case", "结算因争议或售后未结束而暂停"),
}

OWNERS = {
    "support": Words("support", "客服"),
    "operator": Words("an operator", "运营"),
    "merchant": Words("the merchant", "商家"),
    "warehouse": Words("the warehouse", "仓库"),
}

ENTRY_STATES = {"open": Words("open", "待处理"), "closed": Words("closed", "已关闭")}

DEEDS = {
    "refund": Words("refund", "退款"),
    "reship": Words("send it again", "补发"),
    "compensate": Words("compensate", "补偿"),
    "correct_address": Words("correct the address", "更正地址"),
    "retry_payment": Words("pay once more", "重新付款"),
    "retry_refund": Words("try the refund again", "重试退款"),
    "pay_refund_otherwise": Words("pay the refund by bank", "银行转账退款"),
    "report_parcel": Words("say where the parcel is", "登记包裹去向"),
    "write_off": Words("write it off as lost", "登记丢失并退款"),
    "recall": Words("take it back from the warehouse", "从仓库收回"),
    "receive_return": Words("count what came back", "清点退货"),
    "ship": Words("ship", "发货"),
    "cancel": Words("cancel", "取消"),
    "review": Words("decide on the review", "审核"),
    "decide_case": Words("decide on the after-sale case", "处理售后申请"),
    "receive_case": Words("say that the goods are there", "登记退货到达"),
    "inspect_case": Words("judge the returned goods", "验收退货"),
    "rule_case": Words("rule", "裁决"),
    "answer_of_warehouse": Words("have the warehouse's system answer", "由仓库系统答复"),
    "answer_of_provider": Words("have the payment provider answer", "由支付渠道答复"),
    "publish": Words("publish what the catalogue lacks", "补全并发布商品资料"),
    "adjust_stock": Words("correct the stock", "调整库存"),
    "repair_stock": Words("repair the counters", "修复库存数量"),
    "refund_at_provider": Words("send it back on the provider's pages", "在支付渠道后台退回"),
    "approve": Words("approve", "批准"),
    "refuse": Words("refuse", "驳回"),
    "no_action_needed": Words("no action is needed", "无需处理"),
}
