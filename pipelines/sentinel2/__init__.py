"""Sentinel-2: pairs of one place at two dates (sections 5.1 and 5.4)."""
