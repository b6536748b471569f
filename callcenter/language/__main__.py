"""`python -m callcenter.language`: bring the catalogue of the command line and its reports up to date."""

from callcenter.language.catalogues import REPORTS
from callcenter.language.collecting import bring_up_to_date, reports

ABOUT = "Texts of the command line and its reports. `python -m callcenter.language` brings it up to date."

bring_up_to_date(REPORTS, reports(), ABOUT)
