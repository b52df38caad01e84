"""boundary/plan.py: which strata there are, and how many samples each and each edge gets."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from nrender.boundary.plan import (
    CLUSTERS,
    EDGES,
    EVEN,
    FEWEST,
    LIGHTS,
    MIRRORED,
    PRIMARY,
    WIDE,
    Boundary,
    Found,
    Share,
    Stratum,
    Visible,
    allocate,
    clusters,
    density_of,
    plan_of,
    strata_of,
)
from nrender.boundary.segment import EVERY
from nrender.real import FLOAT32, FLOAT64

VISIBLE = Visible(np.zeros(4, np.int32), np.zeros(9), np.ones(1))
MEASURE = np.random.default_rng(0).uniform(0.01, 1.0, 40)


def boundary(visible=VISIBLE, measure=MEASURE, lit=True, rough=0.0):
    cluster = clusters(measure) if len(measure) else np.zeros(1, np.int32)
    return Boundary(visible, None, measure, cluster, None, lit, rough)


def names(max_depth, background=-1, **keys):
    strata = strata_of(boundary(**keys), SimpleNamespace(max_depth=max_depth, background=background, shadows=1))
    return [(stratum.strategy, stratum.depth) for stratum in strata]


# Which strata there are


def test_with_emission_alone_there_are_only_outlines():
    assert names(1) == names(1, background=50, rough=0.2) == [(PRIMARY, 1)]


@pytest.mark.parametrize("depth", [2, 3, 4, 7])
def test_an_emitter_lights_every_vertex_but_the_last(depth):
    lights = [(LIGHTS, k) for k in range(1, depth)]
    assert [x for x in names(depth) if x[0] == LIGHTS] == lights
    assert [x for x in names(depth, lit=False) if x[0] == LIGHTS] == []


@pytest.mark.parametrize("depth", [2, 3, 4, 7])
def test_reflected_light_needs_one_vertex_more_and_the_background_does_not(depth):
    assert [x for x in names(depth) if x[0] == EDGES] == [(EDGES, k) for k in range(1, depth - 1)]
    assert [x for x in names(depth, background=50) if x[0] == EDGES] == [(EDGES, k) for k in range(1, depth)]


@pytest.mark.parametrize("depth", [2, 4])
def test_walks_from_the_eye_are_for_smooth_surfaces(depth):
    assert [x for x in names(depth, rough=0.2) if x[0] == MIRRORED] == [(MIRRORED, k) for k in range(1, depth)]
    assert [x for x in names(depth) if x[0] == MIRRORED] == []


def test_without_edges_in_view_there_are_no_outlines_and_without_any_nothing_is_grazed():
    assert (PRIMARY, 1) not in names(4, visible=None)
    assert names(4, measure=np.zeros(0), rough=0.2, background=50) == [(PRIMARY, 1)]
    assert names(1, visible=None) == []


def test_longer_paths_cost_more_and_more_still_if_they_arrive():
    strata = strata_of(boundary(rough=0.2), SimpleNamespace(max_depth=4, background=50, shadows=1))
    for strategy in (LIGHTS, EDGES, MIRRORED):
        of = [s for s in strata if s.strategy == strategy]
        assert (np.diff([s.cost for s in of]) > 0.0).all()
        assert all(s.rest > 0.0 for s in of)


# How many samples


STRATA = [Stratum(PRIMARY, 1, 9.0, 0.0), Stratum(LIGHTS, 1, 2.0, 2.0), Stratum(LIGHTS, 2, 3.0, 2.0)]


def pilot(squares, samples=1000, reached=400.0):
    """What strata found whose samples have these mean squares."""
    by_cluster = np.zeros(1 + boundary().cluster.max())
    return [Found(samples, square * samples, reached, by_cluster) for square in squares]


def costs(strata, found):
    return np.array([s.cost + s.rest * f.reached / f.samples for s, f in zip(strata, found, strict=True)])


@pytest.mark.parametrize("squares", [[1.0, 1.0, 1.0], [4.0, 0.1, 0.001], [0.0, 3.0, 1e-6], [1e-12, 2e-12, 0.0]])
def test_the_variance_is_least_for_the_work(squares):
    """Sum of m/n for the sum of n c: least where n is as sqrt(m/c), and then (sum of sqrt(m c))^2 / work (Neyman 1934).
    EVEN of the work is for what the pilot missed; so the variance is at most 1 / (1 - EVEN) of that."""
    work, found = 1e6, pilot(squares)
    shares = allocate(boundary(), STRATA, found, work)
    n, c, m = np.array([s.samples for s in shares]), costs(STRATA, found), np.array(squares)
    assert [s.stratum for s in shares] == STRATA
    assert abs(n @ c - work) <= c.sum()  # whole numbers
    least = np.sqrt(m * c).sum() ** 2 / work
    assert least * 0.999 <= np.sum(m / n) <= least / (1.0 - EVEN) * 1.001
    evenly = EVEN * work / (len(c) * c)
    assert (n >= evenly - 1.0).all()
    best = np.sqrt(m / c)
    assert_allclose((n - evenly) @ c, (1.0 - EVEN) * work, rtol=1e-4)
    assert_allclose(n - evenly, best / (best @ c) * (1.0 - EVEN) * work, atol=1.0)


def test_where_the_pilot_found_nothing_the_work_is_spread_evenly():
    found = pilot([0.0, 0.0, 0.0])
    n = np.array([share.samples for share in allocate(boundary(), STRATA, found, 1e6)])
    assert_allclose(n * costs(STRATA, found), 1e6 / 3, rtol=1e-4)


def test_every_stratum_has_some_samples():
    assert [share.samples for share in allocate(boundary(), STRATA, pilot([1.0, 0.0, 0.0]), 10.0)] == [FEWEST] * 3
    assert allocate(boundary(), [], [], 1e6) == []


# How many of them for which edge


def test_clusters_are_consecutive_edges_of_about_the_same_measure():
    rng = np.random.default_rng(1)
    for k in (1, 5, CLUSTERS, 5000):
        measure = rng.uniform(0.5, 1.5, k)
        cluster = clusters(measure)
        assert cluster.dtype == np.int32
        assert cluster[0] == 0
        assert set(np.diff(cluster).tolist()) <= {0, 1}
        assert 1 + cluster[-1] <= min(CLUSTERS, k)
        share = np.bincount(cluster, measure) / measure.sum()
        assert share.max() <= 1.0 / min(CLUSTERS, k) + 2.0 * measure.max() / measure.sum()


def found_by(by_cluster, samples=10_000):
    by_cluster = np.asarray(by_cluster, float)
    return Found(samples, by_cluster.sum(), 0.4 * samples, by_cluster)


def test_edges_that_matter_are_sampled_more_often_by_the_root_of_their_mean_square():
    """To the prior, of few samples among many; WIDE of the samples go by the measure alone. The second moment that is
    returned is that of samples with these densities."""
    of, stratum = boundary(), Stratum(EDGES, 1, 3.0, 8.0)
    share = np.bincount(of.cluster, MEASURE) / MEASURE.sum()
    mean = np.random.default_rng(2).uniform(0.1, 10.0, len(share))  # of one sample
    mean[3] = 0.0
    samples = 10_000_000
    density, moment = density_of(of, stratum, found_by(mean * share * samples, samples))
    assert share @ density == pytest.approx(1.0)
    assert density.min() >= WIDE
    best = np.sqrt(mean) / (share @ np.sqrt(mean))
    assert_allclose(density, WIDE + (1.0 - WIDE) * best, rtol=1e-3, atol=5e-3)
    assert moment == pytest.approx(share @ (mean / density), rel=1e-3)
    assert moment < share @ mean  # better than by the measure


def test_few_samples_change_little():
    """A cluster that one sample has found by chance is not sampled to the exclusion of all others."""
    of, stratum = boundary(), Stratum(EDGES, 1, 3.0, 8.0)
    by_cluster = np.zeros(1 + of.cluster.max())
    by_cluster[5] = 1.0
    density, _ = density_of(of, stratum, found_by(by_cluster, 64))
    assert density.argmax() == 5
    assert density.max() / density.min() < 4.0


@pytest.mark.parametrize("stratum", STRATA)
def test_only_strata_of_edges_have_densities(stratum):
    density, moment = density_of(boundary(), stratum, found_by([0.0, 5.0], 100))
    assert (density == 1.0).all()
    assert moment == pytest.approx(0.05)


@pytest.mark.parametrize("width", [FLOAT32, FLOAT64], ids=["float32", "float64"])
def test_samples_of_an_edge_together_count_as_much_as_its_measure(width):
    """In the mean over shifts, whatever the densities."""
    of = boundary()
    density = np.random.default_rng(3).uniform(0.3, 3.0, 1 + of.cluster.max())
    share = Share(Stratum(EDGES, 2, 3.0, 8.0), 500, density)
    counted = np.zeros(len(MEASURE))
    shifts = (np.arange(400) + 0.5) / 400
    for shift in shifts:
        plan = plan_of(of, share, 64, shift, width.literal)
        assert not plan.from_lights
        assert plan.first[0] == 0
        assert plan.first[-1] == 500
        assert plan.rarity.dtype == width.literal
        counted += np.diff(plan.first) * plan.weight * plan.rarity
    assert_allclose(counted / len(shifts), MEASURE, rtol=5e-3)


def test_what_a_sample_of_other_strata_counts():
    """One for all samples of light together, the number of pixels for all walks from the eye."""
    one = np.ones(1)
    for strategy, expected in ((LIGHTS, 1 / 500), (MIRRORED, 64 / 500)):
        plan = plan_of(boundary(), Share(Stratum(strategy, 1, 3.0, 2.0), 500, one), 64, 0.3, np.float64)
        assert plan.from_lights == (strategy == LIGHTS)
        assert plan.weight == pytest.approx(expected)


def test_without_shadows_there_are_only_outlines():
    deferred = SimpleNamespace(max_depth=4, background=50, shadows=0)
    assert [stratum.strategy for stratum in strata_of(boundary(rough=0.2), deferred)] == [PRIMARY]


def test_of_pixels_that_are_points_walks_find_everything():
    points = SimpleNamespace(max_depth=4, background=50, shadows=1)
    assert {stratum.strategy for stratum in strata_of(boundary(rough=EVERY, visible=None), points)} == {MIRRORED}
