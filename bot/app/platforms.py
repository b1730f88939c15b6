"""From settings to adapters: the one place that names their classes."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import TYPE_CHECKING

import structlog
from pydantic import SecretStr

from adapters.web.workspace import PLATFORM as WEB
from bot.access import Access
from bot.app.core import Core
from bot.commands import COMMANDS
from bot.messages import CommandSpec, Finding, Person, Place, person_key
from bot.ports import About, Adapter, OffersCommands, offers
from bot.settings import Settings
from bot.store.engine import Store
from bot.store.intents.settings import MODEL, in_force
from bot.store.pagelog import PageLog

if TYPE_CHECKING:
    from adapters.web.adapter import WebAdapter

log = structlog.get_logger(__name__)

OFFER_AGAIN = 60.0
"""Seconds until a platform that did not take the commands is asked again."""

OWN = (WEB,)
"""Platforms whose people the operator lets in, rather than a workspace's."""


class CoreViews:
    """Implements `bot.ports.Views`."""

    def __init__(self, about: About, specs: Sequence[CommandSpec], store: Store) -> None:
        self._about = about
        self._specs = specs
        self._store = store

    def about(self) -> About:
        """Which program this is."""
        return self._about

    def commands(self) -> Sequence[CommandSpec]:
        """What can be typed."""
        return self._specs

    async def model(self, place: Place, person: Person) -> str:
        """Which model answers this person there."""
        chosen = await self._store.read(in_force, place, person_key(place.platform, person))
        return chosen.get(MODEL, self._about.default_model)


def platforms_for(_parts: Core, settings: Settings) -> Sequence[Adapter]:
    """An adapter for each platform that has credentials; only these load their libraries."""
    adapters: list[Adapter] = []
    if settings.discord_bot_token is not None:
        from adapters.discord.adapter import DiscordAdapter

        adapters.append(
            DiscordAdapter(
                settings.discord_bot_token.get_secret_value(),
                time.time,
                reply_in=settings.discord_reply_in,
                base_url=settings.discord_api_base_url,
                serves=Access(settings.admins, settings.allowed_workspaces).serves,
            )
        )
    if settings.slack_bot_token is not None:
        adapters.append(slack_for(settings, settings.slack_bot_token))
    return adapters


async def offer_commands(adapter: object) -> None:
    """Offer every command where a platform shows them natively; tried again until it takes them."""
    specs = tuple(command.spec for command in COMMANDS)
    while offers(adapter, OffersCommands):
        try:
            await adapter.offer(specs)
        except Exception:
            log.exception("commands not offered")
            await asyncio.sleep(OFFER_AGAIN)
        else:
            return


def slack_for(settings: Settings, token: SecretStr) -> Adapter:
    """Slack. Its library is loaded only where it is used."""
    from adapters.slack.adapter import SlackAdapter

    return SlackAdapter(
        token.get_secret_value(),
        specs=tuple(command.spec for command in COMMANDS),
        clock=time.time,
        app_token=_plain(settings.slack_app_token),
        signing_secret=_plain(settings.slack_signing_secret),
        base_url=settings.slack_api_base_url,
    )


def platform_checks(settings: Settings) -> Sequence[AsyncGenerator[Finding, None]]:
    """What there is to look at on each platform that has credentials."""
    checks: list[AsyncGenerator[Finding, None]] = []
    if settings.discord_bot_token is not None:
        from adapters.discord.check import check as check_discord

        checks.append(check_discord(settings.discord_bot_token.get_secret_value(), settings.discord_api_base_url))
    if settings.slack_bot_token is not None:
        from adapters.slack.check import check as check_slack

        tokens = (settings.slack_bot_token.get_secret_value(), _plain(settings.slack_app_token))
        checks.append(check_slack(*tokens, settings.slack_api_base_url))
    return checks


def page_for(parts: Core, settings: Settings, announce: Callable[[str], None]) -> "WebAdapter":
    """The playground."""
    from adapters.web.adapter import WebAdapter

    password = settings.playground_password
    return WebAdapter(
        PageLog(parts.store),
        parts.files,
        CoreViews(parts.about, tuple(command.spec for command in COMMANDS), parts.store),
        clock=time.time,
        new_id=parts.new_id,
        announce=announce,
        password=password.get_secret_value() if password else None,
    )


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None


def slack_manifest(url: str | None, *, as_json: bool) -> str:
    """What to paste where Slack asks for an app's manifest; `url` is our public address, for HTTP events."""
    from adapters.slack.manifest import as_yaml, manifest

    wanted = manifest(url, [command.spec for command in COMMANDS])
    return json.dumps(wanted, indent=2, ensure_ascii=False) if as_json else as_yaml(wanted)
