"""A year of a real shop's orders, through the whole product, on one laptop: ``python -m local.demo``."""
