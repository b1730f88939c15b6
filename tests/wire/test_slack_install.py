"""The manifest we print installs as it is, and what it asks for is enough for everything."""

from pathlib import Path

from adapters.slack.manifest import as_yaml, manifest
from bot.commands import COMMANDS
from tests.slack_house import slack_house
from tests.slack_town import Town, slack_town

SPECS = [command.spec for command in COMMANDS]
DEPLOYED = Path(__file__).parents[2] / "deploy" / "slack-manifest.yaml"


async def test_what_we_print_is_taken_and_enough(tmp_path: Path) -> None:
    async with slack_town() as town:
        town.install(manifest(None, SPECS))
        async with slack_house(tmp_path, town) as slack:
            note = town.file("note.txt", b"swordfish", "text/plain")
            asked = town.ada.mentions(town.square, "what is it?", files=[note])
            answering = await slack.answer("A fish.")
            await slack.said(town.square, asked)
            dm = town.ada.says(town.ada.dm, "and here?")
            await slack.answer("Here, too.")
            await slack.said(town.ada.dm, dm)
            await town.ada.types("/gatepost status", town.square).answered()
            await slack.whispered(town.ada)
            await town.ada.uses_shortcut("ask_about_this", asked).answered()
            town.ada.opens_home()
            await town.until(lambda: town.ada.home and town.ada.modal)

            assert "swordfish" in answering.prompt
            assert [one.method for one in town.calls() if one.error == "missing_scope"] == []


async def test_for_http_it_names_our_address_everywhere() -> None:
    Town().install(manifest("https://bot.example.org", SPECS))

    assert as_yaml(manifest("https://bot.example.org", SPECS)).count("https://bot.example.org/slack/events") == 4


def test_the_one_in_the_repository_is_the_one_we_print() -> None:
    assert DEPLOYED.read_text() == as_yaml(manifest(None, SPECS)) + "\n"
