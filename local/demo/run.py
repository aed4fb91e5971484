"""Let all lives happen, in the order of their real dates, in minutes."""

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import NamedTuple

from bench.cost_meter import Meter
from bench.metering import metered
from local.clock import StandingClock
from local.demo.client import Client, ProcessDoor, SocketDoor
from local.demo.invoices import Book
from local.demo.lives import Life, life_of, stray_life
from local.demo.stage import WEEK, Stage
from local.demo.watched import Watched
from local.http import Server
from local.template import Template

OPENING_SECONDS = 3600  # Before the first invoice.
AFTERMATH_WEEKS = 6  # Time for the last parcel to arrive, ten days to confirm it, seven to settle.
Told = Callable[[str], None]


class Play(NamedTuple):
    """A finished run, its cloud still standing."""

    cloud: Watched
    stage: Stage
    meter: Meter


@contextmanager
def played(
    book: Book,
    template: Template,
    *,
    twice: bool = False,
    told: Told = lambda what: None,
    real_socket: bool = True,
) -> Iterator[Play]:
    """Play *book* on a new cloud. *told* hears of each life that has ended, and of each week after the last."""
    opening = min(sale.at for sale in book.sales) - OPENING_SECONDS
    with (
        Watched(template, StandingClock(opening), twice=twice) as cloud,
        _way_in(cloud, real_socket, twice) as stage,
    ):
        stage.stock_up(book.sales)
        with metered(cloud) as meter:
            _live(stage, book, told)
            _let_time_pass(stage, told)
        yield Play(cloud, stage, meter)


@contextmanager
def _way_in(cloud: Watched, real_socket: bool, twice: bool) -> Iterator[Stage]:
    if not real_socket:
        yield Stage(cloud, Client(cloud, ProcessDoor(cloud), twice=twice))
        return
    server = Server(cloud).start()
    door = SocketDoor(server.url)
    try:
        yield Stage(cloud, Client(cloud, door, twice=twice), server.lock)
    finally:
        door.close()
        server.stop()


def _live(stage: Stage, book: Book, told: Told) -> None:
    """Resume whichever life waits for the earliest moment, until all have ended."""
    agenda: list[tuple[int, int, str, Life]] = []
    turns = count()
    for sale in book.sales:
        own = [cancellation for cancellation in book.cancellations if cancellation.sale == sale.number]
        heapq.heappush(agenda, (sale.at, next(turns), sale.number, life_of(stage, sale, own)))
    for stray in (cancellation for cancellation in book.cancellations if cancellation.sale is None):
        heapq.heappush(agenda, (stray.at, next(turns), stray.number, stray_life(stage, stray)))
    while agenda:
        when, _, number, life = heapq.heappop(agenda)
        stage.go_to(when)
        resumed = next(life, None)
        if resumed is None:
            told(number)
        else:
            heapq.heappush(agenda, (resumed, next(turns), number, life))


def _let_time_pass(stage: Stage, told: Told) -> None:
    for week in range(1, AFTERMATH_WEEKS + 1):
        stage.go_to(stage.now() + WEEK)
        told(f"week {week} after the last")
