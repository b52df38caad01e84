"""Lights: area.py (emitting faces), spot.py. Point and directional lights are a place or direction and a colour,
which is all that emitters.py needs of them; theta has each light's numbers in the order of NUMBERS."""

FACE, POINT, SPOT, DIRECTIONAL = 0, 1, 2, 3  # kinds of emitters
KINDS = {"point": POINT, "spot": SPOT, "directional": DIRECTIONAL}
NUMBERS = {
    "point": {"position": 3, "intensity": 3},
    "spot": {"position": 3, "intensity": 3, "axis": 3, "cutoff": 1, "beam_width": 1},
    "directional": {"direction": 3, "irradiance": 3},
}
