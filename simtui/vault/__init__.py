"""The keys, and what locks and unlocks them."""
