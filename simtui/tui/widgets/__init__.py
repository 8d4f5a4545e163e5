"""The pieces that screens are made of. None of them knows a library."""
