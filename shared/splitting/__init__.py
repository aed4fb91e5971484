"""An order's two cuts: by merchant before payment (ordering/quote.py), by warehouse after it (here)."""
