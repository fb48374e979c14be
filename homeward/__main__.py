"""Run the command line as ``python -m homeward``."""

from homeward.cli import main

main()
