"""The APIs that tills, web shops and integrations already speak. One folder each, with the same files; none knows
another."""
