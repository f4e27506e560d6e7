"""Programs that run inside the jail and import nothing of the product; the host reads ``boot``, too."""
