"""Measurements as ratios in one run: against plain DuckDB on the same rows. ``make bench`` prints them."""
