"""Faults on demand: rules as values, and the plan that says which of them a happening meets.

``effects`` what can be made to happen; ``rules`` when, and which effect is legal where (a table); ``patterns`` how
addresses are matched; ``forms`` rules as TOML and JSON; ``plan`` the rules in force, with their counters.
"""
