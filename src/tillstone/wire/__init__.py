"""Formats of the wire: tables, codecs, safe readers and writers. Knows no resource."""
