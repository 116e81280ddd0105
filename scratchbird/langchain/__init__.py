"""LangChain on ScratchBird: a vector store, the history of chats, a loader, a byte store, a cache, records of an index.

Each works on both faces, over connections and pools of this driver, and keeps its data in a table of its own. The extra
is `langchain`.
"""

from __future__ import annotations

from scratchbird.langchain import _needs  # noqa: F401
from scratchbird.langchain.byte_store import ScratchBirdByteStore
from scratchbird.langchain.cache import ScratchBirdCache
from scratchbird.langchain.chat_history import ScratchBirdChatMessageHistory
from scratchbird.langchain.document_index import ScratchBirdDocumentIndex
from scratchbird.langchain.loader import ScratchBirdLoader
from scratchbird.langchain.record_manager import ScratchBirdRecordManager
from scratchbird.langchain.vector_store import ScratchBirdVectorStore

__all__ = [
    "ScratchBirdByteStore",
    "ScratchBirdCache",
    "ScratchBirdChatMessageHistory",
    "ScratchBirdDocumentIndex",
    "ScratchBirdLoader",
    "ScratchBirdRecordManager",
    "ScratchBirdVectorStore",
]
