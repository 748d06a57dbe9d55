"""Judging the recommender: the simulator, its measures and its plots."""
