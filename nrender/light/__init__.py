"""Lights: area.py (emitting faces), spot.py, envmap.py. Point and directional lights are a place or direction and a
colour, which is all that emitters.py needs of them; theta has each light's numbers in the order of NUMBERS. tree.py
chooses among many."""

FACE, POINT, SPOT, DIRECTIONAL, ENVMAP, TREE = 0, 1, 2, 3, 4, 5  # kinds of emitters
KINDS = {"point": POINT, "spot": SPOT, "directional": DIRECTIONAL, "envmap": ENVMAP}
NUMBERS = {
    "point": {"position": 3, "intensity": 3},
    "spot": {"position": 3, "intensity": 3, "axis": 3, "cutoff": 1, "beam_width": 1},
    "directional": {"direction": 3, "irradiance": 3},
    "envmap": {"frame": 9, "scale": 3},  # and then the image
}
