"""Money in, and money back: attempts, notices of providers, refunds."""
