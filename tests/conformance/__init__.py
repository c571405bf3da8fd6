"""SMPP 3.4 walked row by row from outside, by octets that share no code with the gateway's codec."""
