"""What the tests of other projects may use."""
