"""The simulated providers write bills as the providers do: read here by other means than the product's."""

import csv
import hashlib
import io
import zipfile

from shared.payment.bills.days import ready_at
from tests.local import small
from tests.local.bills import (
    REF,
    adapters_at,
    fetched,
    pay,
    refund,
    today,
)
from tests.local.provider_clients import (
    stripe_send,
    wechatpay_call,
    wechatpay_create,
    wechatpay_send,
)


def test_alipays_archive_is_gbk_with_names_and_totals_as_alipay_writes_them(cloud):
    pay(cloud, "alipay")
    refund(cloud, "alipay")

    _, content = fetched(cloud, adapters_at(cloud.url), "alipay")

    with zipfile.ZipFile(io.BytesIO(content), metadata_encoding="utf-8") as archive:
        names = archive.namelist()
        lines = archive.read(names[0]).decode("gbk").split("\r\n")
    assert names == [
        "20880001000000010156_20270115_业务明细.csv",
        "20880001000000010156_20270115_业务明细(汇总).csv",
    ]
    assert lines[0] == "#支付宝业务明细查询"
    headings, paid, back = (next(csv.reader([line])) for line in lines[4:7])
    assert len(headings) == len(paid) == len(back) == 25
    told = dict(zip(headings, back, strict=True))
    assert (told["业务类型"], told["商家实收（元）"], told["服务费（元）"]) == ("退款", "-30.00", "0.18")
    assert lines[8:10] == [
        "#交易合计：1笔，商家实收共88.00元，商家优惠共0.00元",
        "#退款合计：1笔，商家实收退款共-30.00元，商家优惠退款共0.00元",
    ]


def test_wechats_file_has_its_digest_its_backticks_and_its_totals(cloud):
    assert wechatpay_create(cloud, REF)[0] == 200
    pay(cloud, "wechatpay", payer_total=8_000)
    refund(cloud, "wechatpay")
    day = today("wechatpay")
    cloud.clock.set_to(ready_at("wechatpay", day))

    _, said = wechatpay_call(cloud, "GET", f"/v3/bill/tradebill?bill_date={day}&bill_type=ALL")
    file = wechatpay_send(cloud, "GET", said["download_url"].partition("/_wechatpay")[2])

    assert said["hash_value"] == hashlib.sha1(file.body).hexdigest()
    headings, paid, _, _, totals, end = file.body.decode().split("\r\n")
    told = dict(zip(headings.split(","), paid.split(","), strict=True))
    assert (told["应结订单金额"], told["代金券金额"], told["手续费"]) == ("`88.00", "`8.00", "`0.53000")
    assert (totals, end) == ("`2,`88.00,`30.00,`0.00,`0.35000,`88.00,`30.00", "")


def test_stripes_list_is_paged_newest_first_and_its_sources_can_be_expanded(cloud):
    intents = [pay(cloud, "stripe", f"{REF[:-2]}{i:02}") for i in range(3)]
    day = f"created[gte]={small.START}&created[lt]={small.START + 1}"

    def page(more):
        return stripe_send(cloud, "GET", f"/balance_transactions?{day}&limit=2{more}").json()

    first = page("&expand[]=data.source")
    second = page(f"&starting_after={first['data'][-1]['id']}")

    assert (len(first["data"]), first["has_more"], len(second["data"]), second["has_more"]) == (
        2,
        True,
        1,
        False,
    )
    assert {each["source"]["payment_intent"] for each in first["data"]} < set(intents)
    [last] = second["data"]
    assert (last["amount"], last["fee"], last["net"], last["source"][:3]) == (8_800, 285, 8_515, "ch_")
    assert stripe_send(cloud, "GET", "/balance_transactions").status == 400
    assert stripe_send(cloud, "GET", f"/balance_transactions?{day}&starting_after=txn_x").status == 404
