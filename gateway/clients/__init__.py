"""Who may bind, who is bound, and how fast each may send."""
