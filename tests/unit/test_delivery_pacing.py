"""A place's pace: never beyond its budget, whatever is asked of it and however exactly time passes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.pacing import Pace, Urgency, Window
from bot.messages import Budget

BUDGET = Budget(5, 5.0)


def spend(pace: Pace, urgencies: list[Urgency], early: float, latency: float) -> list[float]:
    """Make these calls one after another, each as soon as it is allowed; when each started."""
    now, starts = 0.0, []
    for urgency in urgencies:
        while (at := pace.opens_at(now, urgency, now)) > now + 1e-9:
            now = at - early
        starts.append(now)
        pace.begin(now)
        now += latency
        pace.window.end(now)
    return starts


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(Urgency), min_size=6, max_size=40),
    st.sampled_from([0.0, 5e-10, 9.9e-10]),
    st.sampled_from([0.0, 0.08, 0.7, 3.0]),
)
def test_no_window_holds_more_calls_than_the_budget(
    urgencies: list[Urgency], early: float, latency: float
) -> None:
    starts = spend(Pace(BUDGET), urgencies, early, latency)

    for first, sixth in zip(starts, starts[BUDGET.calls :], strict=False):
        assert sixth - (first + latency) >= BUDGET.seconds


def test_a_return_a_trifle_away_lets_one_call_through_and_not_all() -> None:
    window = Window(BUDGET)
    for _ in range(BUDGET.calls):
        window.begin()
        window.end(0.0)
    nearly = window.next_return(0.0) - 5e-10

    for _ in range(BUDGET.calls):
        assert window.openings(nearly)[0] <= nearly
        window.begin()

    assert window.openings(nearly)[0] > nearly + 1


@settings(max_examples=100, deadline=None)
@given(st.integers(3, 40), st.sampled_from([0.0, 0.08, 0.2]))
def test_a_final_finds_room_within_a_slot_after_any_refresh(calls: int, latency: float) -> None:
    pace = Pace(BUDGET)
    ended = spend(pace, [Urgency.REFRESH] * calls, 0.0, latency)[-1] + latency

    assert pace.opens_at(ended, Urgency.FINAL, ended) - ended <= 1.0


def test_three_first_texts_go_out_together_and_the_next_are_spread() -> None:
    starts = spend(Pace(BUDGET), [Urgency.FIRST] * 5, 0.0, 0.0)

    assert starts[:3] == [0.0, 0.0, 0.0]
    assert 1.0 < starts[3] < 2.5
    assert starts[3] < starts[4] < 5.0
