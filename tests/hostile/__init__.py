"""What hostile, careless and broken clients send, one row of a catalogue at a time.

Rows: T transport and resources, H header and bind, S session and sequence, B mandatory body, V optional parameters,
X text and concatenation. After every one of them a second client, bound before, is still served, and nothing was
logged that fails, shows a secret or steers a terminal.
"""
