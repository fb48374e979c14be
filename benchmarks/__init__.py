"""Measure the house: speed, memory, and whether every promise is still kept under load."""
