"""The country of numbers that are written without +: the centre says it, once for calls and for the directory."""

import logging
from collections import Counter
from typing import Final, Protocol

import phonenumbers

from api.settings import Settings
from api.state.ports import EngineView, Reader
from callcenter.config.refusals import near
from callcenter.errors import BadInput

LOG: Final = logging.getLogger("callcenter.customers")
SAMPLED: Final = 1_000
UNOFFICIAL: Final = {"UK": "GB"}


def check_region(of_centre: str | None, of_settings: str | None) -> None:
    """Refuse a region that no numbering plan has, and two that differ.

    Raises:
        BadInput: which, and what to write.
    """
    for where, region in (("centre: region", of_centre), ("CALLCENTER_REGION", of_settings)):
        if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
            known = UNOFFICIAL.get(region)
            hint = f", did you mean {known}?" if known else near(region, sorted(phonenumbers.SUPPORTED_REGIONS))
            raise BadInput(
                "{where}: {region} is no country of telephone numbers{hint}", where=where, region=region, hint=hint
            )
    if of_centre is not None and of_settings is not None and of_centre != of_settings:
        raise BadInput(
            "CALLCENTER_REGION: is {of_settings}, and the centre says {of_centre}: leave the setting "
            "out, or correct the centre's region",
            of_settings=of_settings,
            of_centre=of_centre,
        )


def region_in_force(live: EngineView, settings: Settings) -> str | None:
    """Return the country of numbers written without +, for calls and directory: the centre's, else the setting's."""
    return live.engine.centre.region or settings.region


class Regional(EngineView, Reader, Protocol):
    """The centre in force, and the directory's rows."""


async def warn_of_region(live: Regional, of_settings: str | None) -> None:
    """Say so where the directory has numbers and nothing says of which country a caller's national number is."""
    region = live.engine.centre.region or of_settings
    rows = await live.find("customer_numbers", limit=SAMPLED)
    found: Counter[str] = Counter()
    for row in rows:
        try:
            number = phonenumbers.parse(str(row["number"]), None)
        except phonenumbers.NumberParseException:
            continue
        found[phonenumbers.region_code_for_country_code(number.country_code or 0)] += 1
    if not found:
        return
    most, count = found.most_common(1)[0]
    if region is None:
        LOG.warning(
            "the directory has customers' numbers (most are of %s) and the centre has no region: whoever calls by a "
            "national number is not recognised; write region: %s in the centre file, or set CALLCENTER_REGION=%s",
            most, most, most,
        )  # fmt: skip
    elif found[region] == 0:
        LOG.warning(
            "the centre's region is %s, and of %d numbers of the directory none is of it (%d are of %s): whoever calls "
            "by a national number may not be recognised",
            region, sum(found.values()), count, most,
        )  # fmt: skip
