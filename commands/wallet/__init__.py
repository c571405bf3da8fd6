"""The mock wallet account service: values and rules, no storage of its own."""
