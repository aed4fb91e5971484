"""Let all lives happen, in the order of their real dates, in minutes."""

import heapq
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import NamedTuple

from bench.cost_meter import Meter
from bench.metering import metered
from local.clock import StandingClock
from local.demo.client import Client, ProcessDoor, SocketDoor
from local.demo.closing import liars, take_out
from local.demo.extras import scenes_of
from local.demo.invoices import Book
from local.demo.lives import life_of, stray_life
from local.demo.offers import Season, revision
from local.demo.scene import Scenes
from local.demo.stage import WEEK, Life, Stage, Told
from local.demo.takebacks import Match, taken_back
from local.demo.tariffs import SEASONS, Tracked
from local.demo.watched import Watched
from local.http import Server
from local.template import Template

OPENING_SECONDS = 3600  # Before the first invoice.
AFTERMATH_WEEKS = 6  # Time for the last parcel to arrive, ten days to confirm it, seven to settle.


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
    stocked: Told = lambda what: None,
    real_socket: bool = True,
    scenes: Scenes | None = None,
) -> Iterator[Play]:
    """Play *book* and the made-up *scenes* (all of them, if none are named) on a new cloud. *stocked* hears of
    each article on the shelves, *told* of each life that has ended, and of each week after the last."""
    season = season_of(book)
    scenes = scenes_of(book, season) if scenes is None else scenes
    with (
        Watched(template, StandingClock(season.opening), twice=twice) as cloud,
        _way_in(cloud, real_socket, twice) as stage,
    ):
        sales = (*book.sales, *(extra.sale for extra in scenes.extras))
        stage.open_shop(season, sales, scenes.goods, told=stocked)
        with metered(cloud) as meter:
            cloud.rounds.apart = meter.apart
            _live(
                stage,
                [*_agenda(stage, book, scenes), *_by_the_operator(stage, season)],
                told,
            )
            _let_time_pass(stage, told)
        take_out(stage)
        yield Play(cloud, stage, meter)


def season_of(book: Book) -> Season:
    """From before the first invoice to the last one."""
    moments = [sale.at for sale in book.sales]
    return Season(min(moments) - OPENING_SECONDS, max(moments))


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


def _agenda(stage: Stage, book: Book, scenes: Scenes) -> Iterator[tuple[int, str, Life]]:
    taken = taken_back(book)
    for sale in book.sales:
        own = [one for one in taken if one.sale == sale.number]
        yield sale.at, sale.number, life_of(stage, sale, own)
    for extra in scenes.extras:
        yield extra.sale.at, extra.sale.number, extra.life(stage)
    for happening in scenes.happenings:
        yield happening.at, happening.number, happening.life(stage)
    customers = {cancellation.number: cancellation.customer for cancellation in book.cancellations}
    for stray in (one for one in taken if one.match is Match.MADE_UP):
        yield stray.at, stray.number, stray_life(stage, stray, customers[stray.invoice])


def _by_the_operator(stage: Stage, season: Season) -> Iterator[tuple[int, str, Life]]:
    yield season.part(5), "", _revised(stage, season)
    yield from liars(stage, season)
    for tracked in SEASONS[1:]:
        yield season.part(tracked.tenth), "", _followed_by(stage, tracked)


def _followed_by(stage: Stage, tracked: Tracked) -> Life:
    stage.follow_by(tracked)
    yield from ()


def _revised(stage: Stage, season: Season) -> Life:
    """Half-way, the operator changes the terms."""
    for kind, records in revision(season).items():
        stage.publish(kind, records)
    yield from ()


def _live(stage: Stage, lives: Iterable[tuple[int, str, Life]], told: Told) -> None:
    """Resume whichever life waits for the earliest moment, until all have ended."""
    turns = count()
    agenda = [(at, next(turns), number, life) for at, number, life in lives]
    heapq.heapify(agenda)
    while agenda:
        when, _, number, life = heapq.heappop(agenda)
        stage.go_to(when)
        resumed = next(life, None)
        if resumed is not None:
            heapq.heappush(agenda, (resumed, next(turns), number, life))
        elif number:
            told(number)


def _let_time_pass(stage: Stage, told: Told) -> None:
    for week in range(1, AFTERMATH_WEEKS + 1):
        stage.go_to(stage.now() + WEEK)
        told(f"week {week} after the last")
