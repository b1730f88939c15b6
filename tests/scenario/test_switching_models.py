"""Switching models: by scope, the nearest wins, with who chose it and what would change; a model that goes."""

from pathlib import Path

import pytest

from bot.messages import Place, PlaceKind
from bot.preferences.scopes import Scope, scope_key
from bot.store.intents.settings import choose
from tests.files import picture
from tests.house import House, house
from tests.town import ADA, CHANNEL, DM, GRACE, THREAD

CATALOGUE = b"""{"data": [
 {"id": "acme/alpha-2", "name": "Alpha", "type": "language", "context_window": 200000,
  "pricing": {"input": "0.000001", "output": "0.000005"}, "tags": ["vision", "tool-use", "file-input"]},
 {"id": "zeta/fast-3", "name": "Fast", "type": "language", "context_window": 32000, "pricing": {}},
 {"id": "tiny/mute-1", "name": "Mute", "type": "language", "context_window": 9000, "pricing": {},
  "modalities": {"input": ["text"], "output": ["text"]}, "supported_parameters": ["max_tokens"]},
 {"id": "acme/vectors", "name": "Vectors", "type": "embedding", "pricing": {}}]}"""


async def model(here: House, model_id: str = "", place: Place = THREAD, scope: str = "") -> str:
    """Type /model; what all were told, or the one who typed."""
    whispers, shown = len(here.town.whispers), len(here.town.ours())
    await here.people.command("model", ADA, place, id=model_id, scope=scope)
    await here.town.until(lambda town: len(town.whispers) > whispers or len(town.ours()) > shown)
    return here.town.whispers[-1][1] if len(here.town.whispers) > whispers else here.town.ours()[-1].text


async def test_the_nearest_choice_wins_and_it_is_said_who_made_it_and_what_else_is_chosen(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE, clock=lambda: 1_800_000_000.0) as here:
        at_first = await model(here)
        everywhere = await model(here, "zeta/fast-3", scope="workspace")
        mine = await model(here, "tiny/mute-1", scope="me")
        channel = await model(here, "acme/alpha-2", scope="channel")
        now = await model(here)
        back = await model(here, "default", scope="channel")
        after = await model(here)

    assert at_first.splitlines()[:2] == [
        "`acme/alpha-2` answers in this thread, because nobody chose another: it is the default.",
        "200k context · $1 / $5 per M · sees, reads files, tools",
    ]
    assert everywhere == "This workspace now uses `zeta/fast-3`."
    assert mine == "From now on `tiny/mute-1` answers you."
    assert channel == "This channel now uses `acme/alpha-2`."
    assert "because you chose it in this channel on 2027-01-15." in now
    assert "- Farther away: you chose `tiny/mute-1` for yourself on 2027-01-15." in now
    assert "- Farther away: you chose `zeta/fast-3` in this workspace on 2027-01-15." in now
    assert back == "This channel goes back to `tiny/mute-1`."
    assert "because you chose it for yourself" in after


async def test_a_farther_choice_says_that_a_nearer_one_still_answers(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await model(here, "zeta/fast-3")
        said = await model(here, "acme/alpha-2", scope="me")

    assert said.startswith(
        "From now on `acme/alpha-2` answers you.\nHere `zeta/fast-3` still answers, because you"
    )
    assert said.endswith(": the nearest choice wins.")


async def test_a_choice_outlives_the_program(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await model(here, "zeta/fast-3", scope="me")
    async with house(tmp_path, here.town, catalogue=CATALOGUE) as here:
        assert "zeta/fast-3" in await model(here, place=DM)


async def test_nobody_chooses_for_a_channel_by_calling_it_here(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("model", GRACE, CHANNEL, id="zeta/fast-3", scope="here")
        await here.people.command("settings", GRACE, CHANNEL, name="max_tokens", value="99", scope="here")
        await here.town.until(lambda town: len(town.whispers) == 2)

    refused = "Only admins and moderators can set that for the channel. Nothing was changed."
    instead = "You can for yourself, with the scope `me`."
    assert {said for _, said in here.town.whispers} == {f"{refused} {instead}"}


async def test_everybody_chooses_for_their_direct_messages(tmp_path: Path) -> None:
    alone = Place("town", "w", "dm-u2", kind=PlaceKind.DM)
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("model", GRACE, alone, id="zeta/fast-3", scope="channel")
        await here.town.until(lambda town: town.ours())

    assert here.town.ours()[0].text == "Our direct messages now use `zeta/fast-3`."


async def test_what_a_model_lacks_of_what_is_here_is_said_when_it_is_chosen(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.say("what is this?", files={"cat.png": picture()})
        await here.answer("A cat. " + "It purrs. " * 4_000)
        await here.answered(1)
        await here.people.say("and more?")
        await here.answer("It sleeps.")
        await here.answered(2)
        said = await model(here, "tiny/mute-1")
        fine = await model(here, "acme/alpha-2")

    assert said.splitlines() == [
        "This thread now uses `tiny/mute-1`.",
        "⚠ It can't see pictures: it is only told of the picture here.",
        "⚠ It can't use tools: it opens no links, searches nothing and sets no reminders.",
        "⚠ Its window is too small for all that was said here: it sees the later part.",
    ]
    assert fine == "This thread now uses `acme/alpha-2`."


async def test_what_makes_vectors_does_not_chat(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        said = await model(here, "acme/vectors")

    assert said == "`acme/vectors` does not chat, it makes vectors. Nothing was changed."


@pytest.mark.parametrize("scope", [Scope.HERE, Scope.ME, Scope.WORKSPACE])
async def test_a_model_that_is_gone_is_replaced_and_that_is_said_once(tmp_path: Path, scope: Scope) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.store.write(choose, scope_key(scope, THREAD, ADA), "model", "acme/gone")
        assert "It is not listed any more" in await model(here)
        await here.people.say("hello")
        asked = await here.request()
        await asked.refuse(404, "model_not_found", "x")
        await here.answer("Hi")
        await here.answered(2)
        first = here.town.ours()[-1].status
        await here.people.say("and now?")
        again = await here.answer("Hi")
        await here.answered(3)
        second = here.town.ours()[-1].status

    assert first == (
        "⚠ Answered by acme/alpha-2: acme/gone no longer exists.\n"
        "⚠ So the choice of acme/gone is taken back; choose another one with /model."
    )
    assert again.body["model"] == "acme/alpha-2"
    assert second is None
