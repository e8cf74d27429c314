"""Unit tests of the package web."""
