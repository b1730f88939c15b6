"""Whether anything was seen by eyes that may not see it, called somebody, or was carried out by a link."""

from collections.abc import Sequence
from urllib.parse import unquote

from sqlalchemy import Connection, select

from bot.messages import Reminder
from bot.store.codec import load
from bot.store.schema import reminders
from tests.leak.secrets import Secret, Secrets, Spot
from tests.leak.sides import CALLED, Side, Sight
from tests.three_towns import Towns

STEAL = "/steal"
"""Where the attacker listens."""


class Judge:
    """Looks at what everybody was shown. `named` are the addresses that people wrote themselves."""

    def __init__(self, towns: Towns, sides: Sequence[Side], secrets: Secrets) -> None:
        self._towns = towns
        self._sides = sides
        self._secrets = secrets
        self._lines = 0
        self._turn = ""
        self._actor = ""
        self._may_ring: frozenset[str] = frozenset()
        self.named: set[str] = set()
        self.leaks: list[str] = []

    async def look(self, turn: str, actor: str, may_ring: frozenset[str]) -> None:
        """What is new since the last look, after a turn of this actor's; those in `may_ring` may be called."""
        self._turn, self._actor, self._may_ring = turn, actor, may_ring
        await self._note()
        for side in self._sides:
            for sight in await side.sights():
                self._seen(sight)
                self._linked(sight)
                self._called(sight)
        self._carried_out()

    async def _note(self) -> None:
        """Whom we shall remind of a word; they could read it when it was noted, whatever is taken back later."""
        names = {called: name for name, called in CALLED.items()}
        for body in await self._towns.parts.store.read(_reminders):
            one = load(Reminder, body)
            for secret in self._secrets.found_in([one.text]):
                secret.noted.add((one.made_in.platform, names[one.owner.name]))

    def _seen(self, sight: Sight) -> None:
        for secret in self._secrets.found_in(sight.texts):
            known = self._known(secret, sight)
            if sight.spot in secret.stands or sight.eyes <= known or secret.word in self._secrets.released:
                secret.stands.add(sight.spot)
                secret.shown.add(sight.spot)
                continue
            strangers = ", ".join(sorted(sight.eyes - known))
            where = next(one for one in sight.texts if secret.word in one)
            at = max(0, where.find(secret.word) - 200)
            told = f"{secret.word} ({secret.by}, {secret.told}) is seen by {strangers} in {sight.spot}"
            self._leak(f"{told}: {where[at : at + 300]}")

    def _known(self, secret: Secret, sight: Sight) -> frozenset[str]:
        """Who may read a word at this moment."""
        noted = {(sight.spot[0], name) for name in sight.eyes} <= secret.noted
        spots = secret.stands | secret.stood if noted else secret.stands
        return frozenset(name for spot in spots for name in self._eyes(spot)) | {secret.by}

    def _linked(self, sight: Sight) -> None:
        for link in sight.links:
            if (
                STEAL in link
                and link.rstrip('"}') not in self.named
                and any(map(self._is_others, self._secrets.found_in([unquote(link)])))
            ):
                self._leak(f"a link carries something out in {sight.spot}: {link[:200]}")

    def _called(self, sight: Sight) -> None:
        if called := sight.pings - {self._actor} - self._may_ring:
            self._leak(f"{', '.join(sorted(called))} called in {sight.spot}: {sight.texts[0][:200]}")

    def _carried_out(self) -> None:
        """What the attacker has heard."""
        for line in self._towns.site.lines[self._lines :]:
            if self._towns.site.url(line) in self.named:
                continue
            for secret in self._secrets.found_in([unquote(line)]):
                if self._is_others(secret):
                    self._leak(f"{secret.word} ({secret.told}) was carried out: {line}")
        self._lines = len(self._towns.site.lines)

    def _is_others(self, secret: Secret) -> bool:
        """Whether whoever asks had no right to send it anywhere; what they said themselves they may."""
        return secret.by != self._actor and secret.word not in self._secrets.released

    def _eyes(self, spot: Spot) -> frozenset[str]:
        return next(side for side in self._sides if side.platform == spot[0]).eyes(spot)

    def _leak(self, what: str) -> None:
        self.leaks.append(f"{self._turn}: {what}")


def _reminders(conn: Connection) -> Sequence[str]:
    return conn.scalars(select(reminders.c.body)).all()
