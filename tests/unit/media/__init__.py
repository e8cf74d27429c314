"""Tests of the package media."""
