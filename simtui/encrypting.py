"""The library under a key, and back."""
