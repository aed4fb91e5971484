"""What time is it in the laptop cloud? One clock for handlers, schedules, tokens and signatures."""

from shared.context import real_clock


class StandingClock:
    """A clock that stands still until somebody moves it. For tests and the demo."""

    def __init__(self, start: float | None = None) -> None:
        self._now = real_clock() if start is None else float(start)

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
        return self._now

    def move_to(self, when: float) -> None:
        """Make it *when*. Time never runs backwards: an earlier moment changes nothing."""
        self._now = max(self._now, when)

    def set_to(self, when: float) -> None:
        """Start over at *when*, earlier or later."""
        self._now = float(when)


class FlowingClock(StandingClock):
    """A clock that runs with real time, ahead of it by whatever it was moved. For ``make run``."""

    def __init__(self, start: float | None = None) -> None:
        super().__init__(start)
        self._ahead = self._now - real_clock()

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
        return real_clock() + self._ahead

    def move_to(self, when: float) -> None:
        """Make it *when*, and run on from there. An earlier moment changes nothing."""
        self._ahead = max(self._ahead, when - real_clock())

    def set_to(self, when: float) -> None:
        """Start over at *when*, earlier or later."""
        self._ahead = when - real_clock()
