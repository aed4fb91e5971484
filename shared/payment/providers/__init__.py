"""One module per payment provider: verify and interpret what it posts, and ask it for things."""
