"""The leaderboard as a static site: a page per board and per submission, each of which needs no other file.

No page holds a thing that its policy does not name by digest, so whatever a stranger wrote stays text.
"""
