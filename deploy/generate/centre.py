"""The centre that the shipped rules are for: the source documents' tiers, and everything else as it comes."""

from typing import Final

from callcenter.centre import Centre, Group, Queue

DOCUMENTS: Final = Centre("the documents'", (Queue("hotline"),), (Group("desk"),))
