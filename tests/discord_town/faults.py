"""What can go wrong with a call, as data: `town.faults.add("edit_message", fails(503), times=2)`."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tests.discord_town.calls import Call

_FOR_EVER = 86_400.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to go wrong. `done` says that the work is done all the same.

    `seconds` pass before anything happens, `late` seconds after it, before the answer. `cut` ends the connection
    without an answer, with `reset` by a RST; a download is cut in the middle.
    """

    status: int | None = None
    code: int = 0
    message: str = "as told"
    done: bool = False
    seconds: float = 0.0
    late: float = 0.0
    cut: bool = False
    reset: bool = False
    retry_after: float | None = None
    everywhere: bool = False
    via: bool = True

    @property
    def harmless(self) -> bool:
        """Whether the call is answered as if nothing were wrong."""
        return self.status is None and not self.cut

    def __and__(self, other: "Fault") -> "Fault":
        """Both: the waits of both, and the answer of whichever has one."""
        answering = other if other.status is not None or other.cut else self
        return replace(
            answering,
            seconds=self.seconds + other.seconds,
            late=self.late + other.late,
            done=self.done or other.done,
        )


def fails(status: int, code: int = 0, message: str = "as told", *, done: bool = False) -> Fault:
    """Answered with this status; the work is not done unless `done`."""
    return Fault(status, code, message, done=done)


def lost() -> Fault:
    """The work is done, then the connection breaks: nobody hears the answer."""
    return Fault(done=True, cut=True)


def cut() -> Fault:
    """The connection breaks before anything is done."""
    return Fault(cut=True)


def reset(*, done: bool = False) -> Fault:
    """The connection is reset by the peer."""
    return Fault(done=done, cut=True, reset=True)


def slow(seconds: float, *, late: float = 0.0) -> Fault:
    """Takes this long, then all is well. `late` is time between the work and the answer."""
    return Fault(seconds=seconds, late=late)


def never(*, done: bool = False) -> Fault:
    """Nobody ever answers; with `done` the work is done all the same."""
    return Fault(late=_FOR_EVER, done=True) if done else Fault(seconds=_FOR_EVER)


def too_many(retry_after: float, *, everywhere: bool = False, via: bool = True) -> Fault:
    """A 429. Without `via` it looks as if it came from Cloudflare and not from Discord."""
    return Fault(429, retry_after=retry_after, everywhere=everywhere, via=via)


@dataclass
class _Planned:
    route: str
    fault: Fault
    times: float
    where: Callable[[Call], bool]


@dataclass
class Faults:
    """What is planned to go wrong, in order."""

    routes: set[str]
    planned: list[_Planned] = field(default_factory=list)

    def add(
        self,
        route: str,
        fault: Fault,
        *,
        times: float = 1,
        where: Callable[[Call], bool] = lambda _: True,
    ) -> None:
        """Let the next `times` calls of a route go wrong; `*` is any route, infinity until `clear`."""
        assert route in {*self.routes, "*"}, f"{route!r} is none of {sorted(self.routes)}"
        self.planned.append(_Planned(route, fault, times, where))

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self.planned.clear()

    def take(self, call: Call) -> Fault:
        """What goes wrong with this call; nothing, most often."""
        for plan in self.planned:
            if plan.route in (call.route, "*") and plan.where(call):
                plan.times -= 1
                if plan.times <= 0:
                    self.planned.remove(plan)
                return plan.fault
        return Fault()
