"""Replays what vitamin wrote as Django's signals."""
