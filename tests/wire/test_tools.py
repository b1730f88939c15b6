"""Each tool in plain words, through the playground and the built-in gateway, and against hostile websites."""

from collections.abc import AsyncIterator

import orjson
import pytest
import pytest_asyncio

from tests.files import pdf
from tests.tool_stage import PAGE, WEATHER, Stage, bomb, endless, leads_to, says, silent, stage
from tests.web_page import Client, upload

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with stage(tmp_path_factory.mktemp("tools")) as built:
        yield built


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("calculate (3 + 4.5) * 2^10", "= 7,680"),
        ("calculate 9**9**9", "too large"),
        ("convert 5 km to mile", "5 km = 3.106855961 mile"),
        ("convert 20 degC to degF", "= 68 degF"),
        ("when it is 12:00 in Europe/Berlin, what is it in Asia/Tokyo?", "in Asia/Tokyo"),
        ("What time is it in Tokyo?", "Asia/Tokyo"),
    ],
)
async def test_what_can_be_worked_out_is(here: Stage, asked: str, told: str) -> None:
    assert told in (await here.ask(asked))["html"]


async def test_a_page_is_read_as_people_see_it_and_fenced(here: Stage) -> None:
    here.site.answers["/page"] = says(PAGE.replace("{more}", "word " * 4_000))
    shown = (await here.ask(f"read {here.site.url('/page')}"))["html"]

    assert "Why they shine" in shown
    assert "sailors" in shown
    assert "Part 1 of 3" in shown
    assert not any(hidden in shown for hidden in ("alert(1)", "CALL poll", "Home About"))
    second = (await here.ask(f"read part 3 of {here.site.url('/page')}"))["html"]
    assert "Part 3 of 3" in second
    assert here.site.url("/more") in second


async def test_a_pdf_behind_a_redirect_is_read(here: Stage) -> None:
    here.site.answers["/paper"] = leads_to(here.site.url("/paper.pdf"))
    here.site.answers["/paper.pdf"] = says(pdf(["The lamp is electric."]), "application/pdf")

    assert "The lamp is electric." in (await here.ask(f"read {here.site.url('/paper')}"))["html"]


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254:{port}/latest/meta-data",
        "http://[::1]:{port}/secret",
        "http://127.0.0.2:{port}/secret",
        "http://2130706434:{port}/secret",
        "http://0x7f000002:{port}/secret",
        "http://0.0.0.0:{port}/secret",
        "http://user:word@127.0.0.1:{port}/secret",
        "http://127.0.0.1:1/secret",
        "https://127.0.0.1:{port}/secret",
    ],
)
async def test_what_is_not_public_is_never_reached_not_by_redirect_either(here: Stage, address: str) -> None:
    there = address.replace("{port}", str(here.site.port))
    here.site.answers["/secret"] = says("the secret")
    here.site.answers["/away"] = leads_to(there)
    here.site.asked.clear()

    direct = (await here.ask(f"read {there}"))["html"]
    redirected = (await here.ask(f"read {here.site.url('/away')}"))["html"]

    assert "the secret" not in direct + redirected
    assert here.site.asked == ["/away"]


async def test_bombs_endless_bodies_silence_and_circles_end_with_a_sentence(here: Stage) -> None:
    answers = {
        "/bomb": bomb(),
        "/endless": endless,
        "/silent": silent,
        "/round": leads_to(here.site.url("/round")),
    }
    here.site.answers |= answers
    said = [(await here.ask(f"read {here.site.url(path)}"))["html"] for path in answers]

    assert "too large: 8 MB are the most" in said[0]
    assert "too large: 8 MB are the most" in said[1]
    assert "took too long" in said[2]
    assert "leads on and on" in said[3]


async def test_the_weather_is_asked_where_the_operator_says(here: Stage) -> None:
    here.site.answers["/weather/v1/forecast"] = says(orjson.dumps(WEATHER), "application/json")

    shown = (await here.ask("What is the weather like in Berlin?"))["html"]
    assert "light rain, 7.5 °C, feels like 4.1 °C" in shown
    assert "2026-11-25: overcast, 3.0 to 8.1°, rain 40 %, sun 07:42 to 16:01" in shown
    assert here.site.told["/weather/v1/forecast"]["latitude"] == "52.52"

    here.site.answers["/weather/v1/forecast"] = says("[1, 2]", "application/json")
    assert "answered with something else" in (await here.ask("What is the weather in Paris?"))["html"]


async def test_a_picture_is_drawn_shown_and_its_cost_told(here: Stage) -> None:
    shown = await here.ask("draw a red square")

    assert [file["name"] for file in shown["files"]] == ["picture-1.png"]
    assert shown["files"][0]["description"] == "a red square"
    assert "it cost $" in shown["html"]


async def test_a_file_is_opened_again_by_page(here: Stage) -> None:
    file = ("log.pdf", "application/pdf", pdf(["First.", "Second."]))
    _, kept = await upload(here.ada, "Keep this.", file, channel="dm-ada")
    await here.answer_to(kept["id"])
    shown = (await here.ask("open page 2 of log.pdf again"))["html"]
    assert "Second." in shown
    assert "First." not in shown.rpartition("open_file")[2]
    assert "log.pdf" in (await here.ask("open page 9 of log.pdf"))["html"]


async def test_in_a_poll_each_person_votes_once_and_everybody_sees_how_it_stands(here: Stage) -> None:
    await here.ada.say("@Gatepost start a poll: Where to? Alps, Sea", "general")
    poll = await here.until("general", lambda one: one["actions"] and one["actions"][0]["name"] == "vote")
    assert [action["label"] for action in poll["actions"]] == ["Alps", "Sea"]
    grace = Client(here.ada.http, here.ada.origin, "grace")

    for who, choice in ((here.ada, 0), (grace, 0), (here.ada, 1), (grace, 0), (grace, 1)):
        action = poll["actions"][choice]
        pressed = {"message": poll["id"], "action": "vote", "turn": action["turn"], "value": action["value"]}
        assert (await who.post("/api/press", **pressed))[0] == 200

    shown = await here.until("general", lambda one: "2 people voted" in (one["status"] or ""))
    assert shown["id"] == poll["id"]
    shown = await here.until("general", lambda one: "Sea ▰▰▰▰▰▰▰▰▰▰ 2" in one["html"])
    assert "Alps ▱▱▱▱▱▱▱▱▱▱ 0" in shown["html"]


async def test_recent_messages_are_read_where_the_question_was_asked(here: Stage) -> None:
    shown = (await here.ask("show me the last 3 messages"))["html"]

    assert "Ada: " in shown
