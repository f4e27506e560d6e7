"""The words of the product as frozen data and Protocols: no I/O, no engine, no noise."""
