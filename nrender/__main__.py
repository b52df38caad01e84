"""`python -m nrender`: the command line, also where the environment's programs aren't on the path."""

from nrender_cli.main import main

if __name__ == "__main__":
    main()
