"""`python -m tillstone.server`: serve with the settings of the environment."""

import sys

from tillstone.server.process import main

if __name__ == "__main__":
    sys.exit(main())
