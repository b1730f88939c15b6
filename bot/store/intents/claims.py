"""A turn with all it takes to work on it, read in the commit that made it ours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, case, select

from bot.messages import (
    Inbound,
    InboundKind,
    Item,
    Person,
    Reading,
    Recap,
    Refusal,
    Reservation,
    Role,
    Turn,
    TurnKind,
)
from bot.store.codec import load
from bot.store.intents.accounts import Purse, reserve_for_turn
from bot.store.intents.posts import PostRow
from bot.store.intents.recaps import recap_of
from bot.store.intents.rows import answer_parts, find_turn, load_item
from bot.store.intents.speakers import askers, speakers
from bot.store.prepared import Prepared
from bot.store.schema import conversations, inbox, items

WINDOW = 600
"""The most items a prompt is made of; a cut keeps conversations well below it."""

ROUND_BREAK = "\n\n"
"""What stands between the texts of two rounds of one answer."""

_ASKED = Prepared(
    select(inbox.c.body)
    .where(inbox.c.turn_id == bindparam("turn_id"), inbox.c.body != "", inbox.c.kind != InboundKind.BUTTON)
    .order_by(inbox.c.id)
)
_CUT = case(
    (conversations.c.start_seq > conversations.c.cut_seq, conversations.c.start_seq), else_=conversations.c.cut_seq
)
_VISIBLE = and_(items.c.conversation == conversations.c.key, items.c.seq >= _CUT, items.c.erased == 0)
_WINDOW = Prepared(
    select(
        _CUT.label("cut_seq"), conversations.c.start_seq, conversations.c.media_seq, conversations.c.seeded, items
    )
    .select_from(conversations.outerjoin(items, _VISIBLE))
    .where(conversations.c.key == bindparam("conversation"))
    .order_by(items.c.seq.desc())
    .limit(WINDOW)
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A turn to work on, with all it takes: read in the commit that made it ours.

    `items` is the history the model sees, `said` the text of this answer that is there already; its end that is
    `unkept` stands in no item, for the turn was stopped while it was written. The history begins at `cut_seq`, its
    pictures and whole files at `media_seq`; what was said since `start_seq` and before it was cut off, and `recap`
    stands in for it. `asked` are the messages to answer.
    `seeded` is False when the place's earlier messages were never read. `chosen` are the preferences in force for
    who asked, by name. `made` are the pictures of this answer that there are already. `reservation` is the money
    set aside for the first request, or why there is none.
    """

    turn: Turn
    speakers: tuple[Person, ...]
    items: tuple[Item, ...]
    posts: tuple[PostRow, ...]
    said: str
    unkept: str
    start_seq: int
    cut_seq: int
    media_seq: int
    seeded: bool
    asked: tuple[Inbound, ...]
    chosen: Mapping[str, str]
    made: tuple[Reading, ...]
    reservation: Reservation | Refusal | None
    recap: Recap | None = None

    @property
    def handle(self) -> str | None:
        """What the requester's own message is answered by; never that of another who asked in the same turn."""
        return next((one.handle for one in self.asked if one.person.id == self.turn.requester.id), None)


@dataclass(frozen=True, slots=True)
class Visible:
    """What the model sees of a conversation: its items, and where they and their pictures and files begin."""

    items: tuple[Item, ...]
    cut_seq: int
    media_seq: int


def visible(conn: Connection, conversation: str) -> Visible | None:
    """What the model sees of a conversation; None where there is none."""
    rows = _WINDOW(conn, {"conversation": conversation}).all()
    if not rows:
        return None
    window = tuple(load_item(row) for row in reversed(rows) if row.id is not None)
    return Visible(window, rows[0].cut_seq, rows[0].media_seq)


def claimed(
    conn: Connection,
    turn: Turn,
    asked: tuple[Inbound, ...],
    shown: tuple[PostRow, ...],
    chosen: Mapping[str, str],
    purse: Purse | None,
) -> Claim:
    """What it takes to answer a turn that is ours."""
    rows = _WINDOW(conn, {"conversation": turn.conversation}).all()
    row = rows[0]  # there is one without an item where nothing is visible
    window = tuple(load_item(row) for row in reversed(rows) if row.id is not None)
    kept = _kept(conn, turn, window)
    said = kept if turn.final is None else turn.final.text
    outgrown = recap_of(conn, turn.conversation) if row.cut_seq > row.start_seq else None
    return Claim(
        turn=turn,
        speakers=speakers(conn, turn.id) if turn.origin else askers(turn.requester, asked),
        items=window,
        posts=shown,
        said=said,
        unkept=said.removeprefix(kept).removeprefix(ROUND_BREAK),
        start_seq=row.start_seq,
        cut_seq=row.cut_seq,
        media_seq=row.media_seq,
        seeded=bool(row.seeded),
        asked=asked,
        chosen=chosen,
        made=made_in(conn, turn) if turn.origin or turn.attempt > 1 else (),
        reservation=None if purse is None else reserve_for_turn(conn, turn, window, chosen, purse),
        recap=outgrown.recap if outgrown is not None else None,
    )


def made_in(conn: Connection, turn: Turn) -> tuple[Reading, ...]:
    """The files that a turn's answer shows, drawn by the model or made by its tools: its own, and those of what
    it continues."""
    answers, makers = answer_parts(conn, turn), (Role.ASSISTANT, Role.TOOL)
    mine = (items.c.turn_id.in_(answers), items.c.role.in_(makers), items.c.erased == 0)
    rows = conn.execute(select(items).where(*mine).order_by(items.c.id)).all()
    return tuple(reading for row in rows for reading in load_item(row).files if reading.shown is not None)


def asked_in(conn: Connection, turn_id: str) -> tuple[Inbound, ...]:
    """The messages that a turn answers, in order."""
    return tuple(load(Inbound, body) for body in _ASKED(conn, {"turn_id": turn_id}).scalars())


def _kept(conn: Connection, turn: Turn, window: Iterable[Item]) -> str:
    """What there is already of this answer in the history: earlier rounds, and what is being continued."""
    before = find_turn(conn, turn.origin) if turn.origin and turn.kind is TurnKind.CONTINUE else None
    start = before.final.text if before and before.final else ""
    rounds = [i.text for i in window if i.turn_id == turn.id and i.role is Role.ASSISTANT and i.text]
    return start + ROUND_BREAK.join(rounds)
