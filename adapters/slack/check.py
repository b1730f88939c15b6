"""Looks at an installation on Slack: the tokens, the secret, the scopes. Asks, and connects to nothing."""

import re
from collections.abc import AsyncGenerator

from adapters.slack.api import SLACK, Api
from adapters.slack.failures import DEAD_TOKEN, SlackRefused
from adapters.slack.manifest import SCOPES
from bot.messages import Finding, Mark

_PAGES = {
    "SLACK_BOT_TOKEN": ("xoxb-", "“OAuth & Permissions”"),
    "SLACK_APP_TOKEN": ("xapp-", "“Basic Information”, under “App-Level Tokens”"),
}
"""How a token begins, and the page of the app's settings on which it is found."""

_KINDS = {"xoxb-": "a bot token", "xapp-": "an app token", "xoxp-": "a person's token"}
_SECRET = re.compile(r"[0-9a-z]{32}$")
_REINSTALL = "Put the manifest that `gatepost slack-manifest` prints into the app's settings, and install it anew."

UNSEEN = (
    "events and the Messages tab can't be looked at from here: if the bot hears nothing, compare its manifest with"
    " the one that `gatepost slack-manifest` prints"
)


async def check(
    bot_token: str, app_token: str | None, signing_secret: str | None, base_url: str = SLACK
) -> AsyncGenerator[Finding, None]:
    """A row for each; what depends on a token only where that has the right form."""
    given = {"SLACK_BOT_TOKEN": bot_token, "SLACK_APP_TOKEN": app_token}
    wrong = [row for name, token in given.items() if token is not None and (row := _form(name, token))]
    if signing_secret is not None and not _SECRET.match(signing_secret):
        said = "SLACK_SIGNING_SECRET has to be 32 digits and small letters; it is on “Basic Information”."
        wrong.append(Finding("slack secret", Mark.FAULT, said))
    for row in wrong:
        yield row
    if wrong:
        return
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


def _form(name: str, token: str) -> Finding | None:
    begins, page = _PAGES[name]
    if token.startswith(begins):
        return None
    found = next((kind for start, kind in _KINDS.items() if token.startswith(start)), "something else")
    said = f"{name} begins with {begins} and stands on the app's page {page}; what is set is {found}."
    return Finding("slack tokens", Mark.FAULT, said)


async def _bot_token(api: Api) -> Finding:
    try:
        us = await api.us()
    except SlackRefused as error:
        if error.code in DEAD_TOKEN:
            said = f"Slack refuses SLACK_BOT_TOKEN ({error.code}). Copy it again from “OAuth & Permissions”."
            return Finding("slack", Mark.FAULT, said)
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
        page = _PAGES["SLACK_APP_TOKEN"][1]
        if error.code == "missing_scope":
            said = f"SLACK_APP_TOKEN lacks connections:write. Make one with that scope on {page}."
        else:
            said = f"Slack refuses SLACK_APP_TOKEN ({error.code}). Copy it again from {page}."
        return Finding("slack socket", Mark.FAULT, said)
    finally:
        await api.close()
    return Finding("slack socket", Mark.OK, "the app token opens sockets")
