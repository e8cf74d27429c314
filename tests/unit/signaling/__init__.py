"""Tests of signaling, module by module."""
