"""The support desk: departments, topics, hours."""
