"""What we use of discord.py beyond what it offers; here it is noticed when a new version has it otherwise."""

import inspect
import subprocess
import sys

import discord

_ADDRESSES = """
from discord import gateway, http

print(http.Route.BASE)
print(gateway.DiscordWebSocket.DEFAULT_GATEWAY)
print(http.Route("GET", "/users/@me").url)
"""


def test_the_addresses_stand_where_we_change_them() -> None:
    """In a process of its own: a bot that was pointed elsewhere in this one has changed them."""
    ran = subprocess.run([sys.executable, "-c", _ADDRESSES], capture_output=True, text=True, check=True)

    assert ran.stdout.splitlines() == [
        "https://discord.com/api/v10",
        "wss://gateway.discord.gg/",
        "https://discord.com/api/v10/users/@me",
    ]


def test_a_message_is_made_of_what_a_call_was_answered_with() -> None:
    assert list(inspect.signature(discord.Message.__init__).parameters) == ["self", "state", "channel", "data"]
    assert "_connection" in discord.Client.__annotations__ or "_connection" in inspect.getsource(discord.Client)


def test_it_asks_two_things_by_itself_before_it_connects() -> None:
    source = inspect.getsource(discord.Client.login)

    assert source.count("await self.http.") + source.count("self.application_info()") == 2


def test_events_come_under_the_names_we_listen_to() -> None:
    from discord import state

    source = inspect.getsource(state.ConnectionState)
    for name in ("message", "raw_message_edit", "raw_message_delete", "raw_bulk_message_delete", "interaction"):
        assert f"self.dispatch('{name}'" in source


def test_what_parses_an_edit_is_looked_up_where_we_put_ourselves_before_it() -> None:
    from discord import gateway, state

    assert "parsers[attr[6:].upper()] = func" in inspect.getsource(state.ConnectionState.__init__)
    assert "ws._discord_parsers = client._connection.parsers" in inspect.getsource(
        gateway.DiscordWebSocket.from_client
    )
