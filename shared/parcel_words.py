"""What is said of parcels, in English and Chinese: why there are several, where one is, and what stands in its way.

Codes are the contract; these sentences may change. ``tests/test_words.py`` checks that nothing lacks its words.
"""

from shared.words import Refusal, Words

CUTS = {  # Why a parcel is one of its own: the codes of ``shared.splitting.cuts``, with or without what follows ":".
    "merchant": Words("It holds the goods of one merchant.", "同一商家的商品单独成包。"),
    "border:cross_border": Words(
        "Goods that pass customs travel apart from others.", "跨境商品须单独报关发运。"
    ),
    "border:domestic": Words(
        "Domestic goods travel apart from those that pass customs.", "境内商品与跨境商品分开发运。"
    ),
    "size:bulky": Words("Bulky goods travel apart from small ones.", "大件商品单独发运。"),
    "size:small": Words("Small goods travel apart from bulky ones.", "小件商品与大件商品分开发运。"),
    "hazard:hazard": Words("Goods such as batteries or sprays travel apart.", "电池、喷雾等危险品单独发运。"),
    "hazard:harmless": Words(
        "These goods travel apart from batteries, sprays and the like.", "普通商品与危险品分开发运。"
    ),
    "warehouse": Words(
        "It is sent from warehouse {value}, where these goods lie.", "商品存放于仓库 {value}，由该仓发出。"
    ),
    "warehouse:partial": Words("The warehouse sent it ahead of the rest.", "仓库先行发出了部分商品。"),
    "category": Words(
        "Goods of these kinds must not share a parcel: {value}.", "以下类别的商品不能同包：{value}。"
    ),
    "weight": Words(
        "Together with the others it would weigh more than {value}.", "合并后将超过承运重量上限 {value}。"
    ),
    "volume": Words(
        "Together with the others it would be larger than {value}.", "合并后将超过承运体积上限 {value}。"
    ),
    "tariff": Words("Apart, these goods cost less to send than together.", "分开发运的运费更低。"),
    "customs_cap": Words(
        "One parcel through customs may be worth at most {value}.", "单个跨境包裹的价值不得超过 {value}。"
    ),
}

TRACKED = {  # Where a carrier saw it: ``shared.fulfilment.carriers.port.Status``.
    "unknown": Words("seen by the carrier", "物流信息更新"),
    "info_received": Words("announced to the carrier", "承运商已收到信息"),
    "picked_up": Words("picked up by the carrier", "已揽收"),
    "in_transit": Words("on its way", "运输中"),
    "customs": Words("passing customs", "清关中"),
    "out_for_delivery": Words("out for delivery", "派送中"),
    "available_for_pickup": Words("ready to be picked up", "已到自提点，待取件"),
    "attempt_failed": Words("could not be delivered, and is tried again", "派送未成功，将再次派送"),
    "delivered": Words("delivered", "已签收"),
    "exception": Words("held up, or damaged", "运输异常"),
    "refused": Words("refused by its receiver", "收件人拒收"),
    "returning": Words("on its way back to the sender", "退回途中"),
    "returned": Words("back at its sender", "已退回发件人"),
    "lost": Words("lost", "包裹丢失"),
    "cancelled": Words("cancelled at the carrier", "承运商已取消"),
    "expired": Words("not seen for a long time", "长时间无物流信息"),
}

PROGRESS = {  # How far its warehouse is.
    "accepted": Words("the warehouse has taken it on", "仓库已接单"),
    "picking": Words("the warehouse is picking it", "仓库拣货中"),
    "packed": Words("packed, waiting for the carrier", "已打包，等待承运商揽收"),
    "refused": Words(
        "the warehouse's system refused it: its merchant sends it", "仓库系统拒收，改由商家发货"
    ),
}

TRACKING_NOTES = {
    "silent": Words(
        "Nobody has seen it for {hours} hours: the carrier is being asked.",
        "已 {hours} 小时无物流更新，正在向承运商核实。",
    ),
    "not_followed": Words(
        "Its way is not shown here: look it up at the carrier by its waybill number.",
        "暂无法展示物流轨迹，请凭运单号向承运商查询。",
    ),
    "warehouse_late": Words(
        "The warehouse should have sent it by now: it is being asked, and people look after it.",
        "仓库逾期未发货，平台正在核实并跟进。",
    ),
    "missing": Words(
        "Less was in it than was sent: people look for what is missing.",
        "退回件数不足，平台正在查找缺失商品。",
    ),
    "in_trouble": Words(
        "The carrier reports trouble: people look for it, and the time to receive it stands still.",
        "承运商反馈运输异常，平台已介入，确认收货计时已暂停。",
    ),
    "delivery_claimed": Words(
        "It is said to be delivered: the carrier is being asked.", "有消息称已送达，正在向承运商核实。"
    ),
}

OBSTACLES = {  # Why a paid sub-order cannot be sent as it is; people look at it.
    "no_weight": Refusal(
        Words("A weight is missing, without which no tariff means anything", "商品缺少重量，无法计算运费"),
        Words(
            "Publish the weight of these products, then approve the order.",
            "请补全商品重量并发布，然后审核通过。",
        ),
    ),
    "no_stock": Refusal(
        Words("The warehouses hold fewer units than are to be sent", "各仓库存不足以发货"),
        Words(
            "Receive the missing units, then approve; or reject and refund.",
            "请补足库存后审核通过，或拒绝并退款。",
        ),
    ),
    "over_customs_cap": Refusal(
        Words(
            "One unit alone is worth more than a parcel through customs may be",
            "单件商品价值超过跨境包裹限额",
        ),
        Words(
            "Reject and refund it, or have it sent as personal import.", "请拒绝并退款，或转一般贸易清关。"
        ),
    ),
    "no_service": Refusal(
        Words("No carrier's service takes these goods", "没有承运服务可承运该商品"),
        Words(
            "Publish a service that does, then approve; or reject and refund.",
            "请发布可用的承运服务后审核通过，或拒绝并退款。",
        ),
    ),
    "not_enough_carried": Refusal(
        Words("Not enough lies where a carrier's service takes it", "可承运的仓库库存不足"),
        Words(
            "Move units to a warehouse whose services take them, then approve.",
            "请调拨至有承运服务的仓库后审核通过。",
        ),
    ),
    "too_many_parcels": Refusal(
        Words("It would be more parcels than one order may have", "拆分后的包裹数超过上限"),
        Words(
            "Reject and refund it, and have it ordered in several parts.",
            "请拒绝并退款，并建议买家分多单购买。",
        ),
    ),
    "not_declarable": Refusal(
        Words("Customs' number or origin of these goods is missing", "商品缺少海关编码或原产地"),
        Words(
            "Reject and refund it; publish both before it is sold again.",
            "请拒绝并退款，补全海关编码和原产地后再销售。",
        ),
    ),
}

NEXT = {  # What happens next to a sub-order, where its buyer can only wait.
    "intercepting": Words(
        "If the warehouse can stop it, it is cancelled and refunded; if it has left, refuse it at the door.",
        "若仓库拦截成功，将取消并退款；若已出库，可在派送时拒收。",
    ),
    "awaiting_receipt": Words(
        "When all of it has arrived, confirm the receipt; refused parcels are refunded when they are back.",
        "全部送达后请确认收货；拒收的包裹退回清点后退款。",
    ),
    "delivered": Words(
        "Confirm the receipt, or ask for more time; after the countdown it counts as received.",
        "请确认收货或延长收货，倒计时结束后将自动确认收货。",
    ),
}
