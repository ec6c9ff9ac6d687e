"""The audits of a dataset's people: each a function from the world to what it found.

A build asks them before it writes, and ``bench check`` asks them of what lies on disk; they cannot tell
which of the two it is.
"""
