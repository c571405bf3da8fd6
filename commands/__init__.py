"""Text in, Reply out: what the wallet's subscribers can do by SMS. Knows nothing of SMPP, Twisted or
`gateway`.
"""
