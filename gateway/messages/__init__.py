"""The way of a message: intake, routing, answering, outbox, delivery."""
