"""`python -m tillstone.cli`: the same as `tillstone`."""

from tillstone.cli import main

if __name__ == "__main__":
    main()
