"""Invented people: names, addresses, telephone numbers and e-mail addresses that belong to nobody.

Those who work in the story and those who look for a home have no name in common, so that a letter which greets a
coordinator is never mistaken for one that gives a consumer away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from random import Random

from resolvers.referral_entry import NewConsumer, NewGuardian
from rules.referrals import Gender


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_STAFF_FIRST = _words(
    "Adelina Barnaby Clementine Desmond Eleanora Fitzroy Georgette Horatio Imogene Jocelyn Kendrick Lorelei "
    "Mortimer Nanette Orlando Petronella Quincy Rosamund Sheridan Tabitha Ulysses Valentina Wendell Yolanda Zachary "
    "Beatrix Cordelia Dashiell Esmeralda Fergus Gwendolyn Humphrey Isadora Jedidiah Katarina Lysander Marguerite "
    "Nathaniel Ophelia Percival"
)
_STAFF_LAST = _words(
    "Appleyard Brightwater Coppersmith Dovecote Emberley Fennimore Goldfinch Hearthstone Inglenook Juniperson "
    "Kettlewell Larkspur Merriweather Nightingale Oakenfield Pemberlake Quillfeather Rainsborough Silverbrook "
    "Thimbleby Underhill Violetta Wainscott Yarrowby Bellweather Candlewick Driftwood Eldermoor Foxglover Greenaway "
    "Hollybush Ironbark Lavenderby Mossgrave Northgate Periwinkle Saddlebow Teasdale Weatherby Woolgather"
)
_WOMEN = _words(
    "Araminta Bernadine Celestine Dorothea Ernestine Florentina Gwenllian Hildegard Isolde Josephina Kerensa "
    "Leocadia Mirabelle Nicoletta Ottoline Philippa Rosalind Seraphina Theodora Winifred"
)
_MEN = _words(
    "Alaric Bartholomew Cornelius Demetrius Evander Frederick Gideon Hezekiah Ignatius Jeremiah Konstantin Leopold "
    "Montague Nikodemus Octavius Peregrine Reginald Sebastian Thaddeus Wolfgang"
)
_FAMILIES = _words(
    "Abernethwaite Bramblecote Cuttlestone Dunnockshaw Eversfield Fothergale Grimblethorpe Haddlesey Ickenfold "
    "Jessamyne Kirkenshaw Lutterbeck Mallowdene Netherwick Oxtonbury Pottergill Quennelby Ravelstone Skelderdale "
    "Tansywold Ullathwaite Venderbrook Wexcombury Yatterfold Zellenby Birdlesham Crankshawe Dimblecott Elvershaw "
    "Finchingdale Gorsebeck Hucklecote Inskipper Jarrowdene Knapworthy Lindenshawe Mickleover Nutbeamer Osgodcroft "
    "Plumbwell Rookhopper Sallowfield Thistlecroft Uffendale Wetherlaine Winterscale"
)
_STREETS = ("Acorn Walk", "Bluebird Street", "Cider Mill Road", "Dogwood Row", "Eventide Avenue", "Firefly Lane",
            "Gooseberry Street", "Harvest Moon Drive", "Inkwell Court", "Jonquil Street")  # fmt: skip
TOWNS = ("Fernbrook", "Applethwaite", "Larkford", "Millpond Crossing", "Sorrel Springs", "Wrenfield", "Otter Bend",
         "Hazelgate", "Pinwheel Junction", "Cloverdell", "Stonecup", "Maplewick")  # fmt: skip
"""Towns that are on no map."""


@dataclass
class PeopleMaker:
    """Compose people from the lists, no name twice, always the same ones for the same seed."""

    rng: Random
    _staff: set[str] = field(default_factory=set)
    _consumers: set[str] = field(default_factory=set)
    _emails: set[str] = field(default_factory=set)

    def staff_name(self) -> tuple[str, str]:
        """Give a first and a last name to somebody who works in the story."""
        return self._new_name(_STAFF_FIRST, _STAFF_LAST, self._staff)

    def consumer(self, number: int, born_before: date) -> NewConsumer:
        """Invent a person who looks for a home, aged 18 to 70, with one or two guardians or none."""
        gender = self.rng.choices((Gender.FEMALE, Gender.MALE, Gender.OTHER, Gender.UNKNOWN), (48, 48, 2, 2))[0]
        firsts = {Gender.FEMALE: _WOMEN, Gender.MALE: _MEN}.get(gender, _WOMEN + _MEN)
        first, last = self._new_name(firsts, _FAMILIES, self._consumers)
        year = born_before.year - self.rng.randint(18, 70) - 1
        return NewConsumer(
            dmh_id=f"D-{100_000 + number * 37 + self.rng.randrange(37)}",
            first_name=first,
            last_name=last,
            birth_date=date(year, self.rng.randint(1, 12), self.rng.randint(1, 28)),
            gender=gender,
            address=self.address(),
            city=self.rng.choice(TOWNS),
            zip_code=self.zip_code(),
            guardians=tuple(self._guardian(last) for _ in range(self.rng.choice((0, 1, 1, 1, 2)))),
        )

    def address(self) -> str:
        """Give an address in a street that is on no map."""
        return f"{self.rng.randint(1, 999)} {self.rng.choice(_STREETS)}"

    def zip_code(self) -> str:
        """Give a ZIP code that was never assigned: those that begin with 000."""
        return f"000{self.rng.randint(10, 99)}"

    def phone(self) -> str:
        """Give one of the numbers that are kept free for stories."""
        return f"555-01{self.rng.randrange(100):02}"

    def email(self, first: str, last: str, domain: str) -> str:
        """Give an address under a domain that is kept free for examples."""
        address = f"{first}.{last}@{domain}".lower()
        while address in self._emails:
            address = f"{first}.{last}{self.rng.randint(2, 99)}@{domain}".lower()
        self._emails.add(address)
        return address

    def _guardian(self, family: str) -> NewGuardian:
        first = self.rng.choice(_WOMEN + _MEN)
        relationship = self.rng.choice(("Mother", "Father", "Sister", "Brother", "Aunt", "Appointed guardian"))
        last = self.rng.choice(_FAMILIES) if relationship == "Appointed guardian" else family
        email = self.email(first, last, "families.example.net") if self.rng.random() < 0.7 else ""
        return NewGuardian(f"{first} {last}", relationship, self.phone(), email)

    def _new_name(self, firsts: tuple[str, ...], lasts: tuple[str, ...], taken: set[str]) -> tuple[str, str]:
        while True:
            first, last = self.rng.choice(firsts), self.rng.choice(lasts)
            if f"{first} {last}" not in taken:
                taken.add(f"{first} {last}")
                return first, last


def domain_of(name: str) -> str:
    """Give the e-mail domain of an organization."""
    return f"{re.sub(r'[^a-z]', '', name.lower())}.example.org"
