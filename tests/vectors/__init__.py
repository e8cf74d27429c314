"""Test vectors that Python and TypeScript both open, and the scripts that made them."""
