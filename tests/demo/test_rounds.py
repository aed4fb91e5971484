"""The demo's sweeper looks round when there is something to find, whoever else has something to be found."""

import pytest

from local.demo.happened import Kind
from local.demo.invoices import Book
from local.demo.run import played
from local.demo.scene import Scenes
from local.demo.watched import Watched
from tests.demo.conftest import PARTLY_CANCELLED, RECEIPT_BY_CLOCK


@pytest.fixture
def loses_the_shipment(monkeypatch):
    """The bus loses the first word of a shipment: nobody is asked to follow the parcel, until somebody sweeps."""
    deliver, lost = Watched.deliver, []

    def loses(cloud, rule, event):
        if event["detail-type"] == "parcels_shipped" and not lost:
            lost.append(event)
        else:
            deliver(cloud, rule, event)

    monkeypatch.setattr(Watched, "deliver", loses)
    return lost


def test_what_is_left_undone_is_swept_at_its_own_hour(small_book, template, loses_the_shipment):
    months_apart = (RECEIPT_BY_CLOCK, PARTLY_CANCELLED)
    few = Book(tuple(sale for sale in small_book.sales if sale.number in months_apart), (), {})

    with played(few, template, real_socket=False, scenes=Scenes()) as play:
        happened = [one.kind for one in play.stage.happened]

    assert len(loses_the_shipment) == 1
    assert Kind.SILENT not in happened
