"""Customers of the simulated shop: invented people at plain addresses."""

import random
from dataclasses import dataclass, replace

_FIRST = ("Ada", "Bruno", "Carla", "Dilan", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas")
_LAST = ("Albers", "Brandt", "Costa", "Dupont", "Ek", "Fischer", "Garner", "Holt", "Ivers", "Jung")
_STREETS = ("Main Street", "Mill Lane", "Harbour Road", "Station Street", "Garden Way")


@dataclass(frozen=True)
class Place:
    """A town; `region_code` is empty where the country has none in addresses."""

    city: str
    postcode: str
    country: str
    country_code: str
    region: str = ""
    region_code: str = ""


@dataclass(frozen=True)
class Customer:
    """A customer of the shop; `orders_count` is the number of earlier orders."""

    id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    street: str
    place: Place
    orders_count: int = 0

    @property
    def name(self) -> str:
        """Return first and last name."""
        return f"{self.first_name} {self.last_name}"


US_PLACES = (
    Place("Louisville", "40202", "United States", "US", "Kentucky", "KY"),
    Place("San Francisco", "94103", "United States", "US", "California", "CA"),
    Place("Austin", "78701", "United States", "US", "Texas", "TX"),
    Place("Albany", "12207", "United States", "US", "New York", "NY"),
)
EU_PLACES = (
    Place("Hamburg", "20095", "Germany", "DE"),
    Place("Lyon", "69002", "France", "FR"),
    Place("Utrecht", "3511 AD", "Netherlands", "NL"),
    Place("Namur", "5000", "Belgium", "BE"),
)
_REGULARS = 3


def new_customer(rng: random.Random, number: int, places: tuple[Place, ...]) -> Customer:
    """Return a person who has not ordered before; `number` makes the e-mail address unique."""
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    return Customer(
        id=700_000_000 + number,
        first_name=first,
        last_name=last,
        email=f"{first}.{last}.{number}@example.com".lower(),
        phone=f"555-01{number % 100:02d}",
        street=f"{rng.choice(_STREETS)} {rng.randint(1, 199)}",
        place=rng.choice(places),
    )


def regular_customer(rng: random.Random, places: tuple[Place, ...]) -> Customer:
    """Return one of a few people who order again and again, always with the same id."""
    number = rng.randrange(_REGULARS)
    person = new_customer(random.Random(f"regular {number}"), number, places)
    return replace(person, id=800_000_000 + number, orders_count=rng.randint(1, 9))
