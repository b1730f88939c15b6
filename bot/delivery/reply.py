"""One answer as it grows and as it ends: its text, the messages it is divided into. No clock, no I/O."""

from collections.abc import Sequence

from bot.delivery.cutting import Cut, Message, Render
from bot.delivery.lines import Lines
from bot.delivery.pieces import Piece, healed_piece, last_piece, settled_end
from bot.messages import Action, OutFile, Rendered

MOST_PARTS = 5
MORE_IN_FILE = "\n\n*The rest is in the attached file.*"
WHOLE_ANSWER = "answer.md"


def whole_answer(text: str, texts: Sequence[str]) -> tuple[OutFile, ...]:
    """The file that goes with the last of these parts of an answer, where they do not hold all of it."""
    if not texts or not texts[-1].endswith(MORE_IN_FILE):
        return ()
    return (OutFile(WHOLE_ANSWER, "text/markdown", text.encode(errors="replace"), "The whole answer"),)


class Reply:
    """The text of an answer so far, in messages of at most `limit` characters as `render` writes them.

    Messages after the first may hold `later` characters. `asker` and `answers` go into every `Rendered`.

    `push` costs next to nothing; `refresh` takes in what was pushed, and the rest shows what it found. A message
    that is followed by another never changes again: text does not move between messages.
    """

    __slots__ = (
        "_chunks",
        "_files",
        "_frozen",
        "_full",
        "_grown",
        "_lines",
        "_note",
        "_prefix",
        "_render",
        "_seen",
        "_settled",
        "_start",
        "_text",
        "actions",
        "answers",
        "answers_asker",
        "asker",
        "ended",
        "later",
        "limit",
        "status",
        "summons",
    )

    def __init__(
        self,
        limit: int,
        render: Render,
        text: str = "",
        *,
        later: int | None = None,
        asker: str | None = None,
    ) -> None:
        self.limit = limit
        self.later = later or limit
        self.asker = asker
        self.answers: str | None = None
        self.answers_asker = True
        self.summons = False
        self.status: str | None = None
        self.actions: tuple[Action, ...] = ()
        self.ended = False
        self._render = render
        self._note = len(render(MORE_IN_FILE))
        self._text = ""
        self._chunks = [text] if text else []
        self._lines = Lines()
        self._frozen: list[str] = []  # markdown of the messages that are followed by another
        self._grown = ""  # markdown of the last message, fit to look at
        self._start, self._prefix = 0, ""  # where the last message starts, and what it opens again
        self._seen = 0  # up to where people have seen the answer
        self._full: Piece | None = None  # the last message we allow, once the answer has outgrown it
        self._settled = 0
        self._files: tuple[OutFile, ...] = ()

    @property
    def text(self) -> str:
        """All that was pushed."""
        self._take_in()
        return self._text

    @property
    def stable(self) -> str:
        """The text that reads the same whatever follows; it only grows. What a native stream may append."""
        self._take_in()
        if not self.ended:
            self._settled = max(self._settled, settled_end(self._text, self._lines))
        return self._text[: self._settled]

    @property
    def settled(self) -> str:
        """The markdown of the last message as far as it reads the same whatever follows; as of `refresh`."""
        if self.ended:
            return self._grown
        end = min(len(self.stable), self._full.end if self._full else self._seen)
        return self._prefix + self._text[self._start : end] if end > self._start else ""

    @property
    def preview(self) -> str:
        """The markdown of the last message as it can be shown now, as of the last `refresh`."""
        return self._grown

    @property
    def texts(self) -> tuple[str, ...]:
        """The markdown of every message, as of the last `refresh` or the end."""
        return (*self._frozen, self._grown)

    def __len__(self) -> int:
        """How many messages there are; the last is the one that grows."""
        return len(self._frozen) + 1

    def push(self, text: str) -> None:
        """Add to the answer."""
        self._chunks.append(text)

    def refresh(self) -> None:
        """Take in what was pushed, and divide and heal as far as it goes."""
        if self.ended:
            return
        self._take_in()
        while self._full is None and (cut := self._next_cut(growing=True)) is not None:
            if self._is_last:
                self._full = cut.piece
            else:
                self._freeze(cut)
        piece = self._full or healed_piece(self._text, self._start, self._prefix, self._lines)
        self._grown = piece.of(self._text)
        self._seen = max(self._seen, piece.end)

    def divide(self) -> bool:
        """Let another message begin where people have not read yet; False when that cannot be done just now."""
        self._take_in()
        if self.ended or self._is_last or self._full is not None:
            return False
        message = Message(self._text, self._start, self._prefix, self._lines, self._limit_here, self._render)
        cut = message.cut_after(self._seen)
        if cut is None or not self._text[cut.start :].strip():
            return False
        self._freeze(cut)
        return True

    def finish(
        self, status: str | None = None, actions: tuple[Action, ...] = (), files: tuple[OutFile, ...] = ()
    ) -> tuple[str, ...]:
        """End the answer; the final markdown of every message. Only the first call counts."""
        if not self.ended:
            self._take_in()
            self._lines.read(self._text, ended=True)
            self._divide_rest()
            self.ended = True
            self._settled = len(self._text)
            self.status, self.actions = status, actions
            self._files = (*files, *whole_answer(self._text, self.texts))
        return self.texts

    def rendered(self, n: int) -> Rendered:
        """Message `n` as it is to appear now."""
        frozen = n < len(self._frozen)
        return Rendered(
            self._render(self._frozen[n] if frozen else self._grown),
            None if frozen else self.status,
            () if frozen else self.actions,
            () if frozen else self._files,
            final=frozen or self.ended,
            part=n,
            asker=self.asker,
            answers=self.answers,
            answers_asker=self.answers_asker,
            summons=self.summons and n == 0,
        )

    def _take_in(self) -> None:
        if self._chunks:
            self._text += "".join(self._chunks)
            self._chunks.clear()
            self._lines.read(self._text)

    def _next_cut(self, *, growing: bool) -> Cut | None:
        room = self._limit_here - self._note if self._is_last else self._limit_here
        message = Message(self._text, self._start, self._prefix, self._lines, room, self._render)
        return message.next_cut(seen=self._seen, growing=growing)

    @property
    def _limit_here(self) -> int:
        return self.later if self._frozen else self.limit

    @property
    def _is_last(self) -> bool:
        return len(self) == MOST_PARTS

    def _freeze(self, cut: Cut) -> None:
        self._frozen.append(cut.piece.of(self._text))
        self._start, self._prefix = cut.start, cut.prefix
        self._lines.forget(self._start)

    def _divide_rest(self) -> None:
        while (cut := self._next_cut(growing=False)) is not None and not self._is_last:
            self._freeze(cut)
        rest = last_piece(self._text, self._start, self._prefix, self._lines).of(self._text)
        if cut is None or len(self._render(rest)) <= self._limit_here:
            self._grown = rest
        else:
            self._grown = (self._full or cut.piece).of(self._text) + MORE_IN_FILE
