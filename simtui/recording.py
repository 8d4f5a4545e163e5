"""Runs into the library, as they happen or from what Sim kept of them."""
