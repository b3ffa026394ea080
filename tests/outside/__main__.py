"""`python -m tests.outside`: the product's server process, with the factory of these tests."""

import sys

from tests.outside.factory import FACTORY
from tillstone.server.process import main

if __name__ == "__main__":
    sys.exit(main(factory=FACTORY))
