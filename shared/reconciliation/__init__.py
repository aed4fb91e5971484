"""Do the providers' bills, our ledger and the orders tell the same story? What does not agree has a name and a page."""
