"""The archive: orders that are over leave the hot table; what of them is worth knowing stays, without anybody in it."""
