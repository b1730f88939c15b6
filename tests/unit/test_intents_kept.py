"""What is kept about people: every table is answered for, all of it is told, forgotten, and let go with time."""

from dataclasses import replace
from decimal import Decimal
from json import dumps
from typing import Any

from sqlalchemy import Connection, Select, select

from bot.messages import (
    Account,
    ActionName,
    Digest,
    Estimate,
    Inbound,
    InboundKind,
    Item,
    KeptDigest,
    PageMessage,
    PastMessage,
    Person,
    Place,
    PlaceKind,
    Point,
    Poll,
    Query,
    Reading,
    ReadingKind,
    Reference,
    Reminder,
    Rendered,
    Role,
    SpendingLimits,
    StoredFile,
    ToolCall,
    TurnState,
    Where,
    account_of,
)
from bot.messages.inbound import Action
from bot.preferences.scopes import Scope, scope_key
from bot.store.intents.accounts import reserve
from bot.store.intents.calls import begin_calls, end_call
from bot.store.intents.changes import accept_delete, accept_edit
from bot.store.intents.echoes import TAKEN_OUT
from bot.store.intents.feedback import rate
from bot.store.intents.history import keep_readings
from bot.store.intents.inbox import Outcome, Target, accept_message, conversation_of
from bot.store.intents.indexed import index_items
from bot.store.intents.keeping import AT_A_TIME, Theirs
from bot.store.intents.kept import EXEMPT, KEPT, entries_for
from bot.store.intents.polls import open_poll, vote
from bot.store.intents.posts import record_post, settle_posts
from bot.store.intents.recorded import record
from bot.store.intents.reminders import add_reminder, keep_reminder, reminders_of
from bot.store.intents.settings import choose
from bot.store.intents.settlement import settle
from bot.store.intents.summaries import keep_digest
from bot.store.intents.turns import claim, finish, resume
from bot.store.intents.vectors import Owner, keep_vectors
from bot.store.page import page_messages, post
from bot.store.schema import (
    conversations,
    files,
    inbox,
    items,
    metadata,
    spent,
    turns,
    usage,
    vectors,
)
from bot.store.search import find

ADA = Person("ada-7041", "Ada Lovelace")
GRACE = Person("grace-1906", "Grace")
THREAD = Place("web", "local", "general", "t1", PlaceKind.THREAD)
ALONE = Place("web", "local", "dm-ada-7041", kind=PlaceKind.DM)
DAY = 86_400.0
NOW = 1_000 * DAY
WORDS = "zebrafish"
"""What Ada says, and what is said to her: it stands nowhere else."""


def ask(conn: Connection, n: int, who: Person, text: str, place: Place = THREAD, at: float = NOW) -> None:
    quoted = PastMessage(f"q{n}", ADA, f"{WORDS} quoted", at - 5) if who is GRACE else None
    said = Inbound(f"message:{n}", InboundKind.MESSAGE, place, f"m{n}", who, at, text, addressed=True)
    said = replace(said, quotes=(quoted,) if quoted else ())
    accept_message(conn, said, Target(place, place.key), f"turn{n}", at)


def answer(
    conn: Connection, n: int, who: Person, text: str, place: Place = THREAD, at: float = NOW, found: str = ""
) -> None:
    """A whole turn with a file, a picture drawn and a tool called, which has found that; shown and settled."""
    ask(conn, n, who, text, place, at)
    begun = claim(conn, f"turn{n}", place, f"web:{who.id}", f"post{n}", "model", at)
    assert begun is not None
    sent = Reading(ReadingKind.PICTURE, f"{text}.png", pictures=(StoredFile(f"{n:064x}", 9, "image/png"),))
    [item] = [item for item in begun.items if item.message_id == f"m{n}"]

    keep_readings(conn, place.key, item.seq, [sent])
    calls = (ToolCall("c1", "recall", dumps({"words": found or text})),)
    begin_calls(conn, place.key, Item(0, Role.ASSISTANT, turn_id=f"turn{n}", tool_calls=calls), at)
    end_call(
        conn, place.key, Item(0, Role.TOOL, f"found {found or text}", turn_id=f"turn{n}", tool_call_id="c1"), at
    )
    said = Item(0, Role.ASSISTANT, f"re {text}", turn_id=f"turn{n}")
    assert finish(conn, begun.turn, TurnState.DONE, Rendered(f"re {text}", final=True), [said], at)
    record_post(conn, begun.posts[0].key, f"reply{n}")
    settle_posts(conn, f"turn{n}", {begun.posts[0].key: "confirmed"}, {})
    post(conn, PageMessage(f"m{n}", place, who, at, text), f"said{n}")
    post(conn, PageMessage(f"reply{n}", place, Person("gatepost", "Gatepost"), at, f"re {text}"), f"key{n}")
    row = conn.scalar(select(items.c.id).where(items.c.message_id == f"m{n}"))
    assert row is not None
    keep_vectors(conn, Owner.ITEM, "embedder", {row: (1.0, 0.0)}, at)


def spend(conn: Connection, name: str, account: Account, at: float) -> None:
    reserve(conn, name, account, Estimate("model", Decimal("0.01")), SpendingLimits(Decimal(5), Decimal(1)), at)
    settle(conn, name, Decimal("0.002"))


def pressed(n: int, who: Person, action: Action, at: float = NOW) -> Inbound:
    return Inbound(f"button:{n}", InboundKind.BUTTON, THREAD, "reply1", who, at, action=action)


def reminder(who: Person, text: str, due_at: float | None) -> Reminder:
    return Reminder(f"r-{who.id}-{text}", 0, who, THREAD, Where.ME, text, "UTC", "2026-01-01T09:00:00", due_at)


def summary(who: Person, n: int, words: str, at: float) -> KeptDigest:
    point = Point(words, (Reference(f"said{n}", who),))
    digest = Digest(f"About {words}", (point,))
    marks, place = {f"said{n}": "abcd1234"}, THREAD
    return KeptDigest(place.key, place.parent.key, marks, (who.id,), at, at, digest, "model", 1, at, part=True)


def live(conn: Connection, who: Person, n: int, words: str, at: float = NOW) -> None:
    """Do everything of which something is kept."""
    answer(conn, n, who, words, at=at)
    own = Place("web", "local", f"dm-{who.id}", kind=PlaceKind.DM)
    answer(conn, n + 1, who, words, own, at=at)
    add_reminder(conn, reminder(who, words, at + DAY), f"web:{who.id}", f"made{n}", 9)
    open_poll(conn, Poll(f"p{n}", words, ("a", "b"), False, 1, at + 60), THREAD, f"poll{n}", f"web:{who.id}")
    vote(conn, pressed(n, who, Action(ActionName.VOTE, f"p{n}", "1"), at), at)
    rate(conn, pressed(n + 1, who, Action(ActionName.GOOD, f"turn{n}"), at), f"turn{n}", ActionName.GOOD, at)
    choose(conn, scope_key(Scope.ME, THREAD, who), "persona", words)
    choose(conn, own.key, "model", "creator/model")
    record(conn, [PastMessage(f"said{n}", who, words, at, place=THREAD.parent)])
    keep_digest(conn, summary(who, n, words, at), at)
    index_items(conn, last=10_000, most=1_000)
    spend(conn, f"usage{n}", account_of(own, who, f"turn{n}"), at)


def forget(conn: Connection, theirs: Theirs) -> set[str]:
    """Until nothing more goes; the files that went with it."""
    orphans: set[str] = set()
    for kept in entries_for(theirs):
        while (taken := kept.forget(conn, theirs)).more:
            assert taken.rows <= AT_A_TIME
            orphans |= set(taken.orphans)
    return orphans


def expire(conn: Connection, before: float) -> None:
    for kept in KEPT:
        while kept.expire is not None and kept.expire(conn, before).more:
            pass


def everything(conn: Connection) -> str:
    """All that stands in the database, as one text."""
    rows = [row for table in metadata.sorted_tables for row in conn.execute(select(table))]
    return "\n".join(map(repr, rows))


def pairs(conn: Connection, query: Select[tuple[str, Any]]) -> dict[str, Any]:
    return {row[0]: row[1] for row in conn.execute(query)}


def test_every_table_is_answered_for() -> None:
    named = {table for kept in KEPT for table in kept.tables}

    assert named | set(EXEMPT) == set(metadata.tables)
    assert not named & set(EXEMPT)
    assert len({kept.name for kept in KEPT}) == len(KEPT)


def test_what_is_forgotten_stands_nowhere_any_more_and_what_others_said_stays(conn: Connection) -> None:
    live(conn, ADA, 1, WORDS)
    live(conn, GRACE, 11, "orchid")

    gone = forget(conn, Theirs("web:ada-7041", NOW, NOW + DAY))

    left = everything(conn)
    assert WORDS not in left
    assert not find(conn, Query(WORDS, (THREAD.parent, THREAD)))
    assert "Lovelace" not in left
    assert "web:ada-7041" not in left
    assert f'"id":"{ADA.id}"' not in left
    assert gone == {f"{1:064x}", f"{2:064x}"}
    assert left.count("re orchid") == 6  # two answers: the item, the final form, the message on the page
    assert conn.scalar(select(usage.c.person).where(usage.c.id == "usage11")) == "web:grace-1906"
    assert not conn.execute(select(vectors).where(vectors.c.owner_id == 1)).all()


def test_nothing_of_it_is_left_in_what_tools_repeated_for_others_nor_in_their_reminders(conn: Connection) -> None:
    live(conn, ADA, 1, WORDS)
    answer(conn, 3, ADA, "yes")
    answer(conn, 11, GRACE, "orchid", found=f"a {WORDS}")
    answer(conn, 12, GRACE, "orchid", found="yes, the orchid")
    quoting = replace(reminder(GRACE, "orchid", NOW + DAY), quote=WORDS, about="said1", about_by=ADA.id)
    add_reminder(conn, quoting, "web:grace-1906", "quoting", 9)

    forget(conn, Theirs("web:ada-7041", NOW, NOW + DAY))

    left = everything(conn)
    assert WORDS not in left
    assert f'"{ADA.id}"' not in left
    assert left.count(TAKEN_OUT) == 1
    assert "found yes, the orchid" in left
    assert [one.text for one in reminders_of(conn, "web:grace-1906")] == ["orchid"]


def test_amounts_stay_without_a_name_and_todays_limit_still_holds(conn: Connection) -> None:
    ada = account_of(ALONE, ADA, "turn1")
    answer(conn, 1, ADA, WORDS, ALONE)
    spend(conn, "before", ada, NOW - DAY)
    spend(conn, "today", ada, NOW)

    forget(conn, Theirs("web:ada-7041", NOW, NOW))

    named = pairs(conn, select(usage.c.id, usage.c.person))
    assert named == {"before": "", "today": "web:ada-7041"}
    assert {row.scope for row in conn.execute(select(spent).where(spent.c.amount > 0))} == {"", "web:ada-7041"}
    forget(conn, Theirs("web:ada-7041", NOW, NOW + DAY))
    assert set(conn.scalars(select(usage.c.person))) == {""}
    assert set(conn.scalars(select(usage.c.channel))) == {""}
    assert set(conn.scalars(select(spent.c.scope))) == {""}
    assert len(conn.scalars(select(usage.c.amount).where(usage.c.amount == 2 * 10**9)).all()) == 2


def test_what_is_being_answered_goes_only_once_it_has_ended(conn: Connection) -> None:
    answer(conn, 1, ADA, WORDS)
    ask(conn, 2, ADA, f"{WORDS} still open")
    begun = claim(conn, "turn2", THREAD, "web:ada-7041", "post2", "model", NOW)
    assert begun is not None
    theirs = Theirs("web:ada-7041", NOW, NOW)

    forget(conn, theirs)
    again = resume(conn, "turn2")
    assert again is not None
    assert [item.text for item in again.items] == [f"{WORDS} still open"]

    said = [Item(0, Role.ASSISTANT, WORDS, turn_id="turn2")]
    finish(conn, begun.turn, TurnState.DONE, Rendered(WORDS), said, NOW + 60)
    forget(conn, theirs)
    assert WORDS in everything(conn)  # it may not be shown yet
    settle_posts(conn, "turn2", {"post2": "confirmed"}, {})
    forget(conn, theirs)
    assert WORDS not in everything(conn)


def test_what_is_said_after_the_request_stays(conn: Connection) -> None:
    answer(conn, 1, ADA, "before")
    answer(conn, 2, ADA, "afterwards", at=NOW + 60)

    forget(conn, Theirs("web:ada-7041", NOW, NOW + 120))

    left = everything(conn)
    assert "re before" not in left
    assert "re afterwards" in left


def test_one_place_alone_can_be_forgotten(conn: Connection) -> None:
    live(conn, ADA, 1, WORDS)
    before = conn.scalar(select(conversations.c.prefix_version).where(conversations.c.key == THREAD.key)) or 0

    forget(conn, Theirs("web:ada-7041", NOW, NOW, within=THREAD.parent.key))

    kept = pairs(conn, select(items.c.message_id, items.c.erased).where(items.c.role == Role.USER))
    assert kept == {"m1": 1, "m2": 0}
    shown = pairs(conn, select(page_messages.c.id, page_messages.c.deleted))
    assert shown == {"m1": 1, "reply1": 1, "m2": 0, "reply2": 0}
    assert len(reminders_of(conn, "web:ada-7041")) == 1
    after = conn.scalar(select(conversations.c.prefix_version).where(conversations.c.key == THREAD.key)) or 0
    assert after > before


def test_a_place_does_not_stand_in_another_whose_name_only_begins_alike(conn: Connection) -> None:
    near = Place("web", "local", "general2")
    ask(conn, 1, ADA, WORDS, near)
    claim(conn, "turn1", near, "web:ada-7041", "post1", "model", NOW)

    [messages] = [kept for kept in KEPT if kept.name == "messages"]

    assert messages.count(conn, Theirs("web:ada-7041", NOW, NOW, within="web:local:general")) == 0
    assert messages.count(conn, Theirs("web:ada-7041", NOW, NOW, within="web:local:general2")) == 1


def test_all_that_is_kept_is_told_and_nothing_of_others(conn: Connection) -> None:
    live(conn, ADA, 1, WORDS)
    live(conn, GRACE, 11, "orchid")
    theirs = Theirs("web:ada-7041", NOW, NOW)

    told = {kept.name: list(kept.export(conn, theirs)) for kept in KEPT}

    assert all(told.values())
    assert {name: len(records) for name, records in told.items() if name != "answers"} == {
        kept.name: kept.count(conn, theirs) for kept in KEPT if kept.name != "answers"
    }
    assert "orchid" not in repr(told)
    assert told["messages"][0]["text"] == WORDS
    assert told["messages"][0]["files"][0]["stored"][0]["sha256"] == f"{1:064x}"


def test_answers_are_told_as_they_were_shown_without_what_tools_found_for_them(conn: Connection) -> None:
    live(conn, ADA, 1, WORDS)
    theirs = Theirs("web:ada-7041", NOW, NOW)

    [answers] = [kept for kept in KEPT if kept.name == "answers"]
    told = repr(list(answers.export(conn, theirs)))

    assert f"re {WORDS}" in told
    assert "found" not in told
    assert "arguments" not in told


def test_what_is_old_goes_and_what_is_waited_for_stays(conn: Connection) -> None:
    live(conn, ADA, 1, WORDS, at=NOW - 100 * DAY)
    keep_reminder(conn, replace(reminders_of(conn, "web:ada-7041")[0], due_at=None), NOW - 99 * DAY)
    add_reminder(conn, reminder(ADA, "to come", NOW + DAY), "web:ada-7041", "later", 9)
    other = replace(THREAD, thread="t2")
    ask(conn, 21, GRACE, "unanswered", other, at=NOW - 100 * DAY)
    answer(conn, 3, ADA, "cormorant", at=NOW - 100 * DAY)
    answer(conn, 31, GRACE, "orchid", found="a cormorant", at=NOW - DAY)

    expire(conn, NOW - 90 * DAY)

    left = everything(conn)
    assert WORDS not in left.replace(f"{WORDS} quoted", "").replace(f"'persona', '{WORDS}'", "")
    assert "cormorant" not in left
    assert set(conn.scalars(select(turns.c.id))) == {"turn21", "turn31"}
    assert claim(conn, "turn21", other, "web:grace-1906", "post21", "model", NOW) is not None
    assert "re orchid" in left
    assert [one.text for one in reminders_of(conn, "web:ada-7041")] == ["to come"]
    assert conn.execute(select(files.c.sha256)).scalars().all() == [f"{31:064x}"]
    assert set(conn.scalars(select(spent.c.scope))) == {""}


def test_an_old_message_that_is_edited_deleted_or_pressed_is_not_answered_anew(conn: Connection) -> None:
    answer(conn, 1, ADA, WORDS, at=NOW - 100 * DAY)
    expire(conn, NOW - 90 * DAY)
    said = Inbound("e1", InboundKind.EDIT, THREAD, "m1", ADA, NOW, "anew", addressed=True)
    target = Target(THREAD, THREAD.key)

    edited = accept_edit(conn, said, target, "turn9", NOW)
    again = accept_message(conn, replace(said, key="message:1", kind=InboundKind.MESSAGE), target, "turn9", NOW)
    deleted = accept_delete(conn, replace(said, key="d1", kind=InboundKind.DELETE), NOW)

    assert (edited.outcome, again.outcome) == (Outcome.IGNORED, Outcome.DUPLICATE)
    assert deleted.outcome is Outcome.ERASED
    assert not conn.execute(select(turns)).all()
    assert conversation_of(conn, THREAD.key, "m1") == THREAD.key
    assert set(conn.scalars(select(inbox.c.body))) == {""}
