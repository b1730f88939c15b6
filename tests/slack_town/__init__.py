"""A local Slack on 127.0.0.1: Web API, Socket Mode, signed HTTP events, files; slack-bolt notices nothing.

    async with slack_town() as town:
        ...                                     # an app starts with town.base_url, BOT_TOKEN and APP_TOKEN
        await town.sockets.connected()          # or, over HTTP: town.send_events_to("http://…/slack/events")
        asked = town.ada.mentions(town.square, "what is a gatepost?")
        await town.until(lambda: town.square.from_app(asked.ts))
        assert [one.said for one in town.square.replies(asked.ts)] == [...]

People are `Person`s: they say, edit, delete, press, choose, type commands, use shortcuts, open their Home,
stop. What they do happens at once and is delivered in tasks; a `Delivery` tells how the app took it. What is to
be seen is in `Channel.visible`, `Person.sees` and `Message.versions`; what was called, and when, in
`town.calls()`. Faults are data (`town.faulty("chat.update", lost=True)`), limits hold (`town.limited()`),
`town.clock.advance(300)` makes five minutes pass: streams expire, retries fall due, limits open again.
`town.install(manifest)` makes of the app what its manifest says; without it the app may do whatever Gatepost
needs.
"""

from tests.slack_town.deliveries import Delivery, Undelivered
from tests.slack_town.faults import Fault
from tests.slack_town.limits import Allowance
from tests.slack_town.person import Person
from tests.slack_town.tokens import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from tests.slack_town.town import Town, slack_town
from tests.slack_town.values import BOT_USER, OTHER_TEAM, TEAM, Channel, File, Message

__all__ = [
    "APP_TOKEN",
    "BOT_TOKEN",
    "BOT_USER",
    "OTHER_TEAM",
    "SIGNING_SECRET",
    "TEAM",
    "Allowance",
    "Channel",
    "Delivery",
    "Fault",
    "File",
    "Message",
    "Person",
    "Town",
    "Undelivered",
    "slack_town",
]
