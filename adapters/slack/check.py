"""Looks at an installation on Slack: the tokens, the secret, the scopes. Asks, and connects to nothing."""

from collections.abc import AsyncGenerator

from adapters.slack.api import SLACK, Api
from adapters.slack.failures import DEAD_TOKEN, SlackRefused
from adapters.slack.manifest import SCOPES
from adapters.slack.tokens import APP_TOKENS_PAGE, bot_token_refused
from bot.messages import Finding, Mark

_REINSTALL = "Put the manifest that `gatepost slack-manifest` prints into the app's settings, and install it anew."

UNSEEN = (
    "events and the Messages tab can't be looked at from here: if the bot hears nothing, compare its manifest with"
    " the one that `gatepost slack-manifest` prints"
)


async def check(bot_token: str, app_token: str | None, base_url: str = SLACK) -> AsyncGenerator[Finding, None]:
    """A row for each. Settings see to it that tokens are of the right kind."""
    api = Api(bot_token, base_url)
    try:
        yield await _bot_token(api)
        if api.scopes is not None:
            yield _scopes(api.scopes)
        if app_token is not None:
            yield await _app_token(app_token, base_url)
    finally:
        await api.close()
    yield Finding("slack app", Mark.OK, UNSEEN)


async def _bot_token(api: Api) -> Finding:
    try:
        us = await api.us()
    except SlackRefused as error:
        if error.code in DEAD_TOKEN:
            return Finding("slack", Mark.FAULT, bot_token_refused(error.code), fatal=True)
        return Finding("slack", Mark.FAULT, f"Slack does not answer ({error.code}). Check the network.")
    return Finding("slack", Mark.OK, f"the bot token is good, for the workspace {us.team}")


def _scopes(held: frozenset[str]) -> Finding:
    missing = [scope for scope in SCOPES if scope not in held]
    if missing:
        return Finding("slack scopes", Mark.FAULT, f"The app lacks {', '.join(missing)}. {_REINSTALL}")
    return Finding("slack scopes", Mark.OK, f"all {len(SCOPES)} are granted")


async def _app_token(token: str, base_url: str) -> Finding:
    api = Api(token, base_url)
    try:
        await api.write("apps.connections.open")
    except SlackRefused as error:
        if error.code == "missing_scope":
            said = f"SLACK_APP_TOKEN lacks connections:write. Make one with that scope on {APP_TOKENS_PAGE}."
        elif error.code in DEAD_TOKEN:
            said = f"Slack refuses SLACK_APP_TOKEN ({error.code}). Copy it again from {APP_TOKENS_PAGE}."
        else:
            return Finding("slack socket", Mark.FAULT, f"Slack opens no socket ({error.code}). Check the network.")
        return Finding("slack socket", Mark.FAULT, said, fatal=True)
    finally:
        await api.close()
    return Finding("slack socket", Mark.OK, "the app token opens sockets")
