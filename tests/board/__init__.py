"""Two browsers draw at random on one board, and everything about their network goes wrong."""
