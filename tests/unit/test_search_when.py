"""The moments that people name when they look back."""

from datetime import UTC, datetime

import pytest

from bot.errors import TimeUnclear
from bot.search.when import moment_in, parted_moment

NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC).timestamp()  # a Wednesday


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("2026-05-01", "2026-04-30 22:00"),
        ("2026-05", "2026-04-30 22:00"),
        ("2025", "2024-12-31 23:00"),
        ("2026-11-20 14:00", "2026-11-20 13:00"),
        ("today", "2026-11-24 23:00"),
        ("Yesterday", "2026-11-23 23:00"),
        ("yesterday at 9:00", "2026-11-24 08:00"),
        ("3 days ago", "2026-11-21 23:00"),
        ("2 hours ago", "2026-11-25 13:30"),
        ("monday", "2026-11-22 23:00"),
        ("this week", "2026-11-22 23:00"),
        ("last week", "2026-11-15 23:00"),
        ("last month", "2026-09-30 22:00"),
        ("this month", "2026-10-31 23:00"),
        ("last year", "2024-12-31 23:00"),
        ("1 May", "2026-04-30 22:00"),
        ("gestern", "2026-11-23 23:00"),
    ],
)
def test_a_day_begins_where_the_asker_lives(words: str, moment: str) -> None:
    found = datetime.fromtimestamp(moment_in(words, "Europe/Berlin", NOW), UTC)

    assert f"{found:%Y-%m-%d %H:%M}" == moment


@pytest.mark.parametrize("words", ["", "  ", "soonish", "2026-13-40", "0000", "x" * 200, "99999 years ago"])
def test_what_names_no_moment_is_asked_about_in_one_sentence(words: str) -> None:
    with pytest.raises(TimeUnclear, match="I can't tell when"):
        moment_in(words, None, NOW)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("last week launch plan", ("last week", "launch plan")),
        ("2026-05-01 launch", ("2026-05-01", "launch")),
        ("3 days ago", ("3 days ago", "")),
        ("launch", ("launch", "")),
    ],
)
def test_words_behind_a_moment_are_told_apart_from_it(words: str, parts: tuple[str, str]) -> None:
    assert parted_moment(words, NOW) == parts
