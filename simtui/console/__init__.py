"""What every command of ours stands on, whichever program it belongs to: how it answers, asks, and
has the vault opened."""
