"""How much light a rough dielectric coat of index 1.49 lets through, and what its inside makes of diffuse light.

T(mu, roughness): the part of light from a direction with cosine mu that is refracted into the coat, not masked there:
the integral of `refraction.refracted`, times eta^2, over wo. B(roughness) = 1 / (eta^2 (1 - R)), R the reflectance of
the coat's inside to diffuse light, as the mean over 64 equidistant cosines from 0 to 1 (as the twin in Mitsuba 3 has
it: B is 1 % below that of the integral). Cubic B-splines over sqrt(mu) (24 intervals) and sqrt(roughness) from its
least to 1 (10), fitted to quadratures of 64^2 points. Error: 4e-4 T where mu > 0.05; below that 3e-3, the most near
roughness 0.05. B: 1e-4.
"""

import numpy as np

from ..device import Primitive, device
from ..real import gather, maximum, minimum, real, select, sqrt, truncate

INDEX = 1.49
LEAST = 0.17782794  # square root of the roughness at microfacet.MIN_ALPHA
COLUMNS = 13
_T = """
    0.04778 -0.01046 0.07081 0.20145 0.34496 0.49748 0.61401 0.66962 0.64023 0.53088 0.38797 0.25979 0.16652
    -0.05880 0.04032 0.10187 0.20386 0.35367 0.49656 0.61473 0.66847 0.63836 0.52872 0.38588 0.25803 0.16507
    0.04778 -0.01046 0.07081 0.20145 0.34496 0.49748 0.61401 0.66962 0.64023 0.53088 0.38797 0.25979 0.16652
    0.02611 0.03941 0.05102 0.17112 0.33631 0.49136 0.61514 0.67323 0.64569 0.53732 0.39415 0.26509 0.17070
    0.07189 0.08705 0.09005 0.15900 0.32143 0.48594 0.61610 0.67847 0.65460 0.54775 0.40435 0.27379 0.17788
    0.15146 0.14498 0.15115 0.18803 0.31370 0.48290 0.61651 0.68655 0.66614 0.56201 0.41826 0.28598 0.18732
    0.22152 0.21840 0.22206 0.24427 0.33093 0.48299 0.61995 0.69479 0.68033 0.57941 0.43579 0.30125 0.19990
    0.30148 0.29823 0.30056 0.31462 0.37216 0.49342 0.62667 0.70436 0.69627 0.59954 0.45652 0.31956 0.21513
    0.37488 0.38278 0.38171 0.39178 0.42871 0.51884 0.63668 0.71566 0.71327 0.62188 0.48000 0.34079 0.23253
    0.46725 0.46292 0.46412 0.46976 0.49391 0.55678 0.65307 0.72821 0.73104 0.64573 0.50591 0.36461 0.25251
    0.53932 0.54246 0.54241 0.54575 0.56118 0.60324 0.67607 0.74278 0.74908 0.67054 0.53375 0.39086 0.27459
    0.61870 0.61437 0.61567 0.61706 0.62684 0.65350 0.70513 0.75945 0.76724 0.69572 0.56309 0.41922 0.29897
    0.67942 0.68128 0.68111 0.68221 0.68766 0.70389 0.73794 0.77842 0.78534 0.72079 0.59348 0.44946 0.32531
    0.74157 0.73852 0.73940 0.73944 0.74266 0.75146 0.77225 0.79926 0.80338 0.74532 0.62448 0.48127 0.35408
    0.78888 0.78885 0.78903 0.78900 0.79050 0.79454 0.80579 0.82128 0.82129 0.76902 0.65569 0.51431 0.38512
    0.83274 0.83029 0.83100 0.83055 0.83123 0.83225 0.83695 0.84346 0.83898 0.79168 0.68665 0.54848 0.41771
    0.86465 0.86506 0.86507 0.86488 0.86478 0.86423 0.86469 0.86486 0.85622 0.81322 0.71692 0.58364 0.45148
    0.89167 0.89265 0.89239 0.89241 0.89179 0.89074 0.88836 0.88468 0.87274 0.83355 0.74626 0.61942 0.48683
    0.91302 0.91411 0.91377 0.91387 0.91306 0.91171 0.90815 0.90225 0.88834 0.85255 0.77444 0.65554 0.52376
    0.92969 0.93023 0.93007 0.93006 0.92940 0.92792 0.92409 0.91719 0.90271 0.87022 0.80128 0.69173 0.56275
    0.94099 0.94227 0.94192 0.94203 0.94137 0.94010 0.93643 0.92959 0.91556 0.88654 0.82660 0.72776 0.60173
    0.95077 0.95032 0.95044 0.95032 0.94994 0.94877 0.94570 0.93944 0.92677 0.90142 0.85039 0.76335 0.64612
    0.95377 0.95641 0.95575 0.95600 0.95558 0.95469 0.95232 0.94694 0.93631 0.91472 0.87252 0.79753 0.69026
    0.96258 0.95860 0.95964 0.95906 0.95927 0.95826 0.95688 0.95237 0.94429 0.92656 0.89296 0.83144 0.73769
    0.95546 0.96215 0.96045 0.96121 0.96077 0.96044 0.95936 0.95638 0.95017 0.93694 0.91087 0.86247 0.78395
    0.97286 0.95895 0.96258 0.96081 0.96180 0.96096 0.96074 0.95864 0.95469 0.94521 0.92660 0.89130 0.83139
    0.90914 0.97225 0.95562 0.96386 0.95921 0.96176 0.96007 0.95933 0.95510 0.94636 0.92764 0.89385 0.83823
"""
_B = "1.08351 1.06869 1.07332 1.07465 1.06580 1.03774 0.97326 0.86627 0.74023 0.63046 0.55313 0.50539 0.47841"
TRANSMITTANCE = np.array(_T.split(), np.float32)  # float32 in every width: 7 digits are more than the fit has
BOOST = np.array(_B.split(), np.float32)


@Primitive
def lookup(table, i):
    """table[i], as a float64 from Python, where float32 would be contagious."""
    return float(table[i])


lookup.versions = gather.versions


@device
def knots(u, intervals):
    """Interval of u in 0..1 and the weights of its four coefficients, and their derivatives with respect to u."""
    x = u * intervals
    i = truncate(maximum(minimum(x, intervals - 0.5), 0.0))
    w = x - real(i)
    v, w2 = 1.0 - w, w * w
    weights = (v * v * v / 6.0, (w2 * (3.0 * w - 6.0) + 4.0) / 6.0, (3.0 * (w + w2 - w2 * w) + 1.0) / 6.0, w2 * w / 6.0)
    k = 0.5 * intervals
    slopes = (-k * v * v, k * w * (3.0 * w - 4.0), k * (1.0 + 2.0 * w - 3.0 * w2), k * w2)
    return i, weights, slopes


@device
def _sum(table, i, w):
    a, b = lookup(table, i) * w[0], lookup(table, i + 1) * w[1]
    return a + b + lookup(table, i + 2) * w[2] + lookup(table, i + 3) * w[3]


@device
def _mix(a, b, c, d, w):
    return a * w[0] + b * w[1] + c * w[2] + d * w[3]


@device
def coat(roughness):
    """(j, weights, slopes) of the roughness, for the next two; the slopes by roughness."""
    r = maximum(roughness, LEAST * LEAST)
    root = sqrt(r)
    j, w, s = knots((root - LEAST) / (1.0 - LEAST), 10.0)
    k = select(roughness > LEAST * LEAST, 0.5 / (root * (1.0 - LEAST)), 0.0)
    return j, w, (s[0] * k, s[1] * k, s[2] * k, s[3] * k)


@device
def boost(j, w, s):
    """(B, B_roughness)."""
    return _sum(BOOST, j, w), _sum(BOOST, j, s)


@device
def transmittance(mu, j, w, s):
    """(T, T_mu, T_roughness)."""
    x = sqrt(maximum(mu, 1e-6))
    i, v, u = knots(x, 24.0)
    i = i * COLUMNS + j
    t0, t1 = _sum(TRANSMITTANCE, i, w), _sum(TRANSMITTANCE, i + COLUMNS, w)
    t2, t3 = _sum(TRANSMITTANCE, i + 2 * COLUMNS, w), _sum(TRANSMITTANCE, i + 3 * COLUMNS, w)
    r0, r1 = _sum(TRANSMITTANCE, i, s), _sum(TRANSMITTANCE, i + COLUMNS, s)
    r2, r3 = _sum(TRANSMITTANCE, i + 2 * COLUMNS, s), _sum(TRANSMITTANCE, i + 3 * COLUMNS, s)
    by_mu = select(mu > 1e-6, _mix(t0, t1, t2, t3, u) * 0.5 / x, 0.0)
    return _mix(t0, t1, t2, t3, v), by_mu, _mix(r0, r1, r2, r3, v)
