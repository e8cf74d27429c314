"""Tests of the package whiteboard."""
