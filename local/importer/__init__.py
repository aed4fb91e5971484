"""Bring a file of records into the catalogue of a running shop: ``python -m local.importer FILE --kind sku ...``."""
