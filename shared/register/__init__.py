"""What went wrong, in one list: found by itself, owned by somebody, due at some time, never closed silently."""
