"""``make statistics``: the usual questions to a copy of the archive, answered by DuckDB on this machine."""
