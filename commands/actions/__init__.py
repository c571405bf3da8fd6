"""What each command does, one command a file."""
