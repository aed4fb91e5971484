"""From what a buyer wants to an order: price, checks, stock."""
