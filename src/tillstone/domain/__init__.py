"""The shop's records, the commands any front can ask for, and every rule. Imports nothing else of the package."""
