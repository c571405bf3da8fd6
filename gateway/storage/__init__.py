"""One contract for what must outlive a function call, and the storages that keep it."""
