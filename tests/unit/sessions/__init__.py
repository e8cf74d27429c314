"""Tests of `sessions`, in the order of its modules."""
