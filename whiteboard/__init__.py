"""The board: scenes of elements, merged without conflict and drawn for the record.

It does not know how an element travels, nor who drew it.
"""
