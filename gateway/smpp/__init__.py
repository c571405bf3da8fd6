"""SMPP 3.4 as values and functions: no Twisted, no clock, no randomness."""
