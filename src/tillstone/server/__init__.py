"""HTTP: connections, one application over the dialects, and what guards it. No rule and no wire format here."""
