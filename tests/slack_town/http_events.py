"""Events, commands and interactions over HTTP: signed requests to the app's address."""

import hashlib
import hmac
import time
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson
from aiohttp import ClientError, ClientSession

from tests.slack_town.clock import Clock
from tests.slack_town.deliveries import COMMANDS, EVENTS, Attempt, Delivery, Undelivered
from tests.slack_town.tokens import SIGNING_SECRET
from tests.slack_town.values import Json

_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
_REASONS = {"timeout": "http_timeout"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the app answered."""

    status: int
    headers: dict[str, str]
    body: str


class HttpEvents:
    """A route for deliveries: the app's address, and how Slack talks to it."""

    def __init__(self, url: str, session: ClientSession, clock: Clock, secret: str = SIGNING_SECRET) -> None:
        self.url = url
        self.clock = clock
        self.session = session
        self.secret = secret
        self.answer_within = 3.0

    async def carry(self, delivery: Delivery, attempt: Attempt) -> Json:
        """Post once; anything but a 200 in time is a failure."""
        content, body = _body(delivery)
        headers = {"Content-Type": content}
        if attempt.number:
            headers["X-Slack-Retry-Num"] = str(attempt.number)
            headers["X-Slack-Retry-Reason"] = _REASONS.get(attempt.reason, attempt.reason)
        try:
            async with self.clock.timeout(self.answer_within):
                reply = await self.post(body, headers)
        except TimeoutError:
            raise Undelivered("timeout") from None
        except (ClientError, OSError):
            raise Undelivered("connection_failed") from None
        if reply.status != 200:
            raise Undelivered("http_error", final=reply.headers.get("x-slack-no-retry") == "1")
        return _answer(reply)

    async def post(
        self, body: bytes, headers: dict[str, str], *, at: float | None = None, signature: str | None = None
    ) -> Reply:
        """Post this, signed; with another time or signature to see what the app makes of it."""
        stamp = str(int(time.time() if at is None else at))
        signed = {
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": sign(self.secret, stamp, body) if signature is None else signature,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        async with self.session.post(self.url, data=body, headers=signed | headers, allow_redirects=False) as got:
            return Reply(got.status, {k.lower(): v for k, v in got.headers.items()}, await got.text())

    async def verify(self, challenge: str = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P") -> Reply:
        """Ask, as Slack does when somebody enters the address, whether the app is there."""
        body = {"token": "verification-token-of-old", "challenge": challenge, "type": "url_verification"}
        return await self.post(orjson.dumps(body), {"Content-Type": _JSON})


def sign(secret: str, stamp: str, body: bytes) -> str:
    """Slack's signature, version 0."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()


def _body(delivery: Delivery) -> tuple[str, bytes]:
    if delivery.kind == EVENTS:
        return _JSON, orjson.dumps(delivery.payload)
    if delivery.kind == COMMANDS:
        return _FORM, urlencode(delivery.payload).encode()
    return _FORM, urlencode({"payload": orjson.dumps(delivery.payload).decode()}).encode()


def _answer(reply: Reply) -> Json:
    if not reply.body:
        return {}
    if reply.headers.get("content-type", "").startswith(_JSON):
        answer: Json = orjson.loads(reply.body)
        return answer
    return {"text": reply.body}
