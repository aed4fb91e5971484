"""Where the lives of the demo's orders take place: the shop's people, its shelves, its clock."""

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from local.demo import made_up
from local.demo.client import Client, Person
from local.demo.invoices import Article, Sale
from local.demo.watched import Watched
from shared.outside import Outside
from shared.settings import Settings
from shared.store.goods import GoodsStore

WEEK = 7 * 86_400
OPERATOR = Person("operator-1", "operator")


@dataclass
class Record:
    """What became of one invoice."""

    sale: Sale
    order_id: str = ""  # Empty: the shop refused it.
    ordered_goods_minor: int = 0
    cancellations_accepted: int = 0
    cancellations_refused: int = 0


class Stage:
    """Everything that a life may use. *alone* keeps others out of the cloud while time passes."""

    def __init__(
        self, cloud: Watched, client: Client, alone: AbstractContextManager[Any] | None = None
    ) -> None:
        self.cloud, self.client, self._alone = cloud, client, alone or nullcontext()
        self.records: dict[str, Record] = {}
        self.strays_refused = 0
        self.price_changes = 0
        self._prices: dict[str, int] = {}
        # The operator's own way in, so that stocking the shop is not counted as part of any order.
        self._goods = GoodsStore(Outside(), Settings.read(os.environ))

    # --- time ---

    def now(self) -> int:
        return int(self.cloud.clock.now())

    def go_to(self, when: float) -> None:
        """Let time pass until *when*. Deadlines fire at their moments; the sweeper, every minute on AWS, looks
        round once a week, because nothing is lost here that it could find."""
        self.cloud.sweeper = self.now() // WEEK != when // WEEK
        with self._alone:
            self.cloud.advance(max(0, when - self.now()))

    # --- shelves ---

    def stock_up(self, sales: Iterable[Sale]) -> None:
        """Put every article on sale, at its first price, and on the shelves as many as all orders want."""
        sales = tuple(sales)
        for sale in sales:
            for article in sale.articles:
                if article.sku not in self._prices:
                    self._offer(article)
        for sku, shelf in made_up.shelves(sales).items():
            for warehouse, quantity in shelf.items():
                self._goods.receive(
                    sku=sku,
                    warehouse=warehouse,
                    quantity=quantity,
                    movement_id=f"opening-{warehouse}",
                    at=self.now(),
                )

    def offer(self, sale: Sale) -> None:
        """Let the operator put the prices of this day's invoice into the catalogue, where they changed."""
        for article in sale.articles:
            if self._prices[article.sku] != article.unit_price_minor:
                self.price_changes += 1
                self._offer(article)

    def _offer(self, article: Article) -> None:
        self._prices[article.sku] = article.unit_price_minor
        self._goods.put_sku(made_up.sku_of(article))
