"""What a method gives of an image: a named vector, and what it should hold."""

import dataclasses

HOLDS = ("shared", "exclusive", "all")


@dataclasses.dataclass(frozen=True)
class Representation:
    """A vector that a method gives for each image of a domain.

    Attributes:
        name: as in files, tables and outputs of exports.
        symbol: the field's letter for it, such as S or E.
        holds: "shared" or "exclusive" where it should hold those factors of a
            domain and not the others, "all" where it should hold every one.
        about: what it is, in a clause.
    """

    name: str
    symbol: str
    holds: str
    about: str = ""

    def wanted(self, domain):
        """The factors of a `Domain` that it should hold."""
        return {
            "shared": domain.shared_factors,
            "exclusive": domain.exclusive_factors,
            "all": domain.factors,
        }[self.holds]

    def unwanted(self, domain):
        """The factors of a `Domain` that it should not hold."""
        wanted = self.wanted(domain)
        return tuple(factor for factor in domain.factors if factor not in wanted)

    def retrieved(self, domain):
        """The factors that its nearest neighbours should share: those that only
        retrieval scores, where it should hold what a pair shares, then those
        that it should hold."""
        retrieved = () if self.holds == "exclusive" else domain.retrieved_factors
        return retrieved + self.wanted(domain)


SHARED = Representation(
    "shared", "S", "shared", "what an image shares with the other image of its pair"
)
EXCLUSIVE = Representation(
    "exclusive",
    "E",
    "exclusive",
    "what is left of the image, the other's part taken out",
)
