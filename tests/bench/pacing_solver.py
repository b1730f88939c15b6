"""The best that any pacing could do: schedules of calls that no pump can beat, computed rather than believed.

The model. `replies` answers start together at time 0, are written evenly and end together after `length` seconds.
A call made at `c` shows one of them, `latency` seconds later, as it was at `c`. Any window of `budget.seconds`
holds at most `budget.calls` calls. The staleness of a reply at `t` is the age of its oldest text not yet visible,
and what is minimised is its average over the stream, from 0 to `length`, and over the replies. A slot is `seconds
/ calls`. The first text of the first reply is shown at once: that is a promise, and binds every schedule.

The calls go round the replies, which by convexity is best. A schedule is then only its times, and its staleness
half the sum of the squared gaps that each reply sees, divided by the length, plus what the latency adds. Two
optima follow:

* `offline`: the length is known. Besides the budget only the final binds it: a call must be free for it so soon
  that it is visible within one slot of the end. For each number of calls this is the projection of one point on a
  polyhedron, found by Hildreth's method; the best number is taken.
* `online`: the length is not known, and as nothing else is random either, an online schedule is one list of times
  for all lengths. It has to be ready for a final at any time, and no reply may wait longer than 1.5 slots for
  each of those that share the budget. It minimises the mean, over lengths that are log-uniform between 0.5 and 30
  seconds, of its staleness divided by the offline one: every scale of answer counts the same, and no length can
  be bought dearly with another. Found by pattern search over the first gaps, from several starts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product

from bot.messages import Budget

Times = tuple[float, ...]
LONGEST_GAP = 1.5  # slots for each reply that shares the budget
_SHORTEST, _LONGEST, _LENGTHS = 0.5, 30.0, 25
_SEARCHED = 9  # the first gaps; the later ones are a slot each
_SWEEPS, _TOLERANCE = 2000, 1e-6


@dataclass(frozen=True, slots=True)
class Setting:
    """What is shared, by how many, and how long a call takes."""

    budget: Budget
    replies: int
    latency: float

    @property
    def slot(self) -> float:
        """Seconds between calls that go on for ever."""
        return self.budget.seconds / self.budget.calls

    @property
    def sustained(self) -> float:
        """The same for a caller who learns of a call's arrival only by its answer."""
        return (self.budget.seconds + self.latency) / self.budget.calls


@dataclass(frozen=True, slots=True)
class _Bound:
    """`sum(weight * x) >= least`, or equal to it; the weights by the number of the variable."""

    weights: dict[int, float]
    least: float
    equal: bool = False
    norm: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "norm", sum(weight * weight for weight in self.weights.values()))


def lengths() -> list[float]:
    """Answers to judge by, log-uniform."""
    step = (_LONGEST / _SHORTEST) ** (1 / (_LENGTHS - 1))
    return [_SHORTEST * step**n for n in range(_LENGTHS)]


def staleness(times: Sequence[float], length: float, setting: Setting) -> float:
    """Mean staleness of this schedule for answers of this length, the calls going round the replies."""
    last = [0.0] * setting.replies
    area = 0.0
    for n, at in enumerate(times):
        if at + setting.latency >= length:
            break
        reply = n % setting.replies
        area += (at - last[reply]) ** 2 / 2 + (at - last[reply]) * setting.latency
        last[reply] = at
    return (area + sum((length - at) ** 2 / 2 for at in last)) / length / setting.replies


@cache
def offline(setting: Setting, length: float) -> Times:
    """The best schedule for answers of this known length."""
    most = int(length / setting.slot) + setting.budget.calls
    schedules = [_best_with(setting, length, calls) for calls in range(1, most + 1)]
    return min((times for times in schedules if times), key=lambda times: staleness(times, length, setting))


@cache
def online(setting: Setting) -> Times:
    """The best schedule for answers of unknown length."""
    best: tuple[float, Times] | None = None
    for start in (0.1, 0.3, 0.6, 1.0):
        gaps = [min(1.0, start * 2**n) * setting.slot for n in range(_SEARCHED)]
        found = _search(gaps, lambda tried: _unknown_length_cost(_admissible(tried, setting), setting))
        if best is None or found[0] < best[0]:
            best = found[0], _admissible(found[1], setting)
    assert best is not None
    return best[1]


# --- known length: a projection --------------------------------------------------------------------


def _best_with(setting: Setting, length: float, calls: int) -> Times:
    """The best times for so many calls; none when they do not fit."""
    chains = [_chain(n, setting.replies) for n in range(calls)]
    lasts = range(calls, calls + min(calls, setting.replies))
    bounds = _bounds(setting, length, chains, lasts)
    start = [0.0] * calls + [setting.latency] * len(lasts)
    gaps = _project(start, bounds)
    if gaps is None:
        return ()
    times = tuple(sum(gaps[n] for n in chain) for chain in chains)
    return times if times[-1] + setting.latency <= length + _TOLERANCE else ()


def _chain(call: int, replies: int) -> tuple[int, ...]:
    """The gaps of one reply that lead up to this call."""
    return tuple(range(call % replies, call + 1, replies))


def _bounds(setting: Setting, length: float, chains: list[tuple[int, ...]], lasts: range) -> list[_Bound]:
    calls, budget = len(chains), setting.budget
    bounds = [_Bound({n: 1.0}, 0.0) for n in range(1, calls + len(lasts))]
    bounds.append(_Bound({0: 1.0}, 0.0, equal=True))
    bounds += [_difference(chains[n], chains[n - 1], 0.0) for n in range(1, calls)]
    bounds += [
        _difference(chains[n], chains[n - budget.calls], budget.seconds) for n in range(budget.calls, calls)
    ]
    if calls >= budget.calls:
        latest = length + setting.slot - setting.latency - budget.seconds
        bounds.append(_difference((), chains[calls - budget.calls], -latest))
    for last in lasts:
        reply = (last - calls) % setting.replies
        ends = max((chain for chain in chains if chain[0] == reply), key=len)
        bounds.append(_Bound({**dict.fromkeys(ends, 1.0), last: 1.0}, length, equal=True))
    return bounds


def _difference(later: tuple[int, ...], earlier: tuple[int, ...], least: float) -> _Bound:
    weights = dict.fromkeys(later, 1.0)
    for n in earlier:
        weights[n] = weights.get(n, 0.0) - 1.0
    return _Bound({n: weight for n, weight in weights.items() if weight}, least)


def _project(start: list[float], bounds: list[_Bound]) -> list[float] | None:
    """The nearest point within all bounds, by Hildreth's method; None when there is none."""
    point, multipliers = list(start), [0.0] * len(bounds)
    for _ in range(_SWEEPS):
        moved = 0.0
        for n, bound in enumerate(bounds):
            short = bound.least - sum(weight * point[m] for m, weight in bound.weights.items())
            step = short / bound.norm
            if not bound.equal:
                step = max(step, -multipliers[n])
            if step:
                multipliers[n] += step
                moved = max(moved, abs(step))
                for m, weight in bound.weights.items():
                    point[m] += step * weight
        if moved < _TOLERANCE:
            return point
        if max(multipliers) > 1e4:
            return None
    return None


# --- unknown length: a search ----------------------------------------------------------------------


def _admissible(gaps: Sequence[float], setting: Setting) -> Times:
    """The schedule with these gaps, each call put off until budget and readiness for a final allow it."""
    budget, slot = setting.budget, setting.slot
    times = [0.0]
    while times[-1] < _LONGEST:
        n = len(times)
        at = times[-1] + (gaps[n - 1] if n <= len(gaps) else slot)
        if n >= budget.calls:
            at = max(at, times[n - budget.calls] + budget.seconds)
        if n >= budget.calls - 1:
            at = max(at, times[n - budget.calls + 1] + budget.seconds - slot + setting.latency)
        times.append(at)
    return tuple(times)


def _unknown_length_cost(times: Times, setting: Setting) -> float:
    seen = [0.0] * setting.replies
    late = 0.0
    for n, at in enumerate(times):
        late += max(0.0, at - seen[n % setting.replies] - LONGEST_GAP * setting.slot * setting.replies)
        seen[n % setting.replies] = at
    ratios = [
        staleness(times, length, setting) / staleness(offline(setting, length), length, setting)
        for length in lengths()
    ]
    return sum(ratios) / len(ratios) + 100 * late


def _search(start: list[float], cost: Callable[[list[float]], float]) -> tuple[float, list[float]]:
    """Descend in ever smaller steps: one gap changes, and either all later calls move or the next gap makes up."""
    at, best = list(start), cost(start)
    step = 0.4
    while step > 0.005:
        improved = False
        for n, change, made_up in product(range(len(at)), (step, -step), (False, True)):
            tried = [*at[:n], max(0.0, at[n] + change), *at[n + 1 :]]
            if made_up and n + 1 < len(at):
                tried[n + 1] = max(0.0, at[n + 1] - change)
            if (value := cost(tried)) < best - 1e-9:
                at, best, improved = tried, value, True
        if not improved:
            step /= 2
    return best, at
