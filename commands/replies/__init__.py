"""The texts of the replies as data, and the formats of money and time in them."""
