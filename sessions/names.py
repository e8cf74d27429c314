"""What may stand in a name field. A name is text: it identifies nobody and grants nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """What a prospect typed."""

    first: str
    last: str

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}".strip()

    def packed(self) -> str:
        """One text to seal; no name holds a line break."""
        return f"{self.first}\n{self.last}"

    @classmethod
    def unpacked(cls, text: str) -> "Name":
        first, _, last = text.partition("\n")
        return cls(first, last)
