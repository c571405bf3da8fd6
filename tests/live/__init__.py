"""Tests that listen on 127.0.0.1 and start processes: whole programs and clients that nobody here wrote."""
