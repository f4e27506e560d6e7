"""Programs that run inside the jail. They import nothing of the product; only ``boot`` is also read outside."""
