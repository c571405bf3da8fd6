"""Text inside short messages: alphabets, user data headers, segments, reassembly."""
