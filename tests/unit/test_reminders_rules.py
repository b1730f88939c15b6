"""What recurs comes when the wall clock shows it, through summer time, each time once."""

from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from bot.messages import Person, Place, Reminder, Where
from bot.reminders.due import move_on
from bot.reminders.rules import clock_of, slots_after
from bot.reminders.wall import instant_of, is_skipped, wall_of
from bot.store.intents.reminders import add_reminder, next_due, take_due

CHANNEL = Place("town", "w", "square")
ADA = Person("u1", "Ada")

YEAR = [
    # zone, the wall clock's slot, exact instants of the nights in which the clocks change, and the days around
    (
        "Europe/Berlin",
        "02:30",
        {
            "2027-03-27": "2027-03-27T01:30:00+00:00",
            "2027-03-28": "2027-03-28T01:30:00+00:00",  # 02:30 is skipped: 03:30 summer time
            "2027-03-29": "2027-03-29T00:30:00+00:00",
            "2027-10-31": "2027-10-31T00:30:00+00:00",  # the first of two
            "2027-11-01": "2027-11-01T01:30:00+00:00",
        },
    ),
    (
        "America/New_York",
        "02:30",
        {
            "2027-03-13": "2027-03-13T07:30:00+00:00",
            "2027-03-14": "2027-03-14T07:30:00+00:00",  # skipped: 03:30 summer time
            "2027-03-15": "2027-03-15T06:30:00+00:00",
            "2027-11-07": "2027-11-07T07:30:00+00:00",  # 01:00 to 02:00 is doubled, 02:30 is not
            "2027-11-08": "2027-11-08T07:30:00+00:00",
        },
    ),
    (
        "Australia/Lord_Howe",
        "02:10",  # where clocks move by half an hour
        {
            "2027-04-03": "2027-04-02T15:10:00+00:00",
            "2027-04-04": "2027-04-03T15:40:00+00:00",
            "2027-10-02": "2027-10-01T15:40:00+00:00",
            "2027-10-03": "2027-10-02T15:40:00+00:00",  # skipped: 02:40 summer time
            "2027-10-04": "2027-10-03T15:10:00+00:00",
        },
    ),
    (
        "Pacific/Auckland",
        "02:30",
        {
            "2027-04-03": "2027-04-02T13:30:00+00:00",
            "2027-04-04": "2027-04-03T13:30:00+00:00",  # the first of two
            "2027-04-05": "2027-04-04T14:30:00+00:00",
            "2027-09-26": "2027-09-25T14:30:00+00:00",  # skipped: 03:30 summer time
            "2027-09-27": "2027-09-26T13:30:00+00:00",
        },
    ),
]


def reminder(zone: str, slot: str, rule: str | None) -> Reminder:
    wall = datetime.fromisoformat(slot)
    due_at = instant_of(wall, clock_of(rule, ZoneInfo(zone)))
    return Reminder("r1", 0, ADA, CHANNEL, Where.HERE, "stretch", zone, slot, due_at, rule)


@pytest.mark.parametrize(("zone", "at", "nights"), YEAR)
def test_a_year_of_days_comes_at_the_same_time_on_the_wall_and_each_day_once(
    zone: str, at: str, nights: dict[str, str], conn: Connection
) -> None:
    add_reminder(conn, reminder(zone, f"2027-01-01T{at}:00", "FREQ=DAILY"), "town:u1", "event-1", 50)
    fired: list[float] = []

    while (due := next_due(conn, ["town"])) is not None and len(fired) < 365:
        assert take_due(conn, due - 0.001, ["town"], move_on) == ()
        (occurrence,) = take_due(conn, due, ["town"], move_on)
        assert occurrence.due_at == due
        fired.append(due)

    walls = [wall_of(instant, ZoneInfo(zone)) for instant in fired]
    by_day = {f"{wall:%Y-%m-%d}": instant for wall, instant in zip(walls, fired, strict=True)}
    assert len(by_day) == 365
    assert sum(f"{wall:%H:%M}" != at for wall in walls) == 1  # the one night that has no such time
    for day, exact in nights.items():
        assert by_day[day] == datetime.fromisoformat(exact).timestamp(), day


@pytest.mark.parametrize(("zone", "at", "_nights"), YEAR)
def test_hours_are_real_hours_in_every_zone(zone: str, at: str, _nights: dict[str, str]) -> None:
    slot = datetime.fromisoformat(f"2027-01-01T{at}:00")
    begin = instant_of(slot, ZoneInfo("UTC"))

    instants = [i for _, i in islice(slots_after("FREQ=HOURLY;INTERVAL=2", slot, ZoneInfo(zone)), 365 * 12)]

    assert instants == [begin + 7200.0 * n for n in range(1, 365 * 12 + 1)]


def test_what_was_missed_is_told_once_by_its_last_slot() -> None:
    away = reminder("Europe/Berlin", "2027-03-01T09:00:00", "FREQ=DAILY")
    back = datetime(2027, 3, 31, 12, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()

    occurrence, after = move_on(away, back)

    assert wall_of(occurrence.due_at, ZoneInfo("Europe/Berlin")).isoformat() == "2027-03-31T09:00:00"
    assert occurrence.missed == 30
    assert after.slot == "2027-04-01T09:00:00"
    assert after.due_at is not None
    assert after.due_at > back


def test_every_second_friday_keeps_its_weeks_whatever_was_missed() -> None:
    fridays = reminder("America/New_York", "2027-01-01T10:00:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR")
    zone = ZoneInfo("America/New_York")
    expected = [(datetime(2027, 1, 1, 10) + timedelta(14 * n)).isoformat() for n in range(1, 27)]

    seen, left = [], fridays
    for days in (0, 3, 20, 90, 200, 300):
        now = instant_of(datetime(2027, 1, 1, 12) + timedelta(days), zone)
        if left.due_at is not None and left.due_at <= now:
            _, left = move_on(left, now)
            seen.append(left.slot)

    assert set(seen) <= set(expected)


RULES = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 40)),
    st.builds(
        "FREQ=WEEKLY;INTERVAL={};BYDAY={}".format,
        st.integers(1, 8),
        st.sets(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1).map(",".join),
    ),
    st.builds("FREQ=MONTHLY;INTERVAL={};BYMONTHDAY={}".format, st.integers(1, 6), st.integers(1, 28)),
    st.sampled_from(
        [
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
            "FREQ=MONTHLY;BYDAY=-1FR",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1",
            "FREQ=HOURLY;INTERVAL=7",
        ]
    ),
)
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland", "UTC"])
SLOTS = st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31)).map(lambda one: one.replace(microsecond=0))


@settings(max_examples=150, deadline=None)
@given(rule=RULES, zone=ZONES, slot=SLOTS)
def test_slots_always_come_later_and_show_the_same_time_on_the_wall(rule: str, zone: str, slot: datetime) -> None:
    there = clock_of(rule, ZoneInfo(zone))

    some = list(islice(slots_after(rule, slot, there), 40))

    instants = [instant_of(slot, there), *(instant for _, instant in some)]
    assert instants == sorted(set(instants))
    for wall, instant in some:
        assert "HOURLY" in rule or wall.time() == slot.time()
        assert wall_of(instant, there) == wall or is_skipped(wall, there)


@settings(max_examples=60, deadline=None)
@given(rule=RULES, zone=ZONES, slot=SLOTS, away=st.floats(0, 40 * 86_400.0))
def test_moving_on_at_once_or_late_ends_at_the_same_next_slot(
    rule: str, zone: str, slot: datetime, away: float
) -> None:
    due = reminder(zone, slot.isoformat(), rule)
    assert due.due_at is not None
    now = due.due_at + away

    late, after = move_on(due, now)

    steps, one_by_one = 0, due
    while one_by_one.due_at is not None and one_by_one.due_at <= now:
        _, one_by_one = move_on(one_by_one, one_by_one.due_at)
        steps += 1
    assert one_by_one == after
    assert late.missed == steps - 1
    assert late.due_at <= now < (after.due_at or float("inf"))
