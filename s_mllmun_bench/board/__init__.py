"""The leaderboard: bundles that prove themselves, and the boards that are made of nothing else.

A bundle is data from a stranger: sizes, names and texts are checked before they are used, every figure is
computed again, and nothing in it is ever executed or opened as a path.
"""
