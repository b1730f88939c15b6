"""What the playground keeps of people: it is a platform of its own, and nobody else will take it away."""

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import ColumnElement, Connection, or_, select

from bot.messages import PageMessage
from bot.store.codec import dump, load_or_skip
from bot.store.held import unheld
from bot.store.intents.keeping import AT_A_TIME, Kept, Record, Taken, Theirs, when
from bot.store.intents.kept_words import NOBODY, OPEN_TURNS, turns_of
from bot.store.page import change, page_files, page_messages
from bot.store.schema import inbox, posts

_PLATFORM = "web"


def count_page(conn: Connection, theirs: Theirs) -> int:
    """How many messages stand there."""
    return sum(1 for _ in _theirs(conn, theirs))


def export_page(conn: Connection, theirs: Theirs) -> Iterator[Record]:
    """The messages, oldest first."""
    for message in _theirs(conn, theirs):
        files = [{"name": file.name, "stored": [{"sha256": file.sha256}]} for file in message.files]
        told = {
            "sent_at": when(message.sent_at),
            "place": message.place.key,
            "by": "you" if message.person.id == theirs.id else message.person.name,
            "text": message.text,
            "files": files,
        }
        yield {name: value for name, value in told.items() if value not in ("", [])}


def forget_page(conn: Connection, theirs: Theirs) -> Taken:
    """Delete them, as if that had been done on the page, with who wrote them."""
    return _delete(conn, islice(_theirs(conn, theirs, settled=True), AT_A_TIME))


def expire_page(conn: Connection, before: float) -> Taken:
    """Delete what was said before then."""
    oldest = islice(_standing(conn, _is_settled()), AT_A_TIME)
    return _delete(conn, [message for message in oldest if message.sent_at < before])


def _theirs(conn: Connection, theirs: Theirs, *, settled: bool = False) -> Iterator[PageMessage]:
    """What they wrote, and what they were answered, as far as it still stands there."""
    if theirs.platform != _PLATFORM:
        return
    answers = select(posts.c.message_id).where(posts.c.turn_id.in_(turns_of(theirs)))
    said = page_messages.c.body.contains(f'"person":{{"id":{dump(theirs.id)},', autoescape=True)
    mine = or_(said, page_messages.c.id.in_(answers))
    for message in _standing(conn, mine & _is_settled() if settled else mine):
        here = theirs.within is None or f"{message.place.key}:".startswith(f"{theirs.within}:")
        if here and message.sent_at <= theirs.until:
            yield message


def _standing(conn: Connection, which: ColumnElement[bool]) -> Iterator[PageMessage]:
    there = select(page_messages.c.id, page_messages.c.body).where(which, page_messages.c.deleted == 0)
    for row in conn.execute(there.order_by(page_messages.c.n)):
        message = load_or_skip(PageMessage, row.body, row.id)
        if message is not None:
            yield message


def _is_settled() -> ColumnElement[bool]:
    """Whether nobody waits for what answers it, or for the rest of it."""
    asked = select(inbox.c.message_id).where(inbox.c.turn_id.in_(OPEN_TURNS))
    shown = select(posts.c.message_id).where(posts.c.turn_id.in_(OPEN_TURNS), posts.c.message_id.is_not(None))
    return page_messages.c.id.not_in(asked.union(shown))


def _delete(conn: Connection, messages: Iterable[PageMessage]) -> Taken:
    gone = list(messages)
    ids = [message.id for message in gone]
    hashes = set(conn.scalars(select(page_files.c.sha256).where(page_files.c.message_id.in_(ids))))
    for message in gone:
        change(conn, PageMessage(message.id, message.place, NOBODY, message.sent_at, deleted=True))
    return Taken(len(gone), unheld(conn, hashes) if hashes else ())


PAGE = Kept(
    "page",
    "messages on the page, yours and those that answer you",
    ("page_messages", "page_files"),
    count_page,
    export_page,
    forget_page,
    expire_page,
    placed=True,
    waits=True,
)
