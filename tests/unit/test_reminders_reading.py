"""What people write becomes the instant they mean, or one question."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.errors import TimeUnclear
from bot.messages import Person, Place, Reminder, Where
from bot.preferences import TIME_ZONE
from bot.reminders.parting import _divisions, split_when
from bot.reminders.reading import When, read_when
from bot.reminders.rules import slots_after
from bot.reminders.saying import confirmed, exact, often_of

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 11, 25, 16, 40, tzinfo=ZoneInfo(BERLIN)).timestamp()  # a Wednesday


@pytest.mark.parametrize(
    ("written", "wall"),
    [
        ("in 20 minutes", "2026-11-25T17:00:00"),
        ("in an hour and a half", "2026-11-25T18:10:00"),
        ("in half an hour", "2026-11-25T17:10:00"),
        ("90m", "2026-11-25T18:10:00"),
        ("in 3 days", "2026-11-28T16:40:00"),
        ("in two weeks", "2026-12-09T16:40:00"),
        ("tomorrow at nine", "2026-11-26T09:00:00"),
        ("Tomorrow 9am!", "2026-11-26T09:00:00"),
        ("tomorrow evening at 8", "2026-11-26T20:00:00"),
        ("half past nine tomorrow", "2026-11-26T09:30:00"),
        ("quarter to ten on Monday", "2026-11-30T09:45:00"),
        ("tonight", "2026-11-25T20:00:00"),
        ("at 17:00", "2026-11-25T17:00:00"),
        ("at 12", "2026-11-26T12:00:00"),
        ("at midnight", "2026-11-26T00:00:00"),
        ("Wednesday at 18:00", "2026-11-25T18:00:00"),
        ("Wednesday at 10:00", "2026-12-02T10:00:00"),
        ("next Monday", "2026-11-30T09:00:00"),
        ("on the 5th at 14:00", "2026-12-05T14:00:00"),
        ("5th of January", "2027-01-05T09:00:00"),
        ("24.12. 18:00", "2026-12-24T18:00:00"),
        ("2026-12-01 09:00", "2026-12-01T09:00:00"),
        ("2026-12-01T09:00", "2026-12-01T09:00:00"),
        ("tomorrow at 05:00", "2026-11-26T05:00:00"),
        ("morgen um 9 Uhr", "2026-11-26T09:00:00"),
        ("in 20 Minuten", "2026-11-25T17:00:00"),
        ("demain à 9h", "2026-11-26T09:00:00"),
        ("mañana a las 9", "2026-11-26T09:00:00"),
        ("morgen um zehn", "2026-11-26T10:00:00"),
        ("demain à dix heures", "2026-11-26T10:00:00"),
        ("demain à 10 heures", "2026-11-26T10:00:00"),
        ("mañana a las diez", "2026-11-26T10:00:00"),
        ("domani alle undici", "2026-11-26T11:00:00"),
        ("tomorrow 9 in the evening", "2026-11-26T21:00:00"),
        ("noon", "2026-11-26T12:00:00"),
        ("25 November at 18:00", "2026-11-25T18:00:00"),
        ("by eod tomorrow", "2026-11-26T17:00:00"),
        ("in a fortnight", "2026-12-09T16:40:00"),
        ("in 1.5 days", "2026-11-27T04:40:00"),
        ("in 2.5 weeks", "2026-12-13T04:40:00"),
        ("in 3 Monaten", "2027-02-25T16:40:00"),
        ("через 2 часа", "2026-11-25T18:40:00"),
        ("a week from tomorrow", "2026-12-03T09:00:00"),
        ("12月24日9時", "2026-12-24T09:00:00"),
        ("Friday, 27 November at 9:00", "2026-11-27T09:00:00"),
        ("in a couple of hours", "2026-11-25T18:40:00"),
        ("next weekend", "2026-12-05T09:00:00"),
        ("New Year's Eve at 23:00", "2026-12-31T23:00:00"),
        ("2026-12-24T18:00Z", "2026-12-24T19:00:00"),
        ("明日の10時に", "2026-11-26T10:00:00"),
        ("明日の午後3時半", "2026-11-26T15:30:00"),
        ("明天上午9点", "2026-11-26T09:00:00"),
        ("내일 오후 3시", "2026-11-26T15:00:00"),
        ("in einer halben Stunde", "2026-11-25T17:10:00"),
        ("übermorgen um halb 10", "2026-11-27T09:30:00"),
        ("nächsten Montag um 10", "2026-11-30T10:00:00"),
        ("heute Abend um 8", "2026-11-25T20:00:00"),
        ("dans 2 heures", "2026-11-25T18:40:00"),
        ("lundi prochain à 14h", "2026-11-30T14:00:00"),
        ("mañana por la mañana", "2026-11-26T09:00:00"),
        ("morgen om 9 uur", "2026-11-26T09:00:00"),
        ("jutro o 9", "2026-11-26T09:00:00"),
        ("завтра в 9", "2026-11-26T09:00:00"),
    ],
)
def test_words_name_an_instant_on_the_persons_own_clock(written: str, wall: str) -> None:
    meant = read_when(written, BERLIN, NOW)

    assert meant.slot.isoformat() == wall
    assert meant.due_at == datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(BERLIN)).timestamp()
    assert meant.rule is None


@pytest.mark.parametrize(
    ("written", "first", "rule"),
    [
        ("every second Friday at 10", "2026-11-27T10:00:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"),
        ("on 3 March at 14:00 every year", "2027-03-03T14:00:00", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3"),
        ("every weekday at 8:30", "2026-11-26T08:30:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        ("Mondays and Thursdays at 7am", "2026-11-26T07:00:00", "FREQ=WEEKLY;BYDAY=MO,TH"),
        ("daily at 9", "2026-11-26T09:00:00", "FREQ=DAILY"),
        ("every other day at 9pm", "2026-11-25T21:00:00", "FREQ=DAILY;INTERVAL=2"),
        ("every first Monday of the month at 9", "2026-12-07T09:00:00", "FREQ=MONTHLY;BYDAY=1MO"),
        ("on the last day of every month", "2026-11-30T09:00:00", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        (
            "every month on the 31st",
            "2026-11-30T09:00:00",
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
        ),
        ("every month on the last day", "2026-11-30T09:00:00", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("the first of every month", "2026-12-01T09:00:00", "FREQ=MONTHLY;BYMONTHDAY=1"),
        ("jeden Montag um 10", "2026-11-30T10:00:00", "FREQ=WEEKLY;BYDAY=MO"),
        ("tous les jours à 9h", "2026-11-26T09:00:00", "FREQ=DAILY"),
        ("毎週月曜日 10時", "2026-11-30T10:00:00", "FREQ=WEEKLY;BYDAY=MO"),
        ("every day at 9 for 3 days", "2026-11-26T09:00:00", "FREQ=DAILY;UNTIL=20261128T235959"),
        ("every 3 hours until tomorrow", "2026-11-25T18:40:00", "FREQ=HOURLY;INTERVAL=3;UNTIL=20261126T225959"),
        ("every 3 hours", "2026-11-25T18:40:00", "FREQ=HOURLY;INTERVAL=3"),
        ("every 3 days starting Friday at 10:00", "2026-11-27T10:00:00", "FREQ=DAILY;INTERVAL=3"),
        ("every week on Friday at 10:00", "2026-11-27T10:00:00", "FREQ=WEEKLY;BYDAY=FR"),
        ("every week", "2026-12-02T09:00:00", "FREQ=WEEKLY;BYDAY=WE"),
        ("every December 24 at noon", "2026-12-24T12:00:00", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"),
    ],
)
def test_what_recurs_is_a_rule_and_its_first_slot(written: str, first: str, rule: str) -> None:
    meant = read_when(written, BERLIN, NOW)

    assert (meant.slot.isoformat(), meant.rule) == (first, rule)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("tomorrow at 5", "05:00 or 17:00"),
        ("at 8", "Wednesday, 25 November 2026 at 20:00 or Thursday, 26 November 2026 at 08:00"),
        ("next Friday at 10am", "27 November 2026 or Friday, 4 December 2026"),
        ("03/04/2027 at 10:00", "3 April 2027 or Thursday, 4 March 2027"),
        ("tomorrow at midnight", "beginning of Thursday, 26 November 2026, 00:00, or at its end"),
        ("today at 9am", "has passed. Do you mean Thursday, 26 November 2026 at 09:00?"),
        ("yesterday at 5pm", "is in the past"),
        ("2020-01-01", "is in the past"),
        ("tomorrow at 25:00", "on the clock or in the calendar"),
        ("2027-02-30 10:00", "on the clock or in the calendar"),
        ("every 10 minutes", "Once an hour"),
        ("in 11 years", "ten years"),
        ("tomorrow at 9 Mars/Olympus", "don't know the time zone"),
        ("buy milk", "Try “in 20 minutes”"),
        ("me", "I can't tell when"),
        ("tomorrow 7", "I can't tell when"),
        ("in 3 days 7", "I can't tell when"),
        ("in 20 minutes ago", "I can't tell when"),
        ("tomorrow pm at 10:00", "I can't tell when"),
        ("an hour before tomorrow at 10:00", "I can't tell when"),
        ("every month on the 15th Friday", "on the clock or in the calendar"),
        ("tomorrow at 9 and 17", "I can't tell when"),
        ("every 2 days at 9 and 17", "I can't tell when"),
        ("every 4 hours from 9 to 17", "I can't tell when"),
        ("every hour drink water", "I can't tell when"),
        ("Saturday, 27 November", "I can't tell when"),
        ("every Friday the 13th", "I can't tell when"),
        ("every month on Friday at 10:00", "begin on Friday, 27 November 2026, or come on that day alone?"),
        ("every hour on Monday", "begin on Monday, 30 November 2026, or come on that day alone?"),
        ("every second Friday at 10:00 Monday", "begin on Monday, 30 November 2026, or come on that day alone?"),
        ("in 1.5 months", "I can't tell when"),
        ("tomorrow at 24:00", "beginning of Thursday, 26 November 2026, 00:00, or at its end"),
        ("tomorrow at 14:00 UTC+5:30", "don't know the time zone UTC+5:30"),
        ("tomorrow 14:00 +05:30", "don't know the time zone +05:30"),
    ],
)
def test_what_is_past_or_can_be_read_in_two_ways_is_one_question(written: str, asked: str) -> None:
    with pytest.raises(TimeUnclear) as error:
        read_when(written, BERLIN, NOW)

    assert asked in error.value.said


def test_without_a_known_zone_only_a_wall_clock_time_asks_for_one() -> None:
    assert read_when("in 20 minutes", None, NOW).due_at == NOW + 1200
    assert read_when("every 2 hours", None, NOW).due_at == NOW + 7200
    assert read_when("tomorrow at 9 America/New_York", None, NOW).zone == "America/New_York"
    with pytest.raises(TimeUnclear, match="/settings time_zone"):
        read_when("tomorrow at nine", None, NOW)


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("tomorrow 9am PST", "America/Los_Angeles"),
        ("9am pst tomorrow", "America/Los_Angeles"),
        ("26 November at 9 Tokyo time", "Asia/Tokyo"),
        ("tomorrow at 9 in London", "Europe/London"),
        ("tomorrow at 9:00 eastern time", "America/New_York"),
        ("tomorrow 9am ET", "America/New_York"),
        ("9:00 UTC+2 tomorrow", "Etc/GMT-2"),
        ("tomorrow 9am in San Francisco", "America/Los_Angeles"),
        ("tomorrow at 9 America/New_York", "America/New_York"),
        ("at 9 Europe/London tomorrow", "Europe/London"),
        ("every day at 9 europe/london until Friday", "Europe/London"),
    ],
)
def test_a_zone_is_known_by_what_people_call_it(written: str, zone: str) -> None:
    meant = read_when(written, BERLIN, NOW)

    assert (meant.zone, meant.slot.isoformat()) == (zone, "2026-11-26T09:00:00")


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("new york", "America/New_York"),
        ("europe/berlin", "Europe/Berlin"),
        ("PST", "America/Los_Angeles"),
        ("UTC", "UTC"),
        ("UTC+2", "Etc/GMT-2"),
    ],
)
def test_a_zone_is_set_by_the_names_that_are_known_in_a_time(typed: str, zone: str) -> None:
    assert TIME_ZONE.read(typed) == zone


def test_a_zone_that_is_not_known_is_never_passed_over() -> None:
    with pytest.raises(TimeUnclear):
        read_when("tomorrow 9am WAT", BERLIN, NOW)


def test_an_end_is_kept_in_the_rule_and_told() -> None:
    meant = read_when("every day at 9 until Friday", BERLIN, NOW)
    after = [wall.isoformat() for wall, _ in slots_after(meant.rule or "", meant.slot, ZoneInfo(BERLIN))]
    with pytest.raises(TimeUnclear, match="before it first comes"):
        read_when("every day at 9 until yesterday", BERLIN, NOW)

    assert [meant.slot.isoformat(), *after] == ["2026-11-26T09:00:00", "2026-11-27T09:00:00"]
    assert "every day at 09:00 until Friday, 27 November 2026, first on" in confirmed(_kept(meant), ())


def _kept(meant: When) -> Reminder:
    made = Reminder("r", 1, Person("u", "Ada"), Place("t", "w", "c"), Where.ME, "tea", meant.zone, "", None)
    return replace(made, slot=meant.slot.isoformat(), due_at=meant.due_at, rule=meant.rule)


@pytest.mark.parametrize("zone", [BERLIN, "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize(
    "written",
    [
        "every second Friday at 10 until 28 March 2027",
        "every 6 hours until 31 March 2027",
        "every hour for 6 weeks",
        "every 3 months on the 31st at 02:30",
        "every month on the 15th until Christmas",
        "the last Friday of every month at 15:00 for 1 year",
        "on 29 February every year at 9",
        "weekdays at 23:59 through 24 December",
    ],
)
def test_what_is_confirmed_reads_back_as_what_was_meant(written: str, zone: str) -> None:
    meant = read_when(written, zone, NOW)
    kept = _kept(meant)

    assert read_when(often_of(kept), zone, NOW).rule == meant.rule
    assert read_when(exact(meant.due_at, meant.zone), None, NOW).due_at == meant.due_at


def test_a_long_text_is_searched_for_a_time_only_where_it_begins_and_ends() -> None:
    with pytest.raises(TimeUnclear):
        split_when("drink tea to " * 3_000, BERLIN, NOW)

    assert len(list(_divisions("to " * 10_000))) < 100


def test_an_hour_is_an_hour_when_the_clocks_change() -> None:
    night = datetime(2027, 3, 28, 1, 30, tzinfo=ZoneInfo(BERLIN)).timestamp()

    assert read_when("in 2 hours", BERLIN, night).due_at == night + 7200
    assert read_when("in 2 Stunden", BERLIN, night).due_at == night + 7200
    assert read_when("in 1 day", BERLIN, night).due_at == night + 23 * 3600


def test_a_skipped_or_doubled_time_says_what_becomes_of_it() -> None:
    skipped = read_when("on 28 March 2027 at 02:30", BERLIN, NOW)
    doubled = read_when("31.10.2027 02:30", BERLIN, NOW)

    assert datetime.fromtimestamp(skipped.due_at, ZoneInfo(BERLIN)).isoformat() == "2027-03-28T03:30:00+02:00"
    assert "it comes at 03:30" in skipped.notes[0]
    assert datetime.fromtimestamp(doubled.due_at, ZoneInfo(BERLIN)).isoformat() == "2027-10-31T02:30:00+02:00"
    assert "I take the first" in doubled.notes[0]


@pytest.mark.parametrize(
    ("typed", "wall", "text"),
    [
        ("tomorrow at nine to call Bob", "2026-11-26T09:00:00", "call Bob"),
        ("call Bob tomorrow at nine", "2026-11-26T09:00:00", "call Bob"),
        ("me to stretch in 5 minutes", "2026-11-25T16:45:00", "stretch"),
        ("tomorrow at nine call Bob", "2026-11-26T09:00:00", "call Bob"),
        ("quarter to nine tomorrow to go home", "2026-11-26T08:45:00", "go home"),
        ("明日の10時に電話", "2026-11-26T10:00:00", "電話"),
        ("Bob anrufen morgen um 9", "2026-11-26T09:00:00", "Bob anrufen"),
        ("tomorrow at 10 in London to call Bob in Paris", "2026-11-26T10:00:00", "call Bob in Paris"),
        ("every second Friday at 10: retro", "2026-11-27T10:00:00", "retro"),
        ("tomorrow at 9 UTC to call", "2026-11-26T09:00:00", "call"),
        ("Bericht schreiben morgen um 9 Uhr", "2026-11-26T09:00:00", "Bericht schreiben"),
    ],
)
def test_the_time_is_told_apart_from_what_is_to_be_said(typed: str, wall: str, text: str) -> None:
    meant, said = split_when(typed, BERLIN, NOW)

    assert (meant.slot.isoformat(), said) == (wall, text)


@pytest.mark.parametrize(
    ("typed", "wall", "rule", "text"),
    [
        ("on the 3rd of March at 9 to call Bob", "2027-03-03T09:00:00", None, "call Bob"),
        ("on the 1st of every month: rent", "2026-12-01T09:00:00", "FREQ=MONTHLY;BYMONTHDAY=1", "rent"),
        ("tomorrow of marketing plans", "2026-11-26T09:00:00", None, "marketing plans"),
        (
            "every day at 9 Europe/Berlin until Friday: tea",
            "2026-11-26T09:00:00",
            "FREQ=DAILY;UNTIL=20261127T235959",
            "tea",
        ),
        (
            "water the plants every second Friday at 10 until 24 December",
            "2026-11-27T10:00:00",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;UNTIL=20261224T235959",
            "water the plants",
        ),
        ("Remind me to call Bob tomorrow at 9", "2026-11-26T09:00:00", None, "call Bob"),
        ("tomorrow at 9 review Client/Server design", "2026-11-26T09:00:00", None, "review Client/Server design"),
        ("morgen um zehn Bob anrufen", "2026-11-26T10:00:00", None, "Bob anrufen"),
    ],
)
def test_a_time_is_told_apart_whole_from_what_is_to_be_said(
    typed: str, wall: str, rule: str | None, text: str
) -> None:
    when, said = split_when(typed, BERLIN, NOW)

    assert (when.slot.isoformat(), when.rule, said) == (wall, rule, text)
