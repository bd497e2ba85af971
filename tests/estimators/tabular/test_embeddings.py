"""What networks read of numbers, in the tabular estimators."""

import numpy as np
import pytest

from skdeep.nn import quantile_edges
from tests.estimators.tabular.tables import T, X, Y, classifier, regressor


@pytest.mark.parametrize("embedding", ["pbld", "ple", "periodic"])
def test_each_embedding_learns_what_has_many_steps(embedding):
    random = np.random.default_rng(0)
    rows = random.uniform(-1, 1, size=(600, 2))
    y = np.sign(np.sin(5 * rows[:, 0])) + rows[:, 1]
    model = regressor(numeric_embedding=embedding, max_iter=40, batch_size=64)
    assert model.fit(rows[:400], y[:400]).score(rows[400:], y[400:]) > 0.7


def test_edges_are_quantiles_of_the_training_samples_alone():
    model = regressor(numeric_embedding="ple", n_splits=2).fit(X, T)
    for member, encoder in zip(model.members_, model.encoders_, strict=True):
        train, _ = member.validation_split[0]
        columns = model._columns_of(X)
        rows = encoder.transform(columns, np.float32, train)
        edges = member.get_weights()["columns.numbers.edges"]
        for column, found in zip(rows.T, edges[:, 0], strict=False):
            np.testing.assert_allclose(found, quantile_edges(column, 16), rtol=1e-5, atol=1e-6)
        assert np.ptp(edges[0]) > 1


def test_networks_of_their_own_read_numbers_in_two_ways_in_turns():
    def kinds(model):
        return [member.numeric_embedding for member in model.members_]

    assert kinds(classifier(n_members=3, max_iter=1).fit(X, Y)) == ["pbld", "ple", "pbld"]
    assert kinds(classifier(n_splits=2, max_iter=1).fit(X, Y)) == ["pbld", "ple"]
    assert kinds(classifier(n_members=2, max_iter=1, refit=True).fit(X, Y)) == ["pbld", "ple"]
    alike = {"n_members": 2, "max_iter": 1}
    assert kinds(classifier(**alike, stop_together=True).fit(X, Y)) == ["pbld"] * 2
    assert kinds(classifier(**alike, member_sharing="mini").fit(X, Y)) == ["pbld"]
    assert kinds(classifier(**alike, numeric_embedding="ple").fit(X, Y)) == ["ple"] * 2
    assert kinds(classifier(**alike).partial_fit(X, Y, classes=["no", "yes"])) == ["pbld"] * 2


def test_more_samples_have_more_bins_so_that_values_apart_can_differ():
    random = np.random.default_rng(0)
    gains = random.choice(np.arange(1.0, 26.0), 9_000)
    X = np.where(random.uniform(size=9_000) < 0.5, 0.0, gains)[:, None]
    options = {"n_members": 1, "numeric_embedding": "ple", "max_iter": 1, "batch_size": 2000}
    model = regressor(**options).fit(X, X[:, 0])
    edges = model.members_[0].get_weights()["columns.numbers.edges"]
    values = np.unique(model.encode(X)[:, 0])
    assert edges.shape == (1, 1, 33)
    assert np.abs(values[:, None] - edges[0]).min(axis=1).max() < 0.01


def test_numbers_of_few_values_have_an_edge_at_each():
    random = np.random.default_rng(0)
    X = np.column_stack([np.arange(400) % 30, random.normal(size=400)])
    model, y = regressor(numeric_embedding="ple", early_stopping=False, max_iter=1), X[:, 1]
    model.fit(X, y)
    assert model.encoders_[0].layout_.n_bins == 32
    codes, others = model.members_[0].get_weights()["columns.numbers.edges"][:, 0]
    np.testing.assert_allclose(np.unique(codes), np.unique(model.encode(X)[:, 0]))
    assert len(np.unique(others)) == 17
    few = regressor(numeric_embedding="ple", max_iter=1).fit(X[:100], y[:100])  # of three rows each
    assert few.encoders_[0].layout_.n_bins == 0
