# Tillstone: every target makes what it needs, on a machine that has Python >= 3.11 and make.
help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
.PHONY: help
