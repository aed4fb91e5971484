"""Warehouses' systems and trackers that say what a test has them say, and remember what they were asked."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.case_rows import case_id
from shared.errors import Unavailable
from shared.fulfilment.carriers.port import Tracking, TrackingRefused
from shared.fulfilment.warehouse import Answered, fulfilment_id, return_id
from shared.model import AfterSale, Parcel, WholeOrder
from shared.store.tracks import Track, Way
from tests.world import World


class MemoryTracks:
    """Where parcels were seen: as ``shared.store.tracks`` keeps it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.kept: dict[Way, Track] = {}

    def read(self, order_id: str, parcel: Way) -> Track:
        assert order_id == self.world.whole.order.order_id
        return self.kept.get(parcel, Track())

    def write(self, order_id: str, parcel: Way, track: Track) -> bool:
        if self.read(order_id, parcel).revision != track.revision:
            return False
        self.kept[parcel] = track._replace(revision=track.revision + 1)
        return True

    def postpone(self, order_id: str, subject: str, *, was: int, until: int) -> None:
        row = self.world.whole.rows[subject]
        assert order_id == self.world.whole.order.order_id
        if row.due_at == was:
            self.world.whole = self.world.whole.with_rows([replace(row, due_at=until)])


class Scripted:
    """Answers in turn; who has none left is silent."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def _say(self, asked: str) -> Any:
        self.asked.append(asked)
        answer = self.answers.pop(0) if self.answers else Unavailable("no answer")
        if isinstance(answer, Exception):
            raise answer
        return answer


class ScriptedWms(Scripted):
    """The system of a warehouse. Its answers are words: ``accepted``, or ``rejected:<reason>``."""

    sent: Any = ()  # What its books name as packages that have left.

    def push(
        self, outside: object, whole: WholeOrder, parcel: Parcel, personal: Mapping[str, str], *, now: int
    ) -> Answered:
        assert personal["name"], "who shall get it"
        return self._answer("push", fulfilment_id(whole.order.order_id, parcel))

    def intercept(self, outside: object, whole: WholeOrder, parcel: Parcel, *, now: int) -> Answered:
        return self._answer("intercept", fulfilment_id(whole.order.order_id, parcel))

    def query(self, outside: object, whole: WholeOrder, parcel: Parcel, *, now: int) -> Answered:
        return self._answer("query", fulfilment_id(whole.order.order_id, parcel))._replace(sent=self.sent)

    def expect(self, outside: object, whole: WholeOrder, parcel: Parcel, *, now: int) -> None:
        self._answer("expect", return_id(whole.order.order_id, parcel))

    def expect_case(
        self, outside: object, whole: WholeOrder, case: AfterSale, parcel: Parcel, *, now: int
    ) -> None:
        assert str(parcel.number) in case.sources, "its goods left in it"
        self._answer(f"expect {case.waybill or 'unknown'}", case_id(whole.order.order_id, case.number))

    def _answer(self, asked: str, number: str) -> Answered:
        status, _, reason = str(self._say(f"{asked} {number[27:]}")).partition(
            ":"
        )  # Without the order's number.
        return Answered(status, reason)


class ScriptedTracker(Scripted):
    """Who follows parcels. Its answers are trackings, or None: it never heard of the parcel."""

    name = "kuaidi100"

    def __init__(self, *answers: Tracking | None | Exception) -> None:
        super().__init__(*answers)
        self.subscribed: list[tuple[str, str, str, str]] = []
        self.refuses = ""

    def subscribe(
        self, outside: object, carrier: str, waybill: str, *, callback_url: str, phone_tail: str = ""
    ) -> None:
        if self.refuses:
            raise TrackingRefused(self.refuses)
        self.subscribed.append((carrier, waybill, callback_url, phone_tail))

    def query(
        self, outside: object, carrier: str, waybill: str, *, now: int, phone_tail: str = ""
    ) -> Tracking | None:
        found: Tracking | None = self._say(f"query {carrier} {waybill}")
        return found
