"""The report for machines and the page for people: complete, stable, and unmoved by what a bill says."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from shared.payment.bills.rows import RowKind
from shared.reconciliation.differences import KINDS, Difference, playbook
from shared.reconciliation.page import page
from shared.reconciliation.report import BillFile, Seen, id_of, report_of
from tests.reconciliation.accounts import DAY, NOW, ONE_DAY, A, Account, B, a_row

PROJECT = Path(__file__).resolve().parents[2]
BILL = BillFile("ab" * 32, 1234, "fetched", NOW, 5)
HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"


def report(account, **seen):
    known = {name.replace("__", "#"): one for name, one in seen.items()}
    return report_of("alipay", DAY, account.match(), bill=BILL, seen=known, now=NOW)


def injured():
    account = Account()
    account.change_row(1, amount_minor=17_000)
    account.rows.append(a_row(6, "payment:NOBODYS", 900))
    return account


def test_a_clean_day_says_so():
    told = report(Account())

    assert (told["state"], told["agreed"], told["differences"], told["overdue"]) == ("clean", 5, [], [])
    assert told["totals"] == [
        {
            "what": "payment",
            "currency": "CNY",
            "rows": 3,
            "bill_minor": 30_900,
            "ledger_minor": 30_900,
            "orders_minor": 30_900,
        },
        {
            "what": "refund",
            "currency": "CNY",
            "rows": 2,
            "bill_minor": -7_000,
            "ledger_minor": -7_000,
            "orders_minor": -7_000,
        },
        {"what": "fees_kept", "currency": "CNY", "rows": 0, "bill_minor": -144, "ledger_minor": -144},
    ]


def test_each_difference_has_amount_document_line_age_severity_owner_and_playbook():
    [altered, foreign] = report(injured())["differences"]

    assert (altered["id"], altered["amount_minor"], altered["line"]) == (
        f"amount_differs#payment:{A}01",
        100,
        1,
    )
    assert (foreign["name"], foreign["amount_minor"], foreign["severity"], foreign["owner"]) == (
        "unknown_payment",
        900,
        "high",
        "finance",
    )
    assert foreign["playbook"] == "docs/playbooks/differences/unknown-payment.md"
    assert (foreign["first_seen"], foreign["age_seconds"], foreign["is_overdue"]) == (NOW, 0, False)


@pytest.mark.parametrize(("age", "is_overdue"), [(ONE_DAY - 1, False), (ONE_DAY, True)])
def test_what_is_open_for_a_day_is_overdue(age, is_overdue):
    told = report(injured(), unknown_payment__payment__NOBODYS=Seen(0))
    known = {"unknown_payment#payment:NOBODYS": Seen(NOW - age)}
    told = report_of("alipay", DAY, injured().match(), bill=BILL, seen=known, now=NOW)

    assert told["overdue"] == (["unknown_payment#payment:NOBODYS"] if is_overdue else [])


def test_what_is_explained_is_still_told_and_never_overdue():
    both = {id_of(one): Seen(0, "op-1", "known_to_finance", NOW) for one in injured().match().differences}
    told = report_of("alipay", DAY, injured().match(), bill=BILL, seen=both, now=NOW)

    assert (told["state"], told["overdue"], len(told["differences"])) == ("clean", [], 2)
    assert told["differences"][0]["explained"] == {"by": "op-1", "reason": "known_to_finance", "at": NOW}


def test_a_bill_that_is_late_is_the_one_difference_of_its_day():
    told = report_of("alipay", DAY, None, bill=None, seen={}, late=Difference("bill_late"), now=NOW)

    assert (told["state"], told["counts"]) == ("differences", {"bill_late": 1})
    assert [one["name"] for one in told["differences"]] == ["bill_late"]


def test_the_report_is_json_and_comes_back_as_it_went():
    told = report(injured())

    assert json.loads(json.dumps(told)) == told


class Page(HTMLParser):
    """What a browser sees: tags, and whether they close in order."""

    VOID = ("meta", "br", "rect", "line", "!doctype")

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.attributes = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def test_the_page_stands_alone_and_closes_what_it_opens():
    text = page([report(injured()), report(Account())])
    seen = Page(text)

    assert seen.open == []
    assert not {"script", "img", "link", "iframe", "object", "form", "a"} & set(seen.tags)
    assert "default-src 'none'" in text
    assert not re.search(r"https?://", text)
    assert text.count("<svg") >= 6


def test_hostile_text_of_a_bill_is_shown_and_never_obeyed():
    account = Account()
    account.rows.append(a_row(6, f"payment:{HOSTILE}", 900, provider_id=HOSTILE))
    account.rows.append(a_row(7, "", 900, kind=RowKind.OTHER, currency="<b>"))

    seen = Page(page([report(account)]))

    assert not {"script", "img", "b"} & set(seen.tags)
    assert not any(name.startswith("on") for name, _ in seen.attributes)
    assert "&lt;script&gt;" in page([report(account)])


def test_the_key_of_a_hostile_document_is_short_and_printable():
    key = Difference("unknown_payment", document=f"payment:{HOSTILE}").key

    assert re.fullmatch(r"[0-9a-f]{64}", key)


def test_a_page_shows_amounts_as_people_write_them():
    text = page([report(injured())])

    assert "317.00" in text
    assert "309.00" in text
    assert f"payment:{B}01" not in text


@pytest.mark.parametrize("name", KINDS)
def test_every_difference_has_its_page_with_its_owner(name):
    text = (PROJECT / playbook(name)).read_text(encoding="utf-8")
    kind = KINDS[name]

    assert text.startswith(f"# {kind.words.en}\n")
    assert all(part in text for part in ("**Means.**", "**Do.**", "**Over**"))
    assert f"**Owner.** {kind.owner.title()}; severity {kind.weight}." in text


def test_every_page_is_of_a_difference_and_listed():
    folder = PROJECT / "docs" / "playbooks" / "differences"
    pages = {one.stem for one in folder.glob("*.md")} - {"README"}
    listed = (folder / "README.md").read_text(encoding="utf-8")

    assert pages == {name.replace("_", "-") for name in KINDS}
    assert set(re.findall(r"\]\(([a-z-]+)\.md\)", listed)) == pages
