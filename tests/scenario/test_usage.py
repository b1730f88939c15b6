"""What was spent is told to those who spent it, in words and as a chart, and everybody's to admins alone."""

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Connection

from bot.messages import Account, Estimate, OutFile, Place, PlaceKind, SpendingLimits, Usage
from bot.store.intents.accounts import reserve
from bot.store.intents.settlement import keep_estimate, settle
from tests.house import House, house
from tests.town import ADA, CHANNEL, GRACE, THREAD

NOON = datetime(2026, 11, 20, 12, 30, tzinfo=UTC).timestamp()
DAY = 86_400.0
RESETS = "It resets at 00:00 UTC, in 11 h 30 min."
LIMITS = SpendingLimits(Decimal(5), Decimal(1))


def spend(
    conn: Connection,
    cost: str,
    person: str = "town:u1",
    days_ago: int = 0,
    model: str = "acme/alpha",
    *,
    channel: Place = CHANNEL,
    estimated: bool = False,
    limits: SpendingLimits = LIMITS,
) -> None:
    """Somebody asked something."""
    at = NOON - days_ago * DAY
    name = f"{person}{days_ago}{model}{cost}{channel.key}"
    account = Account(person, channel.key, channel.workspace_key)
    reserve(conn, name, account, Estimate(model, Decimal(cost)), limits, at)
    if estimated:
        keep_estimate(conn, name, Usage(1000, 200))
    else:
        settle(conn, name, Decimal(cost), Usage(1000, 200))


async def asked(here: House, **options: str) -> tuple[str, tuple[OutFile, ...]]:
    """What Ada is told, and shown."""
    before = len(here.town.whispers)
    await here.people.command("usage", ADA, THREAD, **options)
    await here.town.until(lambda town: len(town.whispers) > before)
    return here.town.whispers[-1][1], here.town.whispered[-1].files


def at_noon() -> float:
    return NOON


async def test_people_see_their_own_today_and_lately_with_what_is_left(tmp_path: Path) -> None:
    async with house(tmp_path, spending=LIMITS, clock=at_noon) as here:
        await here.store.write(spend, "0.12")
        await here.store.write(spend, "0.3", days_ago=3, model="zeta/fast")
        await here.store.write(spend, "0.1", days_ago=6, estimated=True)
        await here.store.write(spend, "0.9", days_ago=7)
        await here.store.write(spend, "0.9", "town:u2")
        said, (picture,) = await asked(here)

    assert said.splitlines() == [
        "**Your spending**",
        f"- Today: $0.12 in 1 request, 1,200 tokens; $0.88 of $1.00 is left. {RESETS}",
        "- Last 7 days: $0.52 in 3 requests, 3,600 tokens",
        "- `zeta/fast`: $0.30",
        "- `acme/alpha`: $0.22",
        "- $0.10 of it is set aside or estimated: the gateway has not named the price (yet).",
    ]
    assert picture.description == (
        "Bar chart. Your spending, US dollars a day (light: estimated). 14 Nov $0.10, 17 Nov $0.30, 20 Nov $0.12."
    )
    with Image.open(BytesIO(picture.data)) as drawn:
        assert (drawn.format, drawn.size) == ("PNG", (1200, 560))
        assert len(drawn.getcolors(100_000) or ()) > 3


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (
            SpendingLimits(Decimal("0.25"), Decimal(1)),
            " of $1.00 is left, but of everybody's $0.25 only $0.03",
        ),
        (SpendingLimits(everyone=Decimal(5)), "; $4.78 of everybody's $5.00 is left. It resets"),
        (SpendingLimits(Decimal(0), Decimal(1)), "; nothing may be spent, and only the operator can change that."),
        (SpendingLimits(Decimal(5), Decimal(0)), "; nothing may be spent, and only the operator can change that."),
        (SpendingLimits(), "- Today: $0.12 in 1 request, 1,200 tokens\n"),
    ],
)
async def test_what_is_left_is_told_by_the_limit_that_holds_first(
    tmp_path: Path, limits: SpendingLimits, said: str
) -> None:
    async with house(tmp_path, spending=limits, clock=at_noon) as here:
        await here.store.write(spend, "0.12")
        await here.store.write(spend, "0.1", "town:u2")
        assert said in (await asked(here))[0]


async def test_where_nothing_may_be_spent_the_channels_spending_says_so_too(tmp_path: Path) -> None:
    async with house(tmp_path, spending=SpendingLimits(Decimal(0)), clock=at_noon) as here:
        said, _ = await asked(here, of="channel")

    assert "- Today: nothing; nothing may be spent" in said


async def test_a_channels_spending_is_everybodys_there_in_its_threads_too(tmp_path: Path) -> None:
    elsewhere = Place("town", "w", "park")
    async with house(tmp_path, spending=LIMITS, clock=at_noon) as here:
        await here.store.write(spend, "0.1")
        await here.store.write(spend, "0.2", "town:u2")
        await here.store.write(spend, "0.4", channel=elsewhere)
        said, _ = await asked(here, of="channel", days="1")

    assert said.splitlines() == ["**This channel's spending**", "- Today: $0.30 in 2 requests, 2,400 tokens"]


@pytest.mark.parametrize("of", ["workspace", "all"])
async def test_what_others_spend_is_for_admins(tmp_path: Path, of: str) -> None:
    async with house(tmp_path / "one", spending=LIMITS, clock=at_noon) as here:
        refused, nothing = await asked(here, of=of)
    async with house(tmp_path / "two", spending=LIMITS, clock=at_noon, admins=("town:u1",)) as here:
        await here.store.write(spend, "0.2", "town:u2")
        said, _ = await asked(here, of=of)

    assert refused.startswith("Only admins can see what others spend.")
    assert nothing == ()
    assert "- Today: $0.20 in 1 request" in said
    assert ("; $4.80 of $5.00 is left." in said) == (of == "all")


async def test_whoever_spent_nothing_is_told_so_without_a_chart(tmp_path: Path) -> None:
    async with house(tmp_path, clock=at_noon) as here:
        said, files = await asked(here)

    assert said.splitlines() == ["**Your spending**", "- Today: nothing", "- Last 7 days: nothing"]
    assert files == ()


async def test_where_all_was_free_the_chart_counts_requests(tmp_path: Path) -> None:
    async with house(tmp_path, clock=at_noon) as here:
        await here.store.write(spend, "0")
        _, (picture,) = await asked(here)

    assert picture.description == "Bar chart. Your spending, requests a day. 20 Nov 1."


async def test_play_money_is_called_so(tmp_path: Path) -> None:
    play = SpendingLimits(Decimal(5), Decimal(1), play=True)
    async with house(tmp_path, spending=play, clock=at_noon) as here:
        await here.store.write(spend, "0.2", limits=play)
        await here.store.write(spend, "0.7")
        said, _ = await asked(here)

    assert "- Today: $0.20 in 1 request, 1,200 tokens\n" in said
    assert said.endswith("play money: nothing of this is paid.")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"of": "grace"}, "/usage takes me, channel, workspace, all as of, not “grace”. Nothing was done."),
        ({"days": "0"}, "`days` has to be a whole number from 1 to 90."),
        ({"days": "x"}, "`days` has to be a whole number from 1 to 90."),
    ],
)
async def test_a_mistyped_option_gets_one_sentence(tmp_path: Path, options: dict[str, str], sentence: str) -> None:
    async with house(tmp_path) as here:
        assert await asked(here, **options) == (sentence, ())


async def test_an_answer_counts_where_it_was_asked_for(tmp_path: Path) -> None:
    async with house(tmp_path, clock=at_noon) as here:
        await here.people.say("hello", GRACE, Place("town", "w", "square", "t7", PlaceKind.THREAD))
        await (await here.request()).finish("hi", cost=0.25)
        await here.answered()
        said, _ = await asked(here, of="channel")
        mine, _ = await asked(here)

    assert "- Today: $0.25 in 1 request, 450 tokens" in said
    assert "- Today: nothing" in mine
