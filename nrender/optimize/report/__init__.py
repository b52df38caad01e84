"""report.html: one file that shows what a fit did; no network, no script.

Everything that comes from a scene (names above all) is escaped.
"""

from nrender.optimize.report.contents import Derivative, Extras, Film, View
from nrender.optimize.report.page import report

__all__ = ["Derivative", "Extras", "Film", "View", "report"]
