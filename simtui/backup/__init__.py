"""Backups: a snapshot, its archive, the proof that it restores, and the way back."""
