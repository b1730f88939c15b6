"""The values that cross a seam: frozen, slotted, JSON-safe. No library's object is ever inside one."""

from bot.messages.catalogue import (
    Model,
)
from bot.messages.commands import (
    Choice,
    CommandCall,
    CommandOption,
    CommandSpec,
)
from bot.messages.deltas import (
    Delta,
    Finish,
    ImageDelta,
    ReasoningDelta,
    Retrying,
    Started,
    TextDelta,
    Usage,
)
from bot.messages.files import (
    Attachment,
    Reading,
    ReadingKind,
    StoredFile,
)
from bot.messages.history import (
    Item,
    Role,
    ToolCall,
)
from bot.messages.inbound import (
    Action,
    ActionName,
    Inbound,
    InboundKind,
    PastMessage,
)
from bot.messages.page import (
    PageFile,
    PageMessage,
)
from bot.messages.places import (
    MODERATOR,
    Person,
    PersonKind,
    Place,
    PlaceKind,
    person_key,
)
from bot.messages.prompt import (
    AnswerSchema,
    ChatRequest,
    FilePart,
    Part,
    PicturePart,
    PromptMessage,
    Reasoning,
    Routing,
    Sampling,
    ServerTool,
    TextPart,
    ToolSpec,
)
from bot.messages.shown import (
    Budget,
    Capabilities,
    Failure,
    FailureKind,
    OutFile,
    Rendered,
)
from bot.messages.turns import (
    Turn,
    TurnKind,
    TurnState,
)

__all__ = [
    "MODERATOR",
    "Action",
    "ActionName",
    "AnswerSchema",
    "Attachment",
    "Budget",
    "Capabilities",
    "ChatRequest",
    "Choice",
    "CommandCall",
    "CommandOption",
    "CommandSpec",
    "Delta",
    "Failure",
    "FailureKind",
    "FilePart",
    "Finish",
    "ImageDelta",
    "Inbound",
    "InboundKind",
    "Item",
    "Model",
    "OutFile",
    "PageFile",
    "PageMessage",
    "Part",
    "PastMessage",
    "Person",
    "PersonKind",
    "PicturePart",
    "Place",
    "PlaceKind",
    "PromptMessage",
    "Reading",
    "ReadingKind",
    "Reasoning",
    "ReasoningDelta",
    "Rendered",
    "Retrying",
    "Role",
    "Routing",
    "Sampling",
    "ServerTool",
    "Started",
    "StoredFile",
    "TextDelta",
    "TextPart",
    "ToolCall",
    "ToolSpec",
    "Turn",
    "TurnKind",
    "TurnState",
    "Usage",
    "person_key",
]
