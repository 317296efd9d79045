"""The shape of a rule, and the running of rules. Knows no rule by name."""
