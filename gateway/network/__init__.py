"""Where Twisted meets SMPP, and nowhere else."""
