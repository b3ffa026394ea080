"""Tillstone: one record of a shop, kept on the shop's own machine, in three dialects. Only the version lives here."""

__version__ = "0.1.0"
