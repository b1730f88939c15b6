"""What is said about recording."""

from datetime import UTC, datetime

from bot.store.intents.recordings import Recording, RecordingState


def begun(days: int | None) -> str:
    """What a channel is told when it is recorded from now on."""
    kept = f"for {days} days" if days is not None else "until recording is switched off"
    return (
        "**Recording is on in this channel.** From now on I keep what is said here and in its threads, so that"
        " those who can read it can search it: the text, the names of files, who wrote it and when. It is kept"
        f" {kept}. Earlier messages are read in as well. When you edit or delete a message here, I do the same"
        " with what I keep; `/forget` takes away what you wrote. Moderators switch it off with"
        " `/settings recording off`; then all of it is deleted."
    )


ENDED = "**Recording is off in this channel.** What I kept because of it is deleted."

CANT_SAY = (
    "I can’t write in this channel, so its people would not know. Nothing is recorded; let me post there first."
)
NOT_HERE = "Only channels are recorded. What you tell me alone can be searched by you anyway."
SOON = "It begins as soon as I have said so in the channel, which does not work just now; I keep trying."


def progress(recording: Recording | None, left: int) -> str:
    """How a channel is recorded, in a sentence or two; empty where it is not."""
    if recording is None:
        return ""
    if recording.state is RecordingState.WANTED:
        return f"Recording is wanted here. {SOON}"
    if recording.state is RecordingState.OFF:
        return "Recording is off here; what was recorded is being deleted."
    back = f", back to {_day(recording.reached)}" if recording.reached is not None else ""
    more = ", and I am still reading" if left else ""
    read = f"{recording.read:,} earlier messages are read{back}{more}"
    return f"Recording is on here since {_day(recording.since)}; {read}."


def _day(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"
