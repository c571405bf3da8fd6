"""The tests mirror the packages; tests/live alone listens."""
