"""What people are told of after-sale cases, in English and Chinese. Part of ``shared.words``."""

from shared.words import Words

KINDS = {
    "refund_only": Words("refund without a return", "仅退款"),
    "return_refund": Words("return and refund", "退货退款"),
    "exchange": Words("exchange", "换货"),
    "repair": Words("repair", "维修"),
    "price_reduction": Words("part of the price back", "降价补偿"),
    "reship": Words("sent again", "补发"),
    "compensation": Words("compensation", "补偿"),
}
REASONS = {
    "no_reason": Words("no reason needed", "七天无理由"),
    "quality": Words("it does not work, or is of poor quality", "质量问题"),
    "wrong_goods": Words("something else was sent", "发错商品"),
    "missing_goods": Words("something is missing", "少件漏发"),
    "not_as_described": Words("it is not as described", "与描述不符"),
    "damaged": Words("it arrived damaged", "商品破损"),
    "not_received": Words("it never arrived", "未收到货"),
    "other": Words("another reason", "其他原因"),
}
PAYERS = {
    "buyer": Words("you pay the way back", "退货运费由买家承担"),
    "merchant": Words("the shop pays the way back", "退货运费由商家承担"),
    "platform": Words("the platform pays the way back", "退货运费由平台补贴"),
}
NEXT = {
    "requested": Words(
        "The shop decides; if it does not, the answer is yes.", "等待商家处理，逾期自动同意。"
    ),
    "refused": Words(
        "Accept an alternative, call the platform, or let it be.", "可接受替代方案、申请平台介入或放弃。"
    ),
    "awaiting_return": Words(
        "Send the goods back, and enter the waybill number.", "请寄回商品并填写运单号。"
    ),
    "returning": Words("On its way back to the warehouse.", "退货运输中。"),
    "inspecting": Words("The goods are being inspected.", "商品验收中。"),
    "assessed": Words(
        "The inspection takes something off: agree, or call the platform. Silence agrees.",
        "验收有扣减：可同意或申请平台介入，逾期视为同意。",
    ),
    "disputed": Words("The platform decides within a day.", "平台将在24小时内裁决。"),
    "replacing": Words("New goods are on their way to you.", "换补商品处理中。"),
    "completed": Words("Nothing is left to do.", "已处理完毕。"),
    "closed": Words("Nothing is left to do. A new request may be possible.", "已关闭，符合条件可重新申请。"),
}
DEMANDS = {
    "original_packaging": Words(
        "Send it complete, with its packaging and accessories.", "请保持商品、包装及配件完整。"
    ),
    "tracked_carrier": Words("Use a carrier that tracks and insures parcels.", "请使用可追踪并保价的快递。"),
    "no_cash_on_delivery": Words("Parcels with cash on delivery are not accepted.", "不接受到付件。"),
}

CASE_NOT_NOW = Words("not possible while the case is: {state}", "当前售后状态不可操作：{state}")
