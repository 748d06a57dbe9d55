"""The kinds of demo shorts, one file each."""

from coldreel.media.demo.kinds.aquarium import Aquarium
from coldreel.media.demo.kinds.campfire import Campfire
from coldreel.media.demo.kinds.city import City
from coldreel.media.demo.kinds.galaxy import Galaxy
from coldreel.media.demo.kinds.garden import Garden
from coldreel.media.demo.kinds.kaleidoscope import Kaleidoscope
from coldreel.media.demo.kinds.marbles import Marbles
from coldreel.media.demo.kinds.road import Road
from coldreel.media.demo.kinds.snow import Snow
from coldreel.media.demo.kinds.waves import Waves
from coldreel.media.demo.scene import Scene

KINDS: dict[str, type[Scene]] = {
    "waves": Waves,
    "aquarium": Aquarium,
    "kaleidoscope": Kaleidoscope,
    "campfire": Campfire,
    "garden": Garden,
    "galaxy": Galaxy,
    "road": Road,
    "snow": Snow,
    "marbles": Marbles,
    "city": City,
}
"""By name, in the order in which they take turns."""
