"""warp.py: samples follow their density."""

import numpy as np
import pytest
from chi2 import chi_squared_test

from nrender import warp

N = 40000
U = np.random.default_rng(0).random((N, 2))


def test_cosine_hemisphere_follows_its_pdf():
    """Over bands of z and azimuth; the pdf is integrated over each cell by its midpoint and by 40 x 40 points."""
    w = np.array([warp.cosine_hemisphere(*u) for u in U.tolist()])
    np.testing.assert_allclose(np.linalg.norm(w, axis=1), 1.0, rtol=1e-14)
    z, phi = np.linspace(0, 1, 13), np.linspace(-np.pi, np.pi, 17)
    counts = np.histogram2d(w[:, 2], np.arctan2(w[:, 1], w[:, 0]), [z, phi])[0]
    fine = (np.arange(480) + 0.5) / 480
    density = np.array([warp.cosine_hemisphere_pdf((0.0, 0.0, float(c))) for c in fine])
    band = density.reshape(12, 40).mean(1) * (z[1] - z[0]) * (phi[1] - phi[0])  # d omega = dz d phi
    assert band.sum() * 16 == pytest.approx(1.0, rel=1e-6)
    chi_squared_test(counts, N * np.repeat(band[:, None], 16, axis=1))


def test_no_cosine_hemisphere_density_below_the_horizon():
    assert warp.cosine_hemisphere_pdf((0.6, 0.0, -0.8)) == 0.0


@pytest.mark.parametrize("u1", [0.0, 1.0, 1.0 - 2.0**-24])
def test_cosine_hemisphere_at_the_ends_of_the_interval(u1):
    w = warp.cosine_hemisphere(u1, 0.25)
    assert w[2] >= 0.0
    assert np.linalg.norm(w) == pytest.approx(1.0)


def test_disk_is_uniform():
    """Over rings of equal area and angles."""
    x, y = np.array([warp.disk(*u) for u in U.tolist()]).T
    assert np.hypot(x, y).max() <= 1.0
    counts = np.histogram2d(x**2 + y**2, np.arctan2(y, x), [np.linspace(0, 1, 11), np.linspace(-np.pi, np.pi, 17)])[0]
    chi_squared_test(counts, np.full((10, 16), N / 160))


def test_triangle_is_uniform():
    """Barycentric coordinates are uniform on b1, b2 >= 0, b1 + b2 <= 1: in 10 x 10 squares, half of those on the
    diagonal."""
    b = np.array([warp.triangle(*u) for u in U.tolist()])
    assert (b >= 0.0).all()
    assert (b.sum(1) <= 1.0 + 1e-15).all()
    counts = np.histogram2d(*b.T, np.linspace(0, 1, 11))[0]
    i, j = np.indices((10, 10))
    share = np.where(i + j < 9, 1.0, np.where(i + j == 9, 0.5, 0.0))
    area = 0.5  # of the triangle of barycentric coordinates
    chi_squared_test(counts, N * share * 0.01 * warp.triangle_pdf(area))
