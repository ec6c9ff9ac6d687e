"""A run: its folder, its identity, and the stages generate, judge and score."""
