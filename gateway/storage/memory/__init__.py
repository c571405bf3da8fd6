"""The default storage: everything in memory, bounded, gone with the process.

How this works: each book changes its dictionaries at once and writes down how to undo it. When a work raises, the
undo list is run backwards; when it returns, the list is forgotten. Works run inside ``submit``, one at a time.
"""

from gateway.storage.memory.messages import FINISHED_KEPT
from gateway.storage.memory.storage import MemoryBooks, MemoryStorage
from gateway.storage.memory.wallet import ENTRIES_KEPT

__all__ = ["ENTRIES_KEPT", "FINISHED_KEPT", "MemoryBooks", "MemoryStorage"]
