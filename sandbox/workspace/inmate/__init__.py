"""The database program that runs inside the jail. It imports nothing of the product."""
