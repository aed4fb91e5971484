"""Why a request is refused, and what to do next: a row for each code, in English and Chinese."""

from shared.settlement_words import SETTLEMENT_REFUSALS
from shared.words import Refusal, Words

REPEAT = Words("Repeat the request with the same Idempotency-Key.", "请使用相同的 Idempotency-Key 重试。")
BOOKS_DIFFER = Words(
    "Nothing was changed. Ask customer service; an operator compares the books.",
    "未作任何更改，请联系客服核对账目。",
)
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
    "order_archived": Refusal(
        Words("This order is over, and was moved to the archive", "订单已完结并归档"),
        Words(
            "Nothing can be done with it any more. If you need its facts, ask customer service with its number.",
            "该订单已无法操作，如需订单信息请凭订单号联系客服。",
        ),
    ),
    "transition_refused": Refusal(
        Words("Not possible in the present state", "当前状态不允许此操作"),
        Words("Read the order: allowed_actions says what is possible now.", "请重新读取订单，allowed_actions 列出了当前可执行的操作。"),
    ),
    "already_shipped": Refusal(
        Words("Already shipped", "订单已经出库"),
        Words("Cancel what is listed as cancellable, or return the goods after receipt.", "可取消 cancellable 中的商品，其余商品请收货后申请退货。"),
    ),
    "at_warehouse": Refusal(
        Words("A warehouse is packing it", "仓库正在处理"),
        Words(
            "Cancel whole parcels, which the warehouse is asked to stop, or what is listed as cancellable.",
            "可整单申请拦截 parcels 中的包裹，或取消 cancellable 中的商品。",
        ),
    ),
    "parcels_returning": Refusal(
        Words("Part of it is on its way back", "部分包裹正在退回"),
        Words("Wait until what comes back is counted, or confirm the other parts.", "请等待退回商品清点完成，或确认其他部分。"),
    ),
    "already_extended": Refusal(
        Words("The time to receive it was extended before", "已延长过收货时间"),
        Words("Confirm the receipt, or contact support if something is wrong.", "请确认收货，如有问题请联系客服。"),
    ),
    "tracking_refused": Refusal(
        Words("The tracker does not follow this parcel", "物流平台无法跟踪该包裹"),
        Words("Check carrier and waybill number.", "请核对承运商和运单号。"),
    ),
    "payment_refused": Refusal(
        Words("The payment provider refused", "支付渠道拒绝了该笔支付"),
        Words("Choose another payment method.", "请更换支付方式。"),
    ),
    "paid_together": Refusal(
        Words("These parts are paid, or cancelled, together", "该订单各部分须一并支付或取消"),
        Words(
            "Pay or cancel the whole order: cancelling it cancels all; because says what holds it together.",
            "请支付或取消整个订单（取消将取消全部商品），原因见 because。",
        ),
    ),
    "not_split_yet": Refusal(
        Words("This order is paid as a whole", "该订单须整单支付"),
        Words("Pay or cancel the whole order; it is split when it is paid.", "请支付或取消整个订单，付款后再拆分。"),
    ),
    "payment_open": Refusal(
        Words("A payment of the whole order is open", "整单支付正在进行中"),
        Words(
            "Finish it, or start to pay only the parts that you want: that closes it.",
            "请完成该支付，或仅对所需部分发起支付，原支付将自动关闭。",
        ),
    ),
    "nothing_to_separate": Refusal(
        Words("The order has no other parts", "订单没有其他部分"),
        Words("Pay or cancel the order itself.", "请直接支付或取消该订单。"),
    ),
    "payment_disputed": Refusal(
        Words("The payer's bank is asked to take this money back", "该笔款项正处于银行拒付争议中"),
        Words("Wait until the bank has decided: the order tells when.", "请等待银行裁决，订单会显示结果。"),
    ),
    "refund_too_large": Refusal(
        Words("So much is not left of this payment", "退款金额超过可退余额"),
        Words("Refund at most what `refundable` says.", "请按 refundable 所示金额以内退款。"),
    ),
    "address_handed_over": Refusal(
        Words("The address was handed over already", "地址已交给仓库或承运商"),
        Words("Ask support to tell the carrier, or refuse the parcels at the door.", "请联系客服通知承运商，或在派送时拒收。"),
    ),
    "second_person_needed": Refusal(
        Words("A second person must decide on this", "须由第二人复核"),
        Words("Let another operator decide on the entry of the register.", "请由另一名运营人员处理异常登记中的该条目。"),
    ),
    "entry_closed": Refusal(
        Words("This entry of the register is closed", "该异常登记已关闭"),
        Words("Read the entry: resolution says how it ended.", "请重新读取该条目，resolution 说明处理结果。"),
    ),
    "action_not_seen": Refusal(
        Words("The order does not show that this was done", "订单中没有该处理记录"),
        Words("Do it at route first, or close with what was done.", "请先通过 route 执行该操作，或填写实际的处理方式。"),
    ),
    "not_yet_clear": Refusal(Words("This cannot be told apart yet", "暂时无法判定"), REPEAT),
    "too_many_attempts": Refusal(
        Words("Too many payment attempts", "支付尝试次数过多"), Words("Place a new order.", "请重新下单。")
    ),
    "conflict": Refusal(Words("Somebody else was faster", "订单刚被修改"), REPEAT),
    "counters_differ": Refusal(Words("Our own books differ", "系统账目不一致"), BOOKS_DIFFER),
    "stock_differs": Refusal(
        Words("Our books of stock do not hold what this order holds", "库存账目与订单占用不一致"), BOOKS_DIFFER
    ),
    "wallet_differs": Refusal(
        Words("The wallet does not hold what this order took of it", "会员资产与订单占用不一致"), BOOKS_DIFFER
    ),
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
    # The catalogue.
    "catalogue_refused": Refusal(
        Words("Some records cannot be published", "部分记录无法发布"),
        Words("Correct what rows lists; nothing was published.", "请修正 rows 中列出的记录，本次未发布任何内容。"),
    ),
    "terms_too_large": Refusal(
        Words("Too much is published platform-wide", "平台级配置过大"),
        Words("Retire promotions, freight templates or carrier services first.", "请先停用部分促销、运费模板或承运服务。"),
    ),
    **SETTLEMENT_REFUSALS,
    "bill_missing": Refusal(
        Words("There is no bill of that day", "没有该日账单"),
        Words("Upload it, or wait until the provider hands it out.", "请上传账单，或等待支付渠道生成账单。"),
    ),
    "day_not_over": Refusal(
        Words("That day is not over", "该日尚未结束"),
        Words("Compare it when its bill is ready; the answer says when.", "请在账单生成后再对账，应答中注明时间。"),
    ),
    "difference_unknown": Refusal(
        Words("No such difference is open", "没有该未解决差异"),
        Words("Take its id from the day's newest report.", "请从该日最新对账报告中获取差异编号。"),
    ),
    # Wallets.
    "coupon_unknown": Refusal(
        Words("This coupon does not exist", "优惠券不存在"), Words("Look at the coupons in your wallet.", "请查看您卡包中的优惠券。")
    ),
    "coupon_limit_reached": Refusal(
        Words("No more of this coupon for one member", "该优惠券已达每人领取上限"),
        Words("Use those that are in the wallet.", "请使用卡包中已有的优惠券。"),
    ),
    "coupons_gone": Refusal(
        Words("All of these coupons are given out", "优惠券已领完"),
        Words("Look for another coupon.", "请关注其他优惠券。"),
    ),
    "claim_closed": Refusal(
        Words("This coupon is not given out now", "该优惠券当前不可领取"),
        Words("Claim it between claimable_from and claimable_until, if it has them.", "如有领取时间，请在 claimable_from 与 claimable_until 之间领取。"),
    ),
    "points_short": Refusal(
        Words("Fewer points are free to use", "可用积分不足"), Words("Use at most what is available.", "请不要超过可用积分。")
    ),
    "points_limit_reached": Refusal(
        Words("So many points nobody may hold", "积分已达上限"), Words("Grant fewer points.", "请减少发放的积分。")
    ),
    # Stock.
    "stock_unknown": Refusal(
        Words("Nothing was ever received of this product", "该商品从未入库"), Words("Check the SKU, or receive it first.", "请核对 SKU，或先登记入库。")
    ),
    "units_short": Refusal(
        Words("Fewer units are there", "库存数量不足"), Words("Move at most what is available.", "数量请不要超过 available。")
    ),
    "stock_limit_reached": Refusal(
        Words("More than one product's stock can hold", "已达单个商品的库存上限"),
        Words("Stay below limit: move less, or use fewer warehouses and channels.", "请减少数量，或减少仓库与渠道，不超过 limit。"),
    ),
    "too_much_to_check": Refusal(
        Words("More stock movements than one request can read", "库存流水过多，单次请求无法核对"),
        Words("Run the command that command names.", "请运行 command 所示的命令。"),
    ),
    "books_too_large": Refusal(
        Words("More vouchers than one request can read", "凭证过多，单次请求无法核对"),
        Words("Run the command that command names.", "请运行 command 所示的命令。"),
    ),
    # Problems of an order, listed together.
    "address_incomplete": Refusal(
        Words("The address is incomplete", "收货地址不完整"), Words("Fill in the missing fields.", "请补全缺少的信息。")
    ),
    "address_elsewhere": Refusal(
        Words("The order was agreed for another country or region", "新地址与下单地区不同"),
        Words("Cancel it and order again to this address.", "请取消订单后使用新地址重新下单。"),
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
    "purchase_limit": Refusal(
        Words("More than one buyer may have", "超过限购数量"), Words("Order at most what is left of your limit.", "请将数量减至 left 以内。")
    ),
    "too_many_lines": Refusal(
        Words("Too many lines in one order", "单笔订单商品行数过多"),
        Words("Split it into several orders of at most 500 lines.", "请拆分为多笔订单，每笔最多 500 行。"),
    ),
    "too_many_parts": Refusal(
        Words("Too many merchants and warehouses in one order", "单笔订单涉及的商家与仓库过多"),
        Words("Split it into several orders, merchant by merchant.", "请按商家拆分为多笔订单。"),
    ),
    "coupon_repeated": Refusal(
        Words("This coupon is named twice", "同一优惠券重复使用"), Words("Name each coupon once.", "每张优惠券只填写一次。")
    ),
    "coupon_expired": Refusal(
        Words("This coupon has expired", "优惠券已过期"), Words("Remove it, or choose another one.", "请移除或更换优惠券。")
    ),
    "coupon_not_yet_valid": Refusal(
        Words("This coupon is not valid yet", "优惠券未到使用时间"),
        Words("Remove it, or order after starts_at.", "请移除该券，或在 starts_at 之后下单。"),
    ),
    "coupon_not_available": Refusal(
        Words("This coupon is used, or held by an order that is not paid yet", "优惠券已使用或被未付款订单占用"),
        Words("Remove it, or pay or cancel the order that holds it.", "请移除该券，或先支付或取消占用它的订单。"),
    ),
    "coupon_other_currency": Refusal(
        Words("This coupon is for another currency", "优惠券币种不符"), Words("Remove it.", "请移除该优惠券。")
    ),
    "coupon_not_applicable": Refusal(
        Words("This coupon takes nothing off these goods", "优惠券不适用于所选商品"),
        Words("Remove it, and keep it for goods that it is for.", "请移除该券，留待购买适用商品时使用。"),
    ),
    "coupon_threshold_not_reached": Refusal(
        Words("The goods of this coupon cost too little for it", "未达到优惠券使用门槛"),
        Words("Add goods worth what is missing, or remove the coupon.", "请凑足 missing 所示差额，或移除该券。"),
    ),
    "coupons_do_not_stack": Refusal(
        Words("This coupon does not go together with the others", "优惠券不可叠加使用"),
        Words("Remove it, or what with names.", "请移除该券，或移除 with 中所列项。"),
    ),
    "points_over_cap": Refusal(
        Words("Points pay only a part of these goods", "积分抵扣超过上限"),
        Words("Use at most maximum points.", "请将积分减至 maximum 以内。"),
    ),
    "payment_method_unavailable": Refusal(
        Words("This order cannot be paid in this way", "该支付方式不可用"),
        Words("Choose one of those that available lists.", "请从 available 中选择其他支付方式。"),
    ),
    "cross_border_quota": Refusal(
        Words("Over the yearly limit for goods from abroad", "超出个人跨境年度限额"),
        Words("Order for at most what is left, or next year.", "请将金额减至 left 以内，或次年再购。"),
    ),
    "amount_too_large": Refusal(
        Words("The amount is too large", "金额过大"), Words("Split it into several orders.", "请拆分为多笔订单。")
    ),
    "nothing_to_pay": Refusal(
        Words("Nothing would be left to pay", "实付金额为零"),
        Words("Use fewer points, or a smaller coupon.", "请减少积分或更换优惠券，实付金额至少为 0.01 元。"),
    ),
    "after_sale_refused": Refusal(
        Words("This cannot be asked for", "无法申请售后"),
        Words("See each problem listed for its reason and its way out.", "请查看列出的每项原因及解决办法。"),
    ),
    "advance_too_large": Refusal(
        Words("So much cannot be paid in advance", "先行赔付金额过大"),
        Words("Pay at most maximum, and once.", "金额请不超过 maximum，且仅可先行赔付一次。"),
    ),
    "nothing_to_convert": Refusal(
        Words("Nothing of it can be refused or sent back now", "暂无可转为拒收或退货的商品"),
        Words(
            "Wait until the parcels named have left, then ask again; cancel what has not left.",
            "请待所列包裹出库后再试；未出库的部分可直接取消。",
        ),
    ),
    "case_open": Refusal(
        Words("An after-sale case of it is open", "存在处理中的售后"),
        Words("Withdraw the case, or wait for its end.", "请先撤销售后申请，或等待处理完成。"),
    ),
    "case_too_early": Refusal(
        Words("Nothing of it has left yet", "商品尚未发出"), Words("Cancel it instead.", "请直接取消订单。")
    ),
    "swap_differs": Refusal(
        Words("These cannot be had in exchange", "该商品不能用于换货"),
        Words("Choose goods of the same shop at the same price.", "请选择同一商家同价的商品。"),
    ),
    "line_not_bought": Refusal(
        Words("This was not bought here", "未购买该商品"),
        Words("Name a line of this part of the order.", "请选择该子订单内的商品行。"),
    ),
    "more_than_bought": Refusal(
        Words("Fewer units are left to ask for", "可申请数量不足"),
        Words("Ask for at most left; before receipt, refuse the delivery instead.", "请将数量减至 left 以内；未收货时可拒收。"),
    ),
    "kind_not_offered": Refusal(
        Words("This is not offered for these goods", "该商品不支持此售后方式"),
        Words("Choose one of those that offered lists.", "请从 offered 中选择。"),
    ),
    "not_returnable": Refusal(
        Words("These goods are not taken back without a reason", "该商品不支持无理由退货"),
        Words("If something is wrong with them, say what.", "如存在质量等问题，请选择相应原因。"),
    ),
    "window_over": Refusal(
        Words("The time for this is over", "已超过售后期限"),
        Words("Call the shop; the platform can help with hidden defects.", "请联系商家；隐蔽瑕疵可咨询平台客服。"),
    ),
    "evidence_missing": Refusal(
        Words("A photo or a video is needed", "需要上传凭证"),
        Words("Upload one and name it in the request.", "请上传图片或视频后在申请中引用。"),
    ),
    "evidence_refused": Refusal(
        Words("This file is not taken", "不支持该文件"),
        Words(
            "Send a photo (JPEG, PNG, WebP) or a PDF of up to 10 MB, or a video (MP4, MOV) of up to 200 MB, of a paid order.",
            "请上传已付款订单的图片（JPEG、PNG、WebP）或 PDF（不超过 10 MB），或视频（MP4、MOV，不超过 200 MB）。",
        ),
    ),
    "too_much_evidence": Refusal(
        Words("So much of one order is enough", "该订单的凭证数量已达上限"),
        Words("Name what you have uploaded, or call the platform.", "请使用已上传的凭证，或联系平台客服。"),
    ),
    "evidence_unknown": Refusal(
        Words("This evidence is not known", "凭证不存在"),
        Words("Upload it for this order first, and name its evidence_id.", "请先为该订单上传凭证，再填写其 evidence_id。"),
    ),
    "evidence_not_uploaded": Refusal(
        Words("This evidence has not arrived", "凭证尚未上传"),
        Words("Send the file with its form; ask for a new form if fifteen minutes are over.", "请使用表单上传文件；超过十五分钟请重新获取表单。"),
    ),
    "evidence_differs": Refusal(
        Words("This is not the file that was offered", "上传的文件与声明不符"),
        Words("Offer the file again as it is, and upload it.", "请按文件实际内容重新申请并上传。"),
    ),
    "reason_does_not_fit": Refusal(
        Words("The reason does not fit what is asked for", "原因与申请不符"),
        Words("Choose another reason, or ask for something else.", "请更换原因或售后方式。"),
    ),
    "reduction_too_large": Refusal(
        Words("A reduction is more than nothing and less than what was paid", "补偿金额须大于零且小于实付金额"),
        Words("Name at most maximum, or ask for a refund.", "请填写不超过 maximum 的金额，或申请退款。"),
    ),
    "too_many_cases": Refusal(
        Words("So many cases of one order cannot be opened", "该订单售后次数过多"),
        Words("Call the platform.", "请联系平台客服。"),
    ),
    "exclusion_unconfirmed": Refusal(
        Words("These goods cannot be returned without a reason", "该商品不支持无理由退货"),
        Words("Tell the buyer so, and name the SKU in confirmed_exclusions.", "请告知买家，并在 confirmed_exclusions 中列出该 SKU。"),
    ),
    "price_changed": Refusal(
        Words("The price has changed", "价格已变动"),
        Words("Look at the new price and order again with it.", "请确认新价格后重新提交。"),
    ),
}  # fmt: skip
