"""Tests and measurements; the folders mirror the packages."""
