"""What happens is kept once and whole: intents over a real SQLite database."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.exc import OperationalError

from bot.messages import (
    Action,
    ActionName,
    Attachment,
    Inbound,
    InboundKind,
    Item,
    Person,
    Place,
    PlaceKind,
    Reading,
    ReadingKind,
    Rendered,
    Role,
    StoredFile,
    ToolCall,
    TurnKind,
    TurnState,
)
from bot.personas import mark_of
from bot.preferences.scopes import Scope
from bot.store.intents.calls import begin_calls, end_call
from bot.store.intents.changes import accept_delete, accept_edit
from bot.store.intents.claims import Claim
from bot.store.intents.echoes import TAKEN_OUT
from bot.store.intents.history import cut, keep_readings, reset, seed
from bot.store.intents.inbox import (
    Accepted,
    Outcome,
    Target,
    accept_again,
    accept_message,
)
from bot.store.intents.nearing import Ended
from bot.store.intents.owed import accept_command
from bot.store.intents.posts import first_post, record_post, settle_posts
from bot.store.intents.recovery import unfinished
from bot.store.intents.rows import alive, find_turn
from bot.store.intents.settings import Chosen, choose, chosen_where, in_force, use_aloud
from bot.store.intents.speakers import speakers
from bot.store.intents.turns import (
    cancel_waiting,
    claim,
    finish,
    hand_over,
    restart,
    resume,
)
from bot.store.schema import inbox, metadata, posts, tool_calls, turns

ADA = Person("u1", "Ada")
GRACE = Person("u2", "Grace")
THREAD = Place("web", "local", "general", "t1", PlaceKind.THREAD)
CHANNEL = Place("web", "local", "general")
TARGET = Target(THREAD, THREAD.key)
PICTURE = StoredFile("c" * 64, 10, "image/png")


def message(
    n: int,
    text: str = "hello",
    who: Person = ADA,
    *,
    kind: InboundKind = InboundKind.MESSAGE,
    addressed: bool = True,
    key: str | None = None,
    place: Place = THREAD,
    reply_to: str | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> Inbound:
    name = key or f"{kind.value}:{n}"
    return Inbound(name, kind, place, f"m{n}", who, float(n), text, addressed, reply_to, attachments=attachments)


def ask(conn: Connection, n: int, text: str = "hello", who: Person = ADA) -> Accepted:
    return accept_message(conn, message(n, text, who), TARGET, f"turn{n}", float(n))


def begin(conn: Connection, turn_id: str) -> Claim:
    begun = claim(conn, turn_id, THREAD, "town:u1", f"post-{turn_id}", "model", 50.0)
    assert begun is not None
    return begun


def answer(conn: Connection, n: int, text: str = "the answer") -> Claim:
    """A whole turn, shown and settled."""
    ask(conn, n)
    begun = begin(conn, f"turn{n}")
    record_post(conn, begun.posts[0].key, f"reply{n}")
    said = [Item(0, Role.ASSISTANT, text, turn_id=f"turn{n}")]
    assert finish(conn, begun.turn, TurnState.DONE, Rendered(text), said, 60.0 + n)
    settle_posts(conn, f"turn{n}", {begun.posts[0].key: "confirmed"}, {})
    return begun


def press(n: int, name: ActionName, turn_id: str) -> Inbound:
    return Inbound(f"b{n}", InboundKind.BUTTON, THREAD, "reply", ADA, 9.0, action=Action(name, turn_id))


def test_the_same_event_again_changes_nothing(conn: Connection) -> None:
    ask(conn, 1)

    again = ask(conn, 1)

    assert again.outcome is Outcome.DUPLICATE
    assert len(conn.execute(select(inbox)).all()) == 1
    assert len(conn.execute(select(turns)).all()) == 1


def test_messages_that_wait_become_one_turn_with_every_speaker(conn: Connection) -> None:
    first, second = ask(conn, 1, "one"), ask(conn, 2, "two", GRACE)

    begun = begin(conn, "turn1")

    assert first.turn_id == second.turn_id == "turn1"
    assert begun.turn.requester == ADA
    assert begun.speakers == (ADA, GRACE)
    assert [(item.text, item.person) for item in begun.items] == [("one", ADA), ("two", GRACE)]


def test_a_message_after_the_claim_becomes_the_next_turn(conn: Connection) -> None:
    ask(conn, 1)
    begin(conn, "turn1")

    later = ask(conn, 2)

    assert later.turn_id == "turn2"


def test_a_turn_is_claimed_once(conn: Connection) -> None:
    ask(conn, 1)
    begin(conn, "turn1")

    assert claim(conn, "turn1", THREAD, "town:u1", "other", "model", 51.0) is None


def test_the_claim_intends_the_first_post_and_keeps_an_earlier_sign(conn: Connection) -> None:
    ask(conn, 1)
    shown = first_post(conn, "sign", "turn1", THREAD)

    begun = begin(conn, "turn1")

    assert shown.key == "sign"
    assert [post.key for post in begun.posts] == ["sign"]


def test_what_others_say_is_noted_only_where_a_conversation_is(conn: Connection) -> None:
    talk = message(1, "lunch?", addressed=False)

    before = accept_message(conn, talk, TARGET, "x", 1.0)
    ask(conn, 2)
    after = accept_message(conn, message(3, "pizza", GRACE, addressed=False), TARGET, "x", 3.0)

    assert (before.outcome, after.outcome) == (Outcome.IGNORED, Outcome.NOTED)
    assert [item.role for item in begin(conn, "turn2").items] == [Role.NOTE, Role.USER]


def test_a_reply_belongs_to_the_conversation_of_what_it_answers(conn: Connection) -> None:
    target = Target(CHANNEL, f"{CHANNEL.key}#m1")
    accept_message(conn, message(1, place=CHANNEL), target, "turn1", 1.0)
    begun = begin(conn, "turn1")
    record_post(conn, begun.posts[0].key, "our-reply")
    finish(conn, begun.turn, TurnState.DONE, Rendered("x"), (), 2.0)

    reply = message(5, place=CHANNEL, reply_to="our-reply")
    followed = accept_message(conn, reply, Target(CHANNEL, f"{CHANNEL.key}#m5"), "turn5", 5.0)

    assert followed.conversation == f"{CHANNEL.key}#m1"


def test_an_edit_before_the_claim_is_what_gets_asked(conn: Connection) -> None:
    ask(conn, 1, "waht?")

    edited = accept_edit(conn, message(1, "what?", kind=InboundKind.EDIT), TARGET, "x", 2.0)

    assert (edited.outcome, edited.turn_id) == (Outcome.CHANGED, "turn1")
    assert begin(conn, "turn1").items[0].text == "what?"


def test_an_edit_at_work_is_what_a_restart_asks(conn: Connection) -> None:
    ask(conn, 1, "waht?")
    begin(conn, "turn1")
    accept_edit(conn, message(1, "what?", kind=InboundKind.EDIT), TARGET, "x", 2.0)

    again = restart(conn, "turn1", 5.0)

    assert again is not None
    assert [item.text for item in again.items] == ["what?"]
    assert again.turn.restarts == 1


def test_an_edit_that_adds_the_mention_asks_once(conn: Connection) -> None:
    answer(conn, 1)
    accept_message(conn, message(2, "hey", addressed=False), TARGET, "x", 2.0)
    edit = message(2, "hey, what?", kind=InboundKind.EDIT)

    asked = accept_edit(conn, edit, TARGET, "turn2", 3.0)
    again = accept_edit(conn, edit, TARGET, "turn3", 3.0)

    assert (asked.outcome, again.outcome) == (Outcome.ASKED, Outcome.DUPLICATE)
    texts = [item.text for item in begin(conn, "turn2").items]
    assert texts.count("hey, what?") == 1
    assert "hey" not in texts


def test_a_next_message_joins_the_turn_at_work_and_is_asked_once(conn: Connection) -> None:
    ask(conn, 1, "one")
    begin(conn, "turn1")
    ask(conn, 2, "two")

    alone = restart(conn, "turn1", 5.0)
    joined = restart(conn, "turn1", 5.0, "turn2")

    assert alone is not None
    assert joined is not None
    assert [item.text for item in alone.items] == ["one"]
    assert [item.text for item in joined.items] == ["one", "two"]
    assert find_turn(conn, "turn2") is None
    assert [post.key for post in joined.posts] == ["post-turn1"]


def test_deleting_the_only_question_withdraws_the_turn(conn: Connection) -> None:
    ask(conn, 1)
    begun = begin(conn, "turn1")

    gone = accept_delete(conn, message(1, kind=InboundKind.DELETE), 3.0)

    assert (gone.outcome, gone.turn_id) == (Outcome.WITHDRAWN, "turn1")
    assert not finish(conn, begun.turn, TurnState.DONE, Rendered("x"), (), 4.0)
    assert "hello" not in "".join(conn.scalars(select(inbox.c.body)))


def test_deleting_one_of_two_questions_leaves_the_other(conn: Connection) -> None:
    ask(conn, 1, "one")
    ask(conn, 2, "two")

    gone = accept_delete(conn, message(1, kind=InboundKind.DELETE), 3.0)

    assert gone.outcome is Outcome.CHANGED
    assert [item.text for item in begin(conn, "turn1").items] == ["two"]


def test_a_turn_is_answered_by_the_handle_of_its_requester_and_of_nobody_else(conn: Connection) -> None:
    for n, who, handle in ((1, ADA, "of ada's"), (2, GRACE, "of grace's")):
        inbound = replace(message(n, who=who), handle=handle)
        accept_message(conn, inbound, TARGET, f"turn{n}", float(n))
    begun = begin(conn, "turn1")
    accept_delete(conn, message(1, kind=InboundKind.DELETE), 3.0)
    again = resume(conn, "turn1")

    assert begun.handle == "of ada's"
    assert again is not None
    assert [one.handle for one in again.asked] == ["of grace's"]
    assert again.turn.requester == ADA
    assert again.handle is None


def test_deleting_an_old_message_takes_it_out_of_history_with_its_files(conn: Connection) -> None:
    begun = answer(conn, 1)
    reading = Reading(ReadingKind.PICTURE, "x.png", pictures=(PICTURE,))
    keep_readings(conn, THREAD.key, begun.items[0].seq, [reading])

    gone = accept_delete(conn, message(1, kind=InboundKind.DELETE), 9.0)

    assert gone.orphans == (PICTURE.sha256,)
    ask(conn, 2, "next")
    assert [item.text for item in begin(conn, "turn2").items] == ["the answer", "next"]


def test_a_file_that_another_message_holds_stays(conn: Connection) -> None:
    reading = Reading(ReadingKind.PICTURE, "x.png", pictures=(PICTURE,))
    for n in (1, 2):
        begun = answer(conn, n)
        keep_readings(conn, THREAD.key, begun.items[-1].seq, [reading])

    first = accept_delete(conn, message(1, kind=InboundKind.DELETE), 9.0)
    second = accept_delete(conn, message(2, kind=InboundKind.DELETE), 9.0)

    assert first.orphans == ()
    assert second.orphans == (PICTURE.sha256,)


def test_deleting_our_answer_takes_what_it_said_out_of_history(conn: Connection) -> None:
    answer(conn, 1, "wrong")
    deletion = Inbound("d", InboundKind.DELETE, THREAD, "reply1", ADA, 9.0)

    gone = accept_delete(conn, deletion, 9.0)

    assert gone.outcome is Outcome.ERASED
    ask(conn, 2)
    assert "wrong" not in [item.text for item in begin(conn, "turn2").items]


def test_regenerating_owns_the_same_messages_and_forgets_the_old_answer(conn: Connection) -> None:
    answer(conn, 1, "first try")
    accept_again(conn, press(1, ActionName.REGENERATE, "turn1"), TurnKind.REGENERATE, "turn1", "turn2", 70.0)

    begun = begin(conn, "turn2")

    assert [(post.key, post.message_id) for post in begun.posts] == [("post-turn1", "reply1")]
    assert [item.text for item in begun.items] == ["hello"]
    assert begun.said == ""


def test_continuing_goes_on_from_what_people_read(conn: Connection) -> None:
    ask(conn, 1)
    begun = begin(conn, "turn1")
    half = [Item(0, Role.ASSISTANT, "half of", turn_id="turn1")]
    finish(conn, begun.turn, TurnState.STOPPED, Rendered("half of"), half, 60.0)
    accept_again(conn, press(1, ActionName.CONTINUE, "turn1"), TurnKind.CONTINUE, "turn1", "turn2", 70.0)

    more = begin(conn, "turn2")

    assert more.said == "half of"
    assert [post.key for post in more.posts] == ["post-turn1"]
    assert [item.role for item in more.items] == [Role.USER, Role.ASSISTANT, Role.USER]


def test_only_the_latest_answer_can_be_written_again(conn: Connection) -> None:
    answer(conn, 1)
    answer(conn, 2)

    old = accept_again(conn, press(1, ActionName.REGENERATE, "turn1"), TurnKind.REGENERATE, "turn1", "turn3", 70.0)

    assert old.outcome is Outcome.REFUSED
    assert find_turn(conn, "turn3") is None


def test_a_second_press_does_not_answer_twice(conn: Connection) -> None:
    answer(conn, 1)
    first = accept_again(
        conn, press(1, ActionName.REGENERATE, "turn1"), TurnKind.REGENERATE, "turn1", "turn2", 70.0
    )
    second = accept_again(
        conn, press(2, ActionName.REGENERATE, "turn1"), TurnKind.REGENERATE, "turn1", "turn3", 71.0
    )

    assert (first.outcome, second.outcome) == (Outcome.ASKED, Outcome.REFUSED)


def test_an_attempt_is_counted_before_it_begins_and_an_orderly_end_is_none(conn: Connection) -> None:
    ask(conn, 1)
    begin(conn, "turn1")

    second = resume(conn, "turn1")
    hand_over(conn, "turn1")
    third = resume(conn, "turn1")

    assert second is not None
    assert third is not None
    assert (second.turn.attempt, third.turn.attempt) == (2, 2)


def test_a_turn_ends_once(conn: Connection) -> None:
    ask(conn, 1)
    begun = begin(conn, "turn1")

    first = finish(conn, begun.turn, TurnState.DONE, Rendered("a"), (), 60.0)
    second = finish(conn, begun.turn, TurnState.FAILED, Rendered("b"), (), 61.0)

    assert (first, second) == (Ended(Rendered("a")), None)
    turn = find_turn(conn, "turn1")
    assert turn is not None
    assert turn.final == Rendered("a")


def test_tool_calls_are_recorded_before_and_after(conn: Connection) -> None:
    ask(conn, 1)
    begun = begin(conn, "turn1")
    call = ToolCall("c1", "current_time", "{}")
    begin_calls(conn, THREAD.key, Item(0, Role.ASSISTANT, "let me see", turn_id="turn1", tool_calls=(call,)), 55.0)

    before = conn.scalars(select(tool_calls.c.state)).all()
    end_call(conn, THREAD.key, Item(0, Role.TOOL, "noon", turn_id="turn1", tool_call_id="c1"), 56.0)
    after = conn.scalars(select(tool_calls.c.state)).all()

    assert (before, after) == (["started"], ["done"])
    again = resume(conn, begun.turn.id)
    assert again is not None
    assert again.said == "let me see"
    assert [item.role for item in again.items] == [Role.USER, Role.ASSISTANT, Role.TOOL]


def test_what_a_dead_process_left_is_found_and_what_is_settled_is_not(conn: Connection) -> None:
    answer(conn, 1)
    ask(conn, 2)
    begun = begin(conn, "turn2")
    ask(conn, 3)

    left = unfinished(conn)
    finish(conn, begun.turn, TurnState.DONE, Rendered("shown?"), (), 90.0)
    ended = unfinished(conn)

    assert [turn.id for turn in left.running] == ["turn2"]
    assert [turn.id for turn in left.waiting] == ["turn3"]
    assert left.undelivered == ()
    assert [(one.turn.id, one.posts[0].key) for one in ended.undelivered] == [("turn2", "post-turn2")]


def test_a_waiting_turn_can_be_stopped_and_a_running_one_not_that_way(conn: Connection) -> None:
    ask(conn, 1)

    stopped = cancel_waiting(conn, "turn1", Rendered("", "Stopped."), 5.0)
    ask(conn, 2)
    begin(conn, "turn2")
    running = cancel_waiting(conn, "turn2", Rendered("", "Stopped."), 6.0)

    assert (stopped, running) == (True, False)


def test_earlier_messages_stand_in_front_and_are_never_doubled(conn: Connection) -> None:
    ask(conn, 5)
    begin(conn, "turn5")
    notes = [Item(0, Role.NOTE, f"note {n}", GRACE, f"m{n}", sent_at=float(n)) for n in (3, 4, 5)]

    seeded = seed(conn, THREAD.key, notes, [THREAD] * 3, 50.0)

    assert [note.text for note in seeded] == ["note 3", "note 4"]
    again = resume(conn, "turn5")
    assert again is not None
    assert again.seeded
    assert [item.text for item in again.items] == ["note 3", "note 4", "hello"]


def test_after_a_reset_nothing_said_before_is_seen(conn: Connection) -> None:
    answer(conn, 1)
    reset(conn, THREAD.key, THREAD, 80.0)
    ask(conn, 2, "fresh")

    assert [item.text for item in begin(conn, "turn2").items] == ["fresh"]


def test_a_cut_is_remembered(conn: Connection) -> None:
    answer(conn, 1)
    ask(conn, 2)
    begun = begin(conn, "turn2")

    cut(conn, THREAD.key, begun.items[-1].seq, begun.items[-1].seq)

    again = resume(conn, "turn2")
    assert again is not None
    assert [item.text for item in again.items] == ["hello"]
    assert again.media_seq == begun.items[-1].seq


def test_of_several_choices_the_nearest_is_in_force(conn: Connection) -> None:
    asker = "town:u1"
    nearest = []
    for scope in (THREAD.workspace_key, asker, CHANNEL.key, THREAD.key):
        choose(conn, scope, "model", scope)
        nearest.append(in_force(conn, THREAD, asker)["model"])
    choose(conn, THREAD.key, "model", None)

    assert nearest == [THREAD.workspace_key, asker, CHANNEL.key, THREAD.key]
    assert chosen_where(conn, THREAD, asker)["model"] == Chosen(CHANNEL.key, Scope.CHANNEL)


def test_what_another_person_or_place_chose_holds_for_nobody_else(conn: Connection) -> None:
    choose(conn, "town:u2", "model", "theirs")
    choose(conn, THREAD.key + "0", "model", "elsewhere")

    assert in_force(conn, THREAD, "town:u1") == {}


def used_tools(conn: Connection, n: int, found: str) -> None:
    """A turn in which a tool was asked for what was found."""
    ask(conn, n, "look it up")
    begun = begin(conn, f"turn{n}")
    call = ToolCall(f"c{n}", "look", f'{{"words": "{found}"}}')
    begin_calls(
        conn, TARGET.conversation, Item(0, Role.ASSISTANT, "", turn_id=f"turn{n}", tool_calls=(call,)), 51.0
    )
    result = Item(0, Role.TOOL, f"found: {found}", turn_id=f"turn{n}", tool_call_id=f"c{n}")
    end_call(conn, TARGET.conversation, result, 52.0)
    said = [Item(0, Role.ASSISTANT, "done", turn_id=f"turn{n}")]
    assert finish(conn, begun.turn, TurnState.DONE, Rendered("done"), said, 60.0 + n)


def seen_of_tools(conn: Connection, n: int) -> list[str]:
    """What the model sees of calls and results."""
    ask(conn, n, "and now?")
    shown = begin(conn, f"turn{n}").items
    calls = [call.arguments for item in shown for call in item.tool_calls]
    return calls + [item.text for item in shown if item.role is Role.TOOL]


@pytest.mark.parametrize("kind", [InboundKind.DELETE, InboundKind.EDIT])
def test_what_tools_repeat_of_a_message_goes_when_it_is_taken_back(conn: Connection, kind: InboundKind) -> None:
    ask(conn, 1, "the harbour code is 4711")
    finish(conn, begin(conn, "turn1").turn, TurnState.DONE, Rendered("noted"), [], 51.0)
    used_tools(conn, 2, "4711")
    used_tools(conn, 3, "the lighthouse")
    back = message(1, "the harbour code is secret", kind=kind)
    if kind is InboundKind.DELETE:
        accept_delete(conn, back, 70.0)
    else:
        accept_edit(conn, back, TARGET, "turn9", 70.0)

    assert seen_of_tools(conn, 4) == ["{}", '{"words": "the lighthouse"}', TAKEN_OUT, "found: the lighthouse"]


@pytest.mark.parametrize(
    ("said", "found", "taken"),
    [
        ("yes", "yes, it is open", False),
        ("да", "да, конечно", False),
        ("please look at this again", "look again, please", False),
        ("see you at six", "they wrote: see you at six", True),
        ("see you at six", "you see: at six it is", False),
        ("我们可以明天见面", "我们今天见面", False),
        ("暗号は海猫です", "彼の暗号は海猫だ", True),
        ("the password is hunter", "found: Hunter", True),
        ("we go at four", "found: the lighthouse, which is still spoken of", False),
    ],
)
def test_a_message_takes_along_only_what_is_its_own(
    conn: Connection, said: str, found: str, *, taken: bool
) -> None:
    accept_message(conn, message(1, said), TARGET, "turn1", 50.0)
    finish(conn, begin(conn, "turn1").turn, TurnState.DONE, Rendered("noted"), [], 51.0)
    used_tools(conn, 2, found)
    accept_delete(conn, message(1, "", kind=InboundKind.DELETE), 70.0)

    assert (TAKEN_OUT in seen_of_tools(conn, 3)) is taken


def test_what_somebody_else_says_as_well_is_not_taken_out(conn: Connection) -> None:
    for n in (1, 2):
        accept_message(conn, message(n, "meet at the lighthouse"), TARGET, f"turn{n}", 50.0)
        finish(conn, begin(conn, f"turn{n}").turn, TurnState.DONE, Rendered("noted"), [], 51.0)
    used_tools(conn, 3, "the lighthouse")
    accept_delete(conn, message(1, "", kind=InboundKind.DELETE), 70.0)

    assert TAKEN_OUT not in seen_of_tools(conn, 4)


def test_a_call_that_is_being_made_keeps_what_it_is_about(conn: Connection) -> None:
    ask(conn, 1, "the harbour code is 4711")
    finish(conn, begin(conn, "turn1").turn, TurnState.DONE, Rendered("noted"), [], 51.0)
    ask(conn, 2, "look it up")
    begin(conn, "turn2")
    calls = tuple(ToolCall(f"c{n}", "look", f'{{"words": "4711, {n}"}}') for n in (1, 2))
    begin_calls(conn, TARGET.conversation, Item(0, Role.ASSISTANT, turn_id="turn2", tool_calls=calls), 51.0)
    end_call(conn, TARGET.conversation, Item(0, Role.TOOL, "4711", turn_id="turn2", tool_call_id="c1"), 52.0)
    accept_delete(conn, message(1, "", kind=InboundKind.DELETE), 70.0)
    again = resume(conn, "turn2")

    assert again is not None
    told = [call.arguments for item in again.items for call in item.tool_calls]
    assert told == ["{}", '{"words": "4711, 2"}']
    assert again.items[-1].text == TAKEN_OUT


DIRECT = Place("web", "local", "dm-u1", kind=PlaceKind.DM)
OWN_WORDS = "A pirate who counts everything"


@pytest.mark.parametrize("place", [THREAD, CHANNEL, Place("web", "local", "cellar", "t2", PlaceKind.THREAD)])
def test_ones_own_words_for_oneself_leave_what_is_chosen_for_all_in_force_where_others_read(
    conn: Connection, place: Place
) -> None:
    choose(conn, "web:u1", "persona", OWN_WORDS)
    choose(conn, CHANNEL.workspace_key, "persona", "teacher")

    assert in_force(conn, DIRECT, "web:u1")["persona"] == OWN_WORDS
    assert in_force(conn, place, "web:u1")["persona"] == "teacher"


def test_ones_own_words_are_let_out_by_oneself_until_they_are_chosen_anew(conn: Connection) -> None:
    choose(conn, "web:u1", "persona", OWN_WORDS)
    assert not use_aloud(conn, "web:u2", mark_of(OWN_WORDS))
    assert not use_aloud(conn, "web:u1", mark_of("Another pirate altogether"))
    assert in_force(conn, THREAD, "web:u1") == {}

    assert use_aloud(conn, "web:u1", mark_of(OWN_WORDS))
    assert in_force(conn, THREAD, "web:u1") == {"persona": OWN_WORDS}

    choose(conn, "web:u1", "persona", OWN_WORDS)
    assert in_force(conn, THREAD, "web:u1") == {}


def test_words_that_were_chosen_for_a_channel_are_used_there_and_nowhere_else(conn: Connection) -> None:
    choose(conn, CHANNEL.key, "persona", OWN_WORDS)

    assert in_force(conn, THREAD, "web:u1") == {"persona": OWN_WORDS}
    assert in_force(conn, DIRECT, "web:u1") == {}
    assert in_force(conn, Place("web", "local", "square"), "web:u1") == {}


def test_an_answer_by_another_model_is_written_by_it_and_continued_by_it(conn: Connection) -> None:
    answer(conn, 1)
    pressed = press(1, ActionName.OTHER_MODEL, "turn1")
    accept_again(conn, pressed, TurnKind.REGENERATE, "turn1", "turn2", 70.0, "other")
    again = begin(conn, "turn2")
    finish(conn, again.turn, TurnState.STOPPED, Rendered("half", final=True), (), 80.0)
    accept_again(conn, press(2, ActionName.CONTINUE, "turn2"), TurnKind.CONTINUE, "turn2", "turn3", 90.0)

    assert again.turn.model == "other"
    assert begin(conn, "turn3").turn.model == "other"


def test_a_command_is_taken_in_once(conn: Connection) -> None:
    typed = message(1, kind=InboundKind.COMMAND)

    assert accept_command(conn, typed, 1.0)
    assert not accept_command(conn, typed, 1.0)


def test_whoever_asked_what_is_continued_may_press_its_buttons(conn: Connection) -> None:
    ask(conn, 1, who=GRACE)
    begun = begin(conn, "turn1")
    finish(conn, begun.turn, TurnState.STOPPED, Rendered("x"), (), 60.0)
    accept_again(conn, press(1, ActionName.CONTINUE, "turn1"), TurnKind.CONTINUE, "turn1", "turn2", 70.0)

    assert speakers(conn, "turn2") == (ADA, GRACE)


def test_a_deleted_post_is_never_settled_back(conn: Connection) -> None:
    answer(conn, 1)
    accept_delete(conn, Inbound("d", InboundKind.DELETE, THREAD, "reply1", ADA, 9.0), 9.0)

    settle_posts(conn, "turn1", {"post-turn1": "confirmed"}, {})

    assert conn.scalars(select(posts.c.state)).all() == ["gone"]


@pytest.mark.parametrize("claimed", [False, True])
def test_an_edit_that_comes_after_the_deletion_of_its_question_is_nothing(conn: Connection, claimed: bool) -> None:
    ask(conn, 1)
    if claimed:
        begin(conn, "turn1")
    accept_delete(conn, message(1, kind=InboundKind.DELETE), 2.0)
    edit = message(1, "once more", kind=InboundKind.EDIT)

    late = accept_edit(conn, edit, TARGET, "turn2", 3.0)
    again = accept_edit(conn, edit, TARGET, "turn3", 4.0)

    assert (late.outcome, again.outcome) == (Outcome.IGNORED, Outcome.DUPLICATE)
    assert "once more" not in "".join(conn.scalars(select(inbox.c.body)))
    assert unfinished(conn).asked == {}


def test_an_edit_that_adds_the_mention_to_a_deleted_message_asks_nothing(conn: Connection) -> None:
    answer(conn, 1)
    accept_message(conn, message(2, "aside", addressed=False), TARGET, "turn2", 2.0)
    accept_delete(conn, message(2, kind=InboundKind.DELETE), 3.0)

    late = accept_edit(conn, message(2, "hey, what?", kind=InboundKind.EDIT), TARGET, "turn2", 4.0)

    assert late.outcome is Outcome.IGNORED
    assert find_turn(conn, "turn2") is None


def test_deleting_our_answer_names_the_files_that_it_alone_held(conn: Connection) -> None:
    ask(conn, 1)
    begun = begin(conn, "turn1")
    record_post(conn, begun.posts[0].key, "reply1")
    drawn = Reading(ReadingKind.PICTURE, "x.png", pictures=(PICTURE,))
    said = [Item(0, Role.ASSISTANT, "drawn", turn_id="turn1", files=(drawn,))]
    finish(conn, begun.turn, TurnState.DONE, Rendered("drawn"), said, 60.0)

    gone = accept_delete(conn, Inbound("d", InboundKind.DELETE, THREAD, "reply1", ADA, 9.0), 9.0)

    assert gone.orphans == (PICTURE.sha256,)


def test_whether_the_database_can_be_read_is_seen_without_sorting_what_it_holds(conn: Connection) -> None:
    ran: list[tuple[str, tuple[object, ...]]] = []
    event.listen(conn, "before_cursor_execute", lambda *args: ran.append((args[2], args[3])))
    alive(conn)
    ((statement, values),) = ran
    plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()

    assert not [step for step in plan if "ORDER BY" in step.detail]
    metadata.tables["turns"].drop(conn)
    with pytest.raises(OperationalError):
        alive(conn)
