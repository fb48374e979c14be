"""Where the story happens: a sample of regional offices with their counties, and the facilities that refer people.

The counties are real. Which office serves which county is a guess that the division has to replace by its own list;
addresses and telephone numbers of the offices are left blank for the same reason. The facilities are invented.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Area:
    """A regional office, or a satellite of one, with the counties it serves in the story, by name."""

    code: str
    name: str
    kind: str
    city: str
    counties: tuple[str, ...]


def _area(code: str, name: str, kind: str, city: str, counties: str) -> Area:
    return Area(code, name, kind, city, tuple(county.strip() for county in counties.split(",")))


AREAS = (
    _area("CMO", "Central Missouri Regional Office", "OFFICE", "Columbia",
          "Boone, Callaway, Cole, Cooper, Howard, Camden, Miller, Moniteau, Morgan, Osage, Pettis, Saline"),
    _area("KCR", "Kansas City Regional Office", "OFFICE", "Kansas City",
          "Jackson, Clay, Platte, Cass, Lafayette, Ray, Johnson, Carroll, Bates, Henry"),
    _area("STL", "St. Louis Regional Office", "OFFICE", "St. Louis", "St. Louis, St. Louis City"),
    _area("STC", "St. Louis Tri-County", "SATELLITE", "St. Louis",
          "St. Charles, Jefferson, Franklin, Lincoln, Washington"),
    _area("SPR", "Springfield Regional Office", "OFFICE", "Springfield",
          "Greene, Christian, Webster, Polk, Dallas, Taney, Stone, Lawrence, Dade, Cedar, Hickory, St. Clair, Benton, "
          "Laclede, Wright, Douglas, Ozark"),
    _area("JOP", "Joplin", "SATELLITE", "Joplin", "Jasper, Newton, McDonald, Barry, Barton, Vernon"),
    _area("HAN", "Hannibal Regional Office", "OFFICE", "Hannibal",
          "Marion, Ralls, Pike, Monroe, Audrain, Randolph, Shelby, Lewis, Montgomery, Warren"),
    _area("KIR", "Kirksville", "SATELLITE", "Kirksville",
          "Adair, Macon, Linn, Sullivan, Putnam, Schuyler, Scotland, Knox, Clark, Chariton"),
    _area("ALB", "Albany", "SATELLITE", "Albany",
          "Buchanan, Andrew, Nodaway, Gentry, Worth, Harrison, Daviess, DeKalb, Clinton, Caldwell, Livingston, Grundy, "
          "Mercer, Holt, Atchison"),
    _area("ROL", "Rolla", "SATELLITE", "Rolla",
          "Phelps, Pulaski, Dent, Crawford, Maries, Gasconade, Texas, Shannon, Howell"),
    _area("SIK", "Sikeston (Southeast Missouri) Regional Office", "OFFICE", "Sikeston",
          "Scott, Cape Girardeau, Stoddard, Mississippi, New Madrid, Pemiscot, Dunklin, Perry, Bollinger, "
          "Ste. Genevieve, St. Francois, Madison"),
    _area("POP", "Poplar Bluff", "SATELLITE", "Poplar Bluff",
          "Butler, Ripley, Wayne, Carter, Reynolds, Iron, Oregon"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FacilityPlan:
    """A state facility with its three-digit code (001:203)."""

    code: str
    name: str
    office: str
    active: bool = True


FACILITIES = (
    *(FacilityPlan(str(101 + place), f"{area.city} Intake, {area.code}", area.code)
      for place, area in enumerate(AREAS)),
    FacilityPlan("210", "Whippoorwill Habilitation Center", "CMO"),
    FacilityPlan("220", "Prairie Lantern Habilitation Center", "KCR"),
    FacilityPlan("230", "Dogwood Crossing Habilitation Center", "SIK"),
    FacilityPlan("900", "Old Ferry Habilitation Center, closed", "HAN", active=False),
)  # fmt: skip


def facility_of(office: str) -> str:
    """Give the code of the facility that refers the people of an office's counties."""
    return next(facility.code for facility in FACILITIES if facility.office == office and facility.active)
