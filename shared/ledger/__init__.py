"""What the money did: vouchers in double entry, and what merchants are owed."""
