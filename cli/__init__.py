"""The command line of nrender.  One command a file; `main` is the entry point.

At the top of a file only click is imported: `nrender --help` has to be quick.
"""
