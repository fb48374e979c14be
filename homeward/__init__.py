"""The composition root: settings, wiring, command line, and the adapters to the outside. No business decisions."""
