"""An answer as it is told: what comes from the model becomes text, thoughts and pictures that people see grow."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from bot.conversation import words
from bot.conversation.drawings import Drawings
from bot.conversation.links import LinkGuard
from bot.conversation.thoughts import Thoughts
from bot.delivery.pump import Showing
from bot.errors import AnswerCutOff
from bot.messages import Delta, Finish, ImageDelta, ReasoningDelta, Retrying, TextDelta
from bot.store.intents.claims import ROUND_BREAK

SILENCE = 1.5
"""Seconds without a word after which people are told that the model thinks."""

LONG_SILENCE = 15.0
"""Seconds after which they are told that it still does."""

LONGEST_REST = 0.2
"""Seconds without a look at the stream: so late may it be noticed that an answer has ended. Waking up for every
single token is most of what a token costs."""

LEAD = 0.01
"""Seconds before something can be shown again at which there is one more look."""


class Telling:
    """Holds what was said of one answer. Thoughts are shown where `aloud`; `drawings` takes the pictures.

    `unkept` is the end of what is `said`, which is in no history yet.
    """

    def __init__(self, reply: Showing, drawings: Drawings, said: str, unkept: str, *, aloud: bool) -> None:
        self._reply = reply
        self._drawings = drawings
        self._aloud = aloud
        self._text = [said]
        self._heading = ""
        self._round = [unkept] if unkept else []
        self._thoughts = Thoughts()
        self._waiting = words.THINKING
        self._patience: asyncio.TimerHandle | None = None  # until people are told what takes so long
        self._guard: LinkGuard | None = None

    @property
    def written(self) -> str:
        """The whole answer so far, as people read it."""
        return "".join(self._text)

    @property
    def said(self) -> bool:
        """Whether there is anything of the answer for people to see."""
        return bool(len(self.written) > len(self._heading) or self._drawings)

    @property
    def words(self) -> str:
        """What the model said in this round: what it is to be reminded of."""
        return "".join(self._round)

    def head(self, heading: str) -> None:
        """What stands above the answer, once."""
        if not self._heading:
            self._heading = heading
            self.add(heading)

    def add(self, text: str) -> None:
        """Text that people see and that the model did not say."""
        self._text.append(text)
        self._reply.push(text)

    def say(self, text: str) -> None:
        """The words of this round, all at once."""
        self._round.append(text)
        self.add(text)

    def distrust(self, named: Callable[[str], bool]) -> None:
        """From here on show no address as a link that was not `named`: a stranger may have asked for it."""
        self._guard = LinkGuard(named, before=self.written)

    def end_round(self) -> None:
        """The words of this round are kept elsewhere, or count no more."""
        self._round = []

    async def hear(self, deltas: AsyncGenerator[Delta, None], *, draws: bool, goes_on: bool) -> Finish:
        """Tell what comes, to its end. `goes_on` says that there is text of an earlier round above it.

        Raises the `GatewayError` of the stream.
        """
        self._be_patient(draws=draws)
        try:
            async with aclosing(deltas):
                async for delta in deltas:
                    match delta:
                        case TextDelta() | ImageDelta():
                            self._end_patience()
                            self._take(delta, goes_on=goes_on)
                            await self._rest()
                        case ReasoningDelta(text=text):
                            self._think(text, goes_on=goes_on)
                        case Retrying(seconds=seconds, busy=busy) if seconds:
                            self._reply.set_status(words.retrying(seconds, busy=busy))
                        case Finish():
                            return delta
        finally:
            self._end_patience()
            self._say_rest()
        raise AnswerCutOff("the stream ended without a finish")

    async def _rest(self) -> None:
        """Let the stream run on unread while nothing new of the answer could be shown anyway."""
        quiet = self._reply.quiet_for() - LEAD
        if quiet > LEAD:
            await asyncio.sleep(min(quiet, LONGEST_REST))

    def _be_patient(self, *, draws: bool) -> None:
        """Say what takes so long: that a picture is drawn at once, that the model thinks after a while."""
        self._waiting = words.DRAWING if draws else words.THINKING
        seconds = 0.0 if draws else SILENCE
        self._patience = asyncio.get_running_loop().call_later(seconds, self._still_waiting, self._waiting)

    def _still_waiting(self, told: str) -> None:
        self._waiting = told
        self._reply.set_status(told)
        if told == words.THINKING:
            seconds, later = LONG_SILENCE - SILENCE, words.STILL_THINKING
            self._patience = asyncio.get_running_loop().call_later(seconds, self._still_waiting, later)

    def _end_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _take(self, delta: TextDelta | ImageDelta, *, goes_on: bool) -> None:
        if isinstance(delta, ImageDelta):
            self._drawings.take(delta)
            return
        if not self._round:
            self._reply.set_status(None)
            if end := self._thoughts.close():
                self._tell(end)
            elif goes_on:
                self._tell(ROUND_BREAK)
        self._round.append(self._tell(delta.text))

    def _think(self, thought: str, *, goes_on: bool) -> None:
        """The model thinks: people are told so, and see what, if they want to."""
        if self._round:
            return
        self._reply.set_status(self._waiting)
        if self._aloud and (quoted := self._thoughts.push(thought)):
            if quoted.startswith("> ") and goes_on:
                self._tell(ROUND_BREAK)
            self._tell(quoted)

    def _tell(self, text: str) -> str:
        """Show what the model wrote, as far as that is decided; just that."""
        said = self._guard.push(text) if self._guard is not None else text
        if said:
            self.add(said)
        return said

    def _say_rest(self) -> None:
        """What was held back is shown when nothing more comes."""
        if self._guard is not None and (rest := self._guard.end()):
            self._round.append(rest)
            self.add(rest)
