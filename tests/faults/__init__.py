"""What must hold while parts of a deployment fail: real nodes, real databases, real Redis.

`python -m tests.faults` runs it at length and prints figures; the suite runs it in small.
"""
