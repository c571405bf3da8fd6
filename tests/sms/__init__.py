"""Text inside short messages."""
