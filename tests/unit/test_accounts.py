"""Money is set aside before it is spent, settled once, and no limit is passed."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import Connection, func, select

from bot.messages import Account, Estimate, Refusal, Rendered, Reservation, SpendingLimits, Usage, Whose
from bot.store.intents.accounts import State, day_of, dollars, raise_to, reserve
from bot.store.intents.nearing import Watch, noting_limits
from bot.store.intents.settlement import (
    Owed,
    begin,
    begin_again,
    keep_estimate,
    next_due,
    owe,
    owed,
    put_off,
    release,
    settle,
    take_over,
)
from bot.store.intents.spending import By, models_used, spending, spent_on
from bot.store.schema import spent, usage

ADA = Account("town:ada", "town:w:square", "town:w", "turn")
GRACE = Account("town:grace", "town:w:square", "town:w", "turn")
NOON = 1_800_000_000.0 - 1_800_000_000.0 % 86_400 + 43_200
LIMITS = SpendingLimits(Decimal(5), Decimal(1))
CALL = Estimate("acme/alpha", Decimal("0.4"))


@pytest.fixture
def conn(conn: Connection) -> Iterator[Connection]:
    """Whatever a test does, the books are right in the end."""
    yield conn
    adds_up(conn)


def adds_up(conn: Connection) -> None:
    """Whatever happened: what each scope has spent is the sum of its rows."""
    real = select(usage.c.day, usage.c.person, func.sum(usage.c.amount)).where(usage.c.play == 0)
    rows = conn.execute(real.group_by(usage.c.day, usage.c.person)).all()
    sums: dict[tuple[str, str], int] = {}
    for day, person, amount in rows:
        for scope in {"", person}:
            sums[day, scope] = sums.get((day, scope), 0) + amount
    kept = {(row.day, row.scope): row.amount for row in conn.execute(select(spent))}
    assert {key: amount for key, amount in kept.items() if amount} == {k: v for k, v in sums.items() if v}


def ask(
    conn: Connection,
    name: str,
    cost: str = "0.3",
    account: Account = ADA,
    limits: SpendingLimits = LIMITS,
    now: float = NOON,
    cheaper: str | None = None,
) -> Reservation | Refusal:
    """Set something aside."""
    wanted = Estimate("acme/alpha", Decimal(cost), Decimal(cheaper) if cheaper else None)
    return reserve(conn, name, account, wanted, limits, now)


def state(conn: Connection, name: str) -> tuple[str, Decimal]:
    """Where a request's money stands, and what it counts for."""
    row = conn.execute(select(usage).where(usage.c.id == name)).one()
    return row.state, dollars(row.amount)


def test_a_person_is_refused_when_what_is_set_aside_would_pass_their_limit(conn: Connection) -> None:
    granted = [ask(conn, str(n)) for n in range(3)]
    refused = ask(conn, "3")

    assert all(isinstance(one, Reservation) for one in granted)
    assert isinstance(refused, Refusal)
    assert (refused.level.whose, refused.level.used, refused.wanted) == (
        Whose.PERSON,
        Decimal("0.9"),
        Decimal("0.3"),
    )
    assert isinstance(ask(conn, "4", account=GRACE), Reservation)


def test_a_refusal_changes_nothing_and_less_still_fits(conn: Connection) -> None:
    ask(conn, "1", "0.9")
    assert isinstance(ask(conn, "2", "0.2"), Refusal)
    assert isinstance(ask(conn, "3", "0.1"), Reservation)
    assert spent_on(conn, day_of(NOON), "town:ada") == 1


def test_everybody_together_has_a_limit_too(conn: Connection) -> None:
    people = [Account(f"town:{n}", "c", "w") for n in range(6)]
    outcomes = [ask(conn, person.person, "0.9", person) for person in people]

    assert [isinstance(one, Reservation) for one in outcomes] == [True] * 5 + [False]
    assert isinstance(outcomes[-1], Refusal)
    assert outcomes[-1].level.whose is Whose.EVERYONE


def test_the_next_day_begins_anew_at_midnight_utc(conn: Connection) -> None:
    ask(conn, "1", "0.9")
    midnight = NOON + 43_200
    assert isinstance(ask(conn, "2", "0.9", now=midnight - 1), Refusal)
    assert isinstance(ask(conn, "3", "0.9", now=midnight), Reservation)


def test_the_reported_cost_takes_the_place_of_the_reservation_once(conn: Connection) -> None:
    ask(conn, "1", "0.9")
    first = settle(conn, "1", Decimal("0.00042"), Usage(420, 30, 300))
    second = settle(conn, "1", Decimal("0.5"))

    assert (first, second) == (True, False)
    assert state(conn, "1") == (State.SETTLED, Decimal("0.00042"))
    assert spent_on(conn, day_of(NOON), "town:ada") == Decimal("0.00042")
    assert spent_on(conn, day_of(NOON), "") == Decimal("0.00042")


def test_the_smallest_costs_add_up_exactly(conn: Connection) -> None:
    for n in range(1000):
        ask(conn, str(n), "0.001")
        settle(conn, str(n), Decimal("0.00000008"))
    assert spent_on(conn, day_of(NOON), "") == Decimal("0.00008")


def test_no_limit_holds_back_nothing_and_still_counts(conn: Connection) -> None:
    assert isinstance(ask(conn, "1", "900", limits=SpendingLimits()), Reservation)
    assert spent_on(conn, day_of(NOON), "") == 900


@pytest.mark.parametrize("limits", [SpendingLimits(person=Decimal(0)), SpendingLimits(Decimal(0), play=True)])
def test_a_limit_of_zero_lets_nothing_out_not_even_what_is_free(conn: Connection, limits: SpendingLimits) -> None:
    assert isinstance(ask(conn, "1", "0", limits=limits), Refusal)


def test_what_is_free_is_never_held_back_by_a_limit_that_is_used_up(conn: Connection) -> None:
    ask(conn, "1", "1")
    assert isinstance(ask(conn, "2", "0"), Reservation)


def test_play_money_is_noted_and_never_limited(conn: Connection) -> None:
    play = SpendingLimits(Decimal(5), Decimal(1), play=True)
    for n in range(9):
        assert isinstance(ask(conn, str(n), "0.9", limits=play), Reservation)
    settle(conn, "1", Decimal("0.5"))

    assert spent_on(conn, day_of(NOON), "town:ada") == 0
    assert sum(one.requests for one in spending(conn, By.ALL, "", 0, play=True)) == 9
    assert spending(conn, By.ALL, "", 0, play=False) == ()


def told(conn: Connection, person: str = "town:ada", limits: SpendingLimits = LIMITS, now: float = NOON) -> str:
    """The line under an answer that ends now."""
    watch = Watch(person, limits, lambda level: f"{level.whose} {level.used}", now)
    return noting_limits(conn, Rendered("hi"), watch).final.status or ""


def test_a_limit_that_is_nearly_used_is_told_once_a_day_by_the_answer_that_uses_it(conn: Connection) -> None:
    said = []
    for name, cost in (("1", "0.79"), ("2", "0.01"), ("3", "0.01")):
        ask(conn, name, cost)
        settle(conn, name, Decimal(cost))
        said.append(told(conn))

    assert said == ["", "person 0.8", ""]
    assert told(conn, now=NOON + 86_400) == ""


def test_what_is_set_aside_for_answers_under_way_is_not_used_yet(conn: Connection) -> None:
    ask(conn, "under way", "0.5")
    ask(conn, "1", "0.4")
    settle(conn, "1", Decimal("0.4"))
    before = told(conn)
    keep_estimate(conn, "under way")

    assert (before, told(conn)) == ("", "person 0.9")


def test_both_limits_are_told_together_and_only_to_those_whom_they_concern(conn: Connection) -> None:
    limits = SpendingLimits(everyone=Decimal("1.2"), person=Decimal(1))
    ask(conn, "1", "1", limits=limits)
    settle(conn, "1", Decimal(1))

    assert told(conn, "town:grace", limits) == "everyone 1"
    assert told(conn, "town:ada", limits) == "person 1"
    assert told(conn, "town:ada", replace(limits, play=True)) == ""
    assert told(conn, "town:ada", SpendingLimits()) == ""


def test_a_cheaper_model_is_offered_only_where_it_fits(conn: Connection) -> None:
    ask(conn, "1", "0.8")
    fits, too_much = ask(conn, "2", "0.5", cheaper="0.1"), ask(conn, "3", "0.5", cheaper="0.3")

    assert isinstance(fits, Refusal)
    assert isinstance(too_much, Refusal)
    assert (fits.cheaper_fits, too_much.cheaper_fits) == (True, False)


def test_a_cheaper_model_has_to_fit_into_every_limit(conn: Connection) -> None:
    for n in range(5):
        ask(conn, f"other {n}", "0.99", Account(f"town:{n}", "c", "w"))
    refused = ask(conn, "1", "2", cheaper="0.06")

    assert isinstance(refused, Refusal)
    assert (refused.level.whose, refused.cheaper_fits) == (Whose.PERSON, False)


def test_a_request_that_turns_out_larger_sets_more_aside_or_is_refused(conn: Connection) -> None:
    ask(conn, "1", "0.1")
    assert raise_to(conn, "1", Estimate("acme/alpha", Decimal("0.6")), LIMITS) is None
    assert state(conn, "1") == (State.OPEN, Decimal("0.6"))
    refused = raise_to(conn, "1", Estimate("acme/alpha", Decimal("1.1"), cheaper=Decimal("0.9")), LIMITS)

    assert isinstance(refused, Refusal)
    assert (refused.level.used, refused.cheaper_fits) == (Decimal(0), True), "what it held is free again"
    assert state(conn, "1") == (State.RELEASED, Decimal(0))


def test_what_no_model_was_asked_for_is_given_back(conn: Connection) -> None:
    ask(conn, "1")
    release(conn, "1")
    assert spent_on(conn, day_of(NOON), "town:ada") == 0
    assert spending(conn, By.ALL, "", 0, play=False) == ()


def test_a_request_made_once_more_is_set_aside_twice_until_the_first_is_priced(conn: Connection) -> None:
    ask(conn, "1", "0.4")
    begin(conn, "1", "gen_1")
    begin_again(conn, "1", "2", CALL, LIMITS, NOON + 10)
    begin(conn, "2", "gen_2")
    held = spent_on(conn, day_of(NOON), "town:ada")
    settle(conn, "2", Decimal("0.02"))

    assert held == Decimal("0.8")
    assert owed(conn, NOON + 10, 9) == (Owed("1", "gen_1", 0),)
    assert spent_on(conn, day_of(NOON), "town:ada") == Decimal("0.42")


def test_a_try_that_may_have_cost_something_stays_estimated_where_nobody_knows_its_id(conn: Connection) -> None:
    ask(conn, "1", "0.4")
    begin_again(conn, "1", "2", CALL, LIMITS, NOON + 10)

    assert state(conn, "1") == (State.ESTIMATED, Decimal("0.4"))
    assert state(conn, "2") == (State.OPEN, Decimal("0.4"))


def test_a_second_try_that_would_pass_the_limit_is_refused_and_changes_nothing(conn: Connection) -> None:
    ask(conn, "1", "0.6")
    begin(conn, "1", "gen_1")
    refused = begin_again(conn, "1", "2", CALL, LIMITS, NOON + 10)

    assert isinstance(refused, Refusal)
    assert (refused.level.whose, refused.level.used) == (Whose.PERSON, Decimal("0.6"))
    assert state(conn, "1") == (State.OPEN, Decimal("0.6"))
    assert spent_on(conn, day_of(NOON), "town:ada") == Decimal("0.6")


def test_what_is_owed_comes_up_when_it_is_due_and_is_settled_on_its_own_day(conn: Connection) -> None:
    ask(conn, "1")
    begin(conn, "1", "gen_1")
    owe(conn, "1", "gen_1", NOON + 10)
    early, due = owed(conn, NOON + 9, 9), owed(conn, NOON + 10, 9)
    put_off(conn, "1", NOON + 40)
    later = next_due(conn)
    settle(conn, "1", Decimal("0.01"))

    assert (early, due, later) == ((), (Owed("1", "gen_1", 0),), NOON + 40)
    assert spent_on(conn, day_of(NOON), "") == Decimal("0.01")
    assert next_due(conn) is None


def test_what_a_dead_process_left_is_asked_for_where_it_can_be_and_stands_where_it_cannot(
    conn: Connection,
) -> None:
    for name in ("silent", "begun", "settled"):
        ask(conn, name, "0.1")
    begin(conn, "begun", "gen_1")
    settle(conn, "settled", Decimal("0.05"))
    taken = take_over(conn, NOON + 60)

    assert taken == 2
    assert state(conn, "silent") == (State.ESTIMATED, Decimal("0.1"))
    assert state(conn, "begun") == (State.OWED, Decimal("0.1"))
    assert state(conn, "settled") == (State.SETTLED, Decimal("0.05"))
    assert owed(conn, NOON + 60, 9) == (Owed("begun", "gen_1", 0),)
    assert take_over(conn, NOON + 61) == 0


def test_spending_is_told_by_day_and_model_and_what_is_estimated_apart(conn: Connection) -> None:
    ask(conn, "1", "0.2")
    settle(conn, "1", Decimal("0.1"), Usage(100, 20))
    ask(conn, "2", "0.2")
    keep_estimate(conn, "2")
    ask(conn, "3", "0.2", GRACE, now=NOON + 86_400)
    (mine,) = spending(conn, By.PERSON, "town:ada", 0, play=False)
    ours = spending(conn, By.CHANNEL, "town:w:square", 0, play=False)
    lately = spending(conn, By.WORKSPACE, "town:w", NOON + 1, play=False)

    assert (mine.cost, mine.estimated, mine.requests, mine.tokens) == (Decimal("0.3"), Decimal("0.2"), 2, 120)
    assert [one.day for one in ours] == [day_of(NOON), day_of(NOON + 86_400)]
    assert [one.cost for one in lately] == [Decimal("0.2")]
    assert models_used(conn, 0) == {"town:w:square": ("acme/alpha",)}
