"""From the text of an SMS to what its sender means."""
