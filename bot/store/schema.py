"""The tables. Times are seconds since the epoch, JSON is text; nothing here only one database can do."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from bot.store import fulltext

metadata = MetaData()

_Big = BigInteger().with_variant(
    Integer, "sqlite"
)  # whose integers are as big, but no other type is a row's own id

inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # the platform's event, once
    Column("kind", Text, nullable=False),
    Column("place", Text, nullable=False),  # Place.key
    Column("message_id", Text, nullable=False),
    Column("conversation", Text),
    Column("turn_id", Text),  # the one turn that answers it; none for what needs no answer
    Column("body", Text, nullable=False),  # Inbound; blank once the message is deleted, or nothing is owed to it
    Column("owed", Integer, nullable=False),  # a command: which attempt to carry it out this is; 0 when it is done
    Column("received_at", Float, nullable=False),
    Column("person", Text),  # platform:id, where a body is kept or was
    Index("inbox_by_message", "place", "message_id"),
    Index("inbox_by_person", "person", "received_at"),
    Index("inbox_by_turn", "turn_id"),
    Index("inbox_by_owed", "owed"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("key", Text, primary_key=True),
    Column("place", Text, nullable=False),  # Place, as JSON
    Column("start_seq", Integer, nullable=False),  # /reset: nothing before it is remembered
    Column("cut_seq", Integer, nullable=False),  # what no longer fits the model
    Column("media_seq", Integer, nullable=False),  # pictures and whole files before it are only named
    Column("next_seq", Integer, nullable=False),
    Column("prefix_version", Integer, nullable=False),  # grows when history had to be rewritten
    Column("seeded", Integer, nullable=False),  # whether earlier messages of the place were read
    Column("created_at", Float, nullable=False),  # when what it begins with was said
)

items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("place", Text),  # Place.key of the message, where it was one
    Column("message_id", Text),
    Column("turn_id", Text),
    Column("body", Text, nullable=False),  # Item; blank once erased
    Column("erased", Integer, nullable=False),
    Column("person", Text),  # platform:id of whoever said it, until it is erased
    Column("at", Float),  # since when it is kept; none once it is erased
    UniqueConstraint("conversation", "seq"),
    Index("items_by_message", "place", "message_id"),
    Index("items_by_turn", "turn_id"),
    Index("items_by_person", "person", "at"),
    Index("items_by_age", "at"),
)

turns = Table(
    "turns",
    metadata,
    Column("n", Integer, primary_key=True),  # the order in which they were asked for; a clock may go back
    Column("id", Text, nullable=False, unique=True),
    Column("conversation", Text, nullable=False),
    Column("place", Text, nullable=False),  # Place, as JSON: where the answer goes
    Column("kind", Text, nullable=False),
    Column("origin", Text),  # the turn that is continued or answered again
    Column("state", Text, nullable=False),
    Column("requester", Text, nullable=False),  # Person, as JSON: the first who asked
    Column("model", Text),
    Column("attempt", Integer, nullable=False),
    Column("restarts", Integer, nullable=False),
    Column("stopping", Integer, nullable=False),  # whether somebody wants it stopped: it is never begun again
    Column("error", Text),
    Column("final", Text),  # Rendered, as JSON: the answer as it ends; until then, as far as it was when stopped
    Column("delivered", Integer, nullable=False),  # whether the platform is known to show exactly that
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("ended_at", Float),
    Index("turns_by_conversation", "conversation", "state"),
    Index("turns_by_state", "state"),
)

tool_calls = Table(
    "tool_calls",
    metadata,
    Column("turn_id", Text, primary_key=True),
    Column("call_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),  # started, done; where it is to be confirmed first: asked, allowed, …
    Column("started_at", Float, nullable=False),
    Column("ended_at", Float),
)

posts = Table(
    "posts",
    metadata,
    Column("key", Text, primary_key=True),  # what the platform is given, so that a post is made once
    Column("turn_id", Text, nullable=False),
    Column("place", Text, nullable=False),  # Place, as JSON
    Column("place_key", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("message_id", Text),
    Column("state", Text, nullable=False),  # open, confirmed, gone, refused
    Index("posts_by_turn", "turn_id"),
    Index("posts_by_message", "place_key", "message_id"),
)

files = Table(
    "files",
    metadata,
    Column("item_id", Integer, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("media_type", Text, nullable=False),
    Index("files_by_hash", "sha256"),
)

# Money is counted in millionths of a millionth of a US dollar: the database adds such numbers up without a slip.
usage = Table(
    "usage",
    metadata,
    Column("id", Text, primary_key=True),  # ours: there before the request is
    Column("turn_id", Text),
    Column("generation_id", Text),  # the gateway's, from its first word on
    Column("person", Text, nullable=False),  # platform:id; empty where nobody in particular asked
    Column("channel", Text, nullable=False),  # Place.key of the channel
    Column("workspace", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("day", Text, nullable=False),  # of the request, UTC: 2026-11-20
    Column("state", Text, nullable=False),  # open, owed, settled, estimated, released
    Column("reserved", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),  # what it counts for: the reservation until it is settled
    Column("play", Integer, nullable=False),  # the built-in model's money is not real
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False),
    Column("tries", Integer, nullable=False),  # to learn the price afterwards
    Column("due", Float),  # the next of them
    Column("at", Float, nullable=False),
    Index("usage_by_time", "at"),
    Index("usage_by_person", "person", "day"),
    Index("usage_by_channel", "channel", "day"),
    Index("usage_by_state", "state", "due"),
)

spent = Table(
    "spent",
    metadata,
    Column("day", Text, primary_key=True),
    Column("scope", Text, primary_key=True),  # a person's key; empty for everyone together
    Column("amount", BigInteger, nullable=False),  # of the usage that is not play: settled, or set aside
    Column("warned", Integer, nullable=False),  # whether somebody was told that the limit is near
)

vectors = Table(
    "vectors",
    metadata,
    Column("owner", Text, primary_key=True),  # the table of what it stands for
    Column("owner_id", Integer, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("dimension", Integer, nullable=False),
    Column("vector", LargeBinary, nullable=False),  # 32-bit floats, the lowest byte first
    Column("at", Float, nullable=False),
    Index("vectors_by_model", "owner", "model", "dimension"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("turn_id", Text, primary_key=True),
    Column("person", Text, primary_key=True),  # platform:id
    Column("rating", Text, nullable=False),  # good, bad
    Column("model", Text),
    Column("at", Float, nullable=False),
    Index("feedback_by_person", "person"),
)

reminders = Table(
    "reminders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),  # platform:id
    Column("number", Integer, nullable=False),  # what the owner calls it by
    Column("made_by", Text, nullable=False, unique=True),  # the event or call, once
    Column("body", Text, nullable=False),  # Reminder
    Column("due_at", Float),  # none once nothing more will come
    Column("about_place", Text),  # Place.key and id of the message it quotes
    Column("about_message", Text),
    Column("ended_at", Float),
    UniqueConstraint("owner", "number"),
    Index("reminders_by_due", "due_at"),
    Index("reminders_by_message", "about_place", "about_message"),
)

occurrences = Table(
    "occurrences",
    metadata,
    Column("key", Text, primary_key=True),  # the reminder and the slot, and so the key of its post
    Column("reminder_id", Text, nullable=False),
    Column("body", Text, nullable=False),  # Occurrence
    Column("shown", Integer, nullable=False),  # whether the platform is known to show exactly that
    Column("taken_at", Float, nullable=False),
    Index("occurrences_by_reminder", "reminder_id", "taken_at"),
    Index("occurrences_by_shown", "shown"),
)

polls = Table(
    "polls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("place", Text, nullable=False),  # Place, as JSON
    Column("message_id", Text, nullable=False),
    Column("body", Text, nullable=False),  # Poll, as JSON
    Column("unshown", Integer, nullable=False),  # whether its message is behind
    Column("person", Text, nullable=False),  # platform:id of whoever asked for it
    Column("closes_at", Float, nullable=False),
    Index("polls_by_person", "person"),
)

votes = Table(
    "votes",
    metadata,
    Column("poll_id", Text, primary_key=True),
    Column("person", Text, primary_key=True),  # platform:id
    Column("choice", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Index("votes_by_person", "person"),
)

presence = Table(
    "presence",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("until", Float, nullable=False),  # everything the platform told until then is kept
)

settings = Table(
    "settings",
    metadata,
    Column("scope", Text, primary_key=True),  # Place.key, or a person's key
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("person", Text),  # platform:id of whoever chose it, and what they were called then
    Column("person_name", Text),
    Column("at", Float),
    Column("aloud", Integer, nullable=False, server_default="0"),  # own words may be used where others read, too
    Index("settings_by_person", "person"),
)

summaries = Table(
    "summaries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("place", Text, nullable=False),  # Place.key of what was summarised
    Column("channel", Text, nullable=False),  # Place.key of the channel: by it a message that goes finds them
    Column("begins", Text),  # KeptDigest.begins
    Column("part", Integer, nullable=False),
    Column("newest_only", Integer, nullable=False),
    Column("messages", Text, nullable=False),  # JSON: their ids, each with a mark of what it said
    Column("people", Text, nullable=False),  # JSON: the ids of who wrote them
    Column("first_at", Float, nullable=False),
    Column("last_at", Float, nullable=False),
    Column("body", Text, nullable=False),  # Digest
    Column("model", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("made_at", Float, nullable=False),
    Index("summaries_by_place", "place"),
    Index("summaries_by_channel", "channel"),
)

recaps = Table(
    "recaps",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("upto_seq", Integer, nullable=False),  # of the items before it; items.seq
    Column("body", Text, nullable=False),  # Recap
    Column("model", Text, nullable=False),
    Column("made_at", Float, nullable=False),
)


# What can be found by its words, each message once: those of recorded channels, and our conversations' items.
indexed_places = Table(
    "indexed_places",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # Place.key
    Column("channel", Text, nullable=False),  # Place.key of its channel
    Column("apart", Integer, nullable=False),  # a thread that not everybody can read who reads its channel
    Column("own", Integer, nullable=False),  # whether it has readers of its own: a channel, or a thread apart
    Column("dm", Integer, nullable=False),
    Column("body", Text, nullable=False),  # Place, as JSON
    Index("indexed_places_by_channel", "channel"),
    Index("indexed_places_by_own", "own", "dm"),
)

indexed_people = Table(
    "indexed_people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # platform:id
    Column("body", Text, nullable=False),  # Person, as JSON: as they were called last
)

indexed_messages = Table(
    "indexed_messages",
    metadata,
    Column("id", _Big, primary_key=True, autoincrement=False),  # when it was sent, in microseconds; later if taken
    Column("place_id", Integer, nullable=False),
    Column("message_id", Text),  # none for an answer of ours: its posts tell
    Column("author_id", Integer, nullable=False),
    Column("item_id", Integer),  # the item that holds its text, where a conversation has it
    Column("text", Text),  # its text, where no conversation has it
    Column("files", Text, nullable=False),  # their names, as JSON
    Column("recorded", Integer, nullable=False),  # whether it was kept because its channel is recorded
    UniqueConstraint("place_id", "message_id"),
    Index("indexed_messages_by_author", "author_id"),
    Index("indexed_messages_by_item", "item_id"),
)

index_marks = Table(
    "index_marks",
    metadata,
    Column("name", Text, primary_key=True),  # the table of what is indexed in the order of its ids
    Column("done", Integer, nullable=False),  # the last of them that is
)

erasures = Table(
    "erasures",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False),  # asked, wanted, told
    Column("body", Text, nullable=False),  # Erasure
    Column("at", Float, nullable=False),  # of its last step
    Index("erasures_by_state", "state"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("channel", Text, primary_key=True),  # Place.key
    Column("place", Text, nullable=False),  # Place, as JSON
    Column("state", Text, nullable=False),  # wanted, on, off: see RecordingState
    Column("since", Float, nullable=False),
    Column("read", Integer, nullable=False),  # earlier messages that were read so far
    Column("reached", Float),  # how far back that goes
)

backfills = Table(
    "backfills",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", Text, nullable=False),  # Place.key of a recorded channel
    Column("place", Text, nullable=False),  # Place, as JSON: the channel, or a thread in it
    Column("before", Text),  # the message before which it goes on; none where all since a time is read at once
    Column("since", Float, nullable=False),  # what was said before then is not read
    UniqueConstraint("place", "before"),
    Index("backfills_by_channel", "channel"),
)

forgotten = Table(
    "forgotten",
    metadata,
    Column("digest", Text, primary_key=True),  # of somebody's key: what they said is not read from history again
    Column("within", Text, primary_key=True),  # Place.key, or empty for everywhere
    Column("until", Float, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),  # random, made once for this database
)

event.listen(metadata, "after_create", fulltext.make)
