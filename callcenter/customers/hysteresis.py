"""Grades that do not flicker: a customer at the edge of a grade keeps the grade they have."""

from dataclasses import dataclass

from callcenter.errors import BadInput


@dataclass(frozen=True, slots=True)
class Ladder:
    """Grades by score, best first, and how far beyond its edge a score must go to leave a grade.

    A score on an edge belongs to the better grade. The rule: a grade is kept while the score is less than `width`
    above its upper edge and at most `width` below its lower one; beyond, the score's own grade is taken. Since a
    grade is only ever set to the score's own, no change of the score below `width` since then can take it away.
    """

    grades: tuple[str, ...]
    """Best first."""
    edges: tuple[float, ...]
    """The least score of each grade but the last, falling."""
    width: float
    """In units of the score."""

    def __post_init__(self) -> None:
        if len(self.grades) != len(self.edges) + 1 or len(set(self.grades)) != len(self.grades):
            raise BadInput(
                "{n} different grades need {n_2} edges: each grade's least",
                n=len(self.grades),
                n_2=len(self.grades) - 1,
            )
        if any(low >= high for high, low in zip(self.edges, self.edges[1:], strict=False)):
            raise BadInput("edges: write them falling, the best grade's first")
        if not self.width >= 0:
            raise BadInput("width: it cannot be negative")

    def own(self, score: float) -> str:
        """Return the grade of a score by itself.

        >>> Ladder(("gold", "iron"), (100.0,), 10.0).own(100.0)
        'gold'
        """
        for grade, edge in zip(self.grades, self.edges, strict=False):
            if score >= edge:
                return grade
        return self.grades[-1]

    def regrade(self, held: str | None, score: float) -> str:
        """Return the grade of a customer who holds `held` (None, or a grade of another ladder: none yet).

        >>> ladder = Ladder(("gold", "iron"), (100.0,), 10.0)
        >>> ladder.regrade("iron", 109.0), ladder.regrade("iron", 110.0), ladder.regrade("gold", 90.0)
        ('iron', 'gold', 'gold')
        """
        if held not in self.grades:
            return self.own(score)
        place = self.grades.index(held)
        above = place > 0 and score >= self.edges[place - 1] + self.width
        below = place < len(self.edges) and score < self.edges[place] - self.width
        return self.own(score) if above or below else held
