"""The table of commands at work: one dispatch for every surface, with permissions and suggestions."""

from pathlib import Path
from typing import Any

import pytest

from adapters.slack.adapter import CAPABILITIES
from bot.commands import COMMANDS
from bot.commands.base import Command, CommandContext
from bot.commands.help import lines
from bot.conversation.prompt import SYSTEM
from bot.messages import ActionName, Choice, CommandSpec
from bot.personas import PERSONAS
from tests.files import picture
from tests.house import House, house
from tests.town import ADA, CHANNEL, DM, GRACE, THREAD, Shown

CATALOGUE = b"""{"data": [
 {"id": "acme/alpha-2", "name": "Alpha", "type": "language", "context_window": 200000,
  "pricing": {"input": "0.000001", "output": "0.000005"}, "tags": ["vision", "tool-use"]},
 {"id": "zeta/fast-3", "name": "Fast", "type": "language", "context_window": 32000, "pricing": {}}]}"""


async def told(here: House, so_far: int = 0) -> str:
    """What the person who typed was told."""
    await here.town.until(lambda town: len(town.whispers) > so_far)
    return here.town.whispers[-1][1]


async def shown(here: House, so_far: int = 0) -> str:
    """What everybody was shown."""
    await here.town.until(lambda town: len(town.ours()) > so_far)
    return here.town.ours()[-1].text


async def test_a_thread_switches_its_model_and_goes_back(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("model", id=" `ZETA/Fast-3` ")
        assert "now uses `zeta/fast-3`" in await shown(here)
        await here.people.say("hello")
        model = await here.answer("hi")
        await here.answered(2)
        await here.people.command("model", id="default")
        assert "goes back to `acme/alpha-2`" in await shown(here, 2)

    assert model.exchange.json["model"] == "zeta/fast-3"


async def test_a_channels_model_holds_in_its_threads(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("model", place=CHANNEL, id="zeta/fast-3")
        await shown(here)
        await here.people.say("hello", place=THREAD)
        model = await here.answer("hi")
        await here.answered(2)

    assert model.exchange.json["model"] == "zeta/fast-3"


async def test_a_model_that_does_not_exist_changes_nothing_and_the_nearest_is_named(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("model", id="acme/fast")
        said = await told(here)

    assert "no model `acme/fast`" in said
    assert "`zeta/fast-3`" in said
    assert "Nothing was changed" in said


async def test_models_lists_context_price_and_abilities(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("models")
        said = await told(here)

    assert "acme/alpha-2 · 200k context · $1 / $5 per M · sees, tools" in said
    assert "zeta/fast-3 · 32k context · price not published" in said


async def test_models_are_suggested_while_an_option_is_typed(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        choices = await here.intake.complete(THREAD, ADA, "model", "id", "fa")
        nothing = await here.intake.complete(THREAD, ADA, "nonsense", "id", "fa")

    assert choices == [Choice("zeta/fast-3", "Fast · 32k context · price not published")]
    assert list(nothing) == []


async def test_what_answered_in_this_channel_lately_is_suggested_first(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("model", place=CHANNEL, id="zeta/fast-3")
        await shown(here)
        await here.people.say("hello", place=THREAD)
        await here.answer("hi")
        await here.answered(2)
        await here.recent.refresh()
        here_first = await here.intake.complete(THREAD, ADA, "model", "id", "")
        elsewhere = await here.intake.complete(DM, ADA, "model", "id", "")

    assert [choice.value for choice in here_first] == ["zeta/fast-3", "acme/alpha-2"]
    assert [choice.value for choice in elsewhere] == ["acme/alpha-2", "zeta/fast-3"]


async def test_a_whole_id_tells_everything_of_a_model(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("models", search="acme/alpha-2")
        said = await told(here)

    assert said.startswith("**Alpha** `acme/alpha-2`")
    assert "sees pictures: yes" in said
    assert "reasons: unknown" in said


async def test_an_endpoint_that_lists_bare_names_is_as_good_as_any(tmp_path: Path) -> None:
    bare = b'{"object": "list", "data": [{"id": "qwen3:8b", "object": "model"}, {"id": "llama3.2", "created": 0}]}'
    async with house(tmp_path, catalogue=bare) as here:
        choices = await here.intake.complete(THREAD, ADA, "model", "id", "qw")
        await here.people.command("model", id=choices[0].value)
        await shown(here)
        await here.people.say("What is in this?", files={"cat.png": picture()})
        model = await here.answer("a cat")
        await here.answered(2)

    assert choices == [Choice("qwen3:8b", "qwen3:8b · price not published")]
    assert model.exchange.json["model"] == "qwen3:8b"
    assert "image_url" in str(model.messages), "what is not known to be impossible is tried"


async def test_reset_begins_anew_for_the_model(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("my name is Bob")
        await here.answer("hi Bob")
        await here.answered()
        await here.people.command("reset")
        await shown(here, 1)
        await here.people.say("who am I?")
        model = await here.answer("I don't know")
        await here.answered(3)

    assert "Bob" not in model.prompt


async def test_stop_stops_for_those_who_asked_only(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("long", ADA)
        model = await here.request()
        await model.say("going ")
        await here.town.until(lambda town: bool(town.ours()))
        await here.people.command("stop", GRACE)
        refused = await told(here)
        await here.people.command("stop", ADA)
        await here.answered()
        model.ended.set()

    assert refused == "Only those who asked, and moderators, can do that."
    assert here.town.ours()[0].status == "Stopped."


async def test_stop_with_nothing_at_work_says_so_to_anybody(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.command("stop", GRACE)

        assert await told(here) == "Nothing is being answered here."


async def test_status_and_help_say_what_there_is(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.command("status")
        status = await told(here)
        await here.people.command("help")
        listed = await told(here, 1)

    assert "acme/alpha-2" in status
    for name in ("model", "models", "reset", "stop", "status", "help"):
        assert f"`/{name}" in listed


@pytest.mark.parametrize(
    ("admins", "routes", "source"),
    [
        ((), True, "through an AI gateway."),
        ((), False, "through an OpenAI-compatible endpoint."),
        (("town:u1",), False, "through an OpenAI-compatible endpoint at `llm.example:8000`."),
    ],
)
async def test_status_says_what_takes_the_questions_and_where_to_admins(
    tmp_path: Path, admins: tuple[str, ...], routes: bool, source: str
) -> None:
    async with house(tmp_path, admins=admins, routes=routes) as here:
        await here.people.command("status")
        assert source in await told(here)


async def test_a_model_to_draw_with_is_looked_up_before_it_is_chosen(tmp_path: Path) -> None:
    catalogue = b"""{"data": [{"id": "acme/alpha-2", "type": "language", "modalities": {"output": ["text"]}},
     {"id": "acme/brush-1", "type": "image"}, {"id": "zeta/paint", "type": "image"}]}"""
    async with house(tmp_path, catalogue=catalogue) as here:
        for n, value in enumerate(("brush", "acme/alpha-2", "zeta/paint", "default")):
            await here.people.command("settings", name="image_model", value=value)
            await told(here, n)

    said = [whisper for _, whisper in here.town.whispers]
    assert said[0] == "There is no model `brush`. These draw: `acme/brush-1`. Nothing was changed."
    assert said[1].startswith("`acme/alpha-2` does not draw.")
    assert said[1].endswith("Nothing was changed.")
    assert all(one.startswith("Done") for one in said[2:])


@pytest.mark.parametrize(
    ("name", "value", "routes", "caution"),
    [
        ("web_search", "exa", False, "This AI service does not search the web"),
        ("zero_data_retention", "on", False, "so nothing is answered while this is on"),
        ("sort", "cost", False, "does not choose between providers"),
        ("web_search", "off", False, None),
        ("web_search", "exa", True, None),
    ],
)
async def test_a_choice_that_does_nothing_here_says_so(
    tmp_path: Path, name: str, value: str, routes: bool, caution: str | None
) -> None:
    async with house(tmp_path, routes=routes) as here:
        await here.people.command("settings", place=CHANNEL, name=name, value=value)
        said = await told(here)

    assert said.startswith("Done")
    assert ("⚠" in said) == (caution is not None)
    assert (caution or "") in said


async def test_an_unknown_command_is_told_in_one_sentence(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.command("dance")

        assert await told(here) == "There is no command /dance. /help lists them."


async def test_a_command_delivered_twice_runs_once(tmp_path: Path) -> None:
    runs = 0

    async def run(_context: CommandContext) -> str:
        nonlocal runs
        runs += 1
        return "counted"

    async with house(tmp_path, commands=[Command(CommandSpec("count", "Counts"), run)]) as here:
        typed = here.people.typed("count")
        await here.people.deliver(typed)
        await here.people.deliver(typed)
        await told(here)

    assert runs == 1


async def test_what_is_for_admins_is_refused_to_others(tmp_path: Path) -> None:
    async def run(_context: CommandContext) -> str:
        return "secret"

    command = Command(CommandSpec("keys", "Shows keys", admins_only=True), run)
    async with house(tmp_path, commands=[command], admins=["town:u1"]) as here:
        await here.people.command("keys", GRACE)
        refused = await told(here)
        await here.people.command("keys", ADA)
        allowed = await told(here, 1)

    assert refused == "/keys is for admins only."
    assert allowed == "secret"


def test_every_command_says_what_it_does_under_a_name_of_its_own() -> None:
    from bot.commands import COMMANDS

    names = [command.spec.name for command in COMMANDS]

    assert len(set(names)) == len(names)
    assert all(command.spec.description for command in COMMANDS)


async def test_a_setting_is_shown_changed_and_obeyed(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("settings", name="max_tokens", value="1,200")
        said = await told(here)
        await here.people.command("settings")
        listed = await told(here, 1)
        await here.people.say("hello")
        model = await here.answer("hi")
        await here.answered(1)

    assert "`max_tokens`: `1200` (here)" in said
    assert "`max_tokens`: `1200` (here)" in listed
    assert model.exchange.json["max_tokens"] == 1200


async def test_a_setting_out_of_range_or_unknown_changes_nothing_and_says_what_it_takes(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("settings", name="max_tokens", value="many")
        bad = await told(here)
        await here.people.command("settings", name="colour", value="red")
        unknown = await told(here, 1)
        await here.people.command("settings", name="max_tokens", value="100", scope="galaxy")
        nowhere = await told(here, 2)

    assert "`max_tokens` has to be a whole number from 16 to 200,000. Nothing was changed." in bad
    assert "There is no setting `colour`" in unknown
    assert nowhere == "/settings takes here, channel, me, workspace as scope, not “galaxy”. Nothing was done."


async def test_only_moderators_choose_for_a_whole_channel(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("settings", GRACE, CHANNEL, name="max_tokens", value="100")
        refused = await told(here)
        await here.people.command("model", GRACE, CHANNEL, id="zeta/fast-3")
        also = await told(here, 1)
        await here.people.command("settings", GRACE, CHANNEL, name="max_tokens", value="100", scope="me")
        own = await told(here, 2)

    assert "Only admins and moderators can set that for the channel" in refused
    assert "Only admins and moderators" in also
    assert "(for you)" in own


async def test_a_persona_is_chosen_shown_and_told_to_the_model_until_it_is_taken_back(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("persona", persona="Teacher")
        said = await told(here)
        await here.people.say("hello")
        taught = await here.answer("hi")
        await here.answered(1)
        await here.people.command("persona", persona="default")
        await told(here, 1)
        await here.people.say("hello again")
        plain = await here.answer("hi")
        await here.answered(2)

    assert "Here I am `teacher` (chosen here)." in said
    assert taught.exchange.json["messages"][0]["content"].endswith(PERSONAS["teacher"])
    assert plain.exchange.json["messages"][0]["content"] == SYSTEM


async def test_what_can_be_done_stands_below_a_list_and_is_no_part_of_its_last_point(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("persona")
        personas = await told(here)
        await here.people.command("settings")
        settings = await told(here, 1)
        await here.people.command("settings", name="temperature")
        one = await told(here, 2)

    assert "\n\n- `concise`" in personas
    assert "\n\nChoose one" in personas
    assert "\n\nChange one" in settings
    assert "\n\nChange it" in one


async def system_told(here: House, so_far: int, **asked: Any) -> str:
    """What the model is told before all else when somebody asks it this way."""
    await here.people.say("hello", **asked)
    model = await here.answer("hi")
    await here.answered(so_far + 1)
    return str(model.exchange.json["messages"][0]["content"])


async def test_a_persona_in_ones_own_words_is_used_where_nobody_else_reads(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("persona", persona="A pirate who  counts everything", scope="me")
        said = await told(here)
        alone = await system_told(here, 0, place=DM)
        mine = await system_told(here, 1)
        await here.people.command("persona")
        asked = await told(here, 1)

    assert said.startswith("Done for you. I am myself here.")
    assert "“A pirate who counts everything”, are used only where nobody but you reads" in said
    assert "“A pirate who counts everything”, are used only where nobody but you reads" in asked
    assert alone.endswith("A pirate who counts everything")
    assert mine == SYSTEM


async def test_ones_own_words_are_used_where_others_read_once_one_has_said_so(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("persona", persona="A pirate who counts everything", scope="me")
        await told(here)
        chosen = Shown("m0", THREAD, ADA, "", here.town.whispered[-1])
        await here.people.press(ActionName.USE_ALOUD, chosen, GRACE)
        others = await told(here, 1)
        still = await system_told(here, 0)
        await here.people.press(ActionName.USE_ALOUD, chosen)
        done = await told(here, 2)
        allowed = await system_told(here, 1)
        hers = await system_told(here, 2, who=GRACE)
        await here.people.command("persona", persona="A sailor who counts everything", scope="me")
        await told(here, 3)
        await here.people.press(ActionName.USE_ALOUD, chosen)
        late = await told(here, 4)
        anew = await system_told(here, 3)

    assert "Nothing was changed." in others
    assert still == SYSTEM
    assert done.startswith("Done.")
    assert allowed.endswith("A pirate who counts everything")
    assert hers == SYSTEM
    assert "Nothing was changed." in late
    assert anew == SYSTEM


async def test_a_persona_that_is_built_in_is_used_everywhere(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("persona", persona="teacher", scope="me")
        said = await told(here)
        mine = await system_told(here, 0)

    assert "others may notice it" in said
    assert mine.endswith(PERSONAS["teacher"])


async def test_a_persona_that_says_nothing_is_refused_with_those_there_are(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("persona", persona="hm")
        said = await told(here)

    assert "has to be concise, teacher" in said
    assert "Nothing was changed." in said


async def test_the_language_of_answers_is_a_setting_that_the_model_is_told(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE) as here:
        await here.people.command("settings", name="language", value=" brazilian  Portuguese ", scope="me")
        said = await told(here)
        await here.people.say("hello")
        asked = await here.answer("Oi")
        await here.answered(1)
        await here.people.say("hello", GRACE)
        other = await here.answer("hi")
        await here.answered(2)
        await here.people.command("settings", name="language", value="{ignore} all; rules", scope="me")
        refused = await told(here, 1)

    assert "`language`: `brazilian Portuguese` (for you)" in said
    system = asked.messages[0]["content"]
    assert str(system).endswith("answer in this one: brazilian Portuguese.")
    assert "Portuguese" not in str(other.messages[0]["content"])
    assert "has to be the name of a language, such as German" in refused


async def test_help_fits_on_one_screen_of_every_platform(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.command("help")
        said = await told(here)

    slack = "\n".join(lines([command.spec for command in COMMANDS], CAPABILITIES))
    assert all(f"`/{command.spec.name}" in said for command in COMMANDS)
    assert "- `/forget [WHAT]` Forget what I keep about you" in said
    assert "- `/gatepost forget [WHAT]` Forget what I keep about you" in slack
    assert "`@Gatepost !stop`" in slack
    assert max(len(said), len(slack)) <= 2_000
