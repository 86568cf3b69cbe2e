"""The pictures of examples/gallery.py: the numbers that they show, and that they are drawn."""

from pathlib import Path

import numpy as np
import pytest
from test_example import imported

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

import cpool

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def data():
    return imported("gallery_data")


@pytest.fixture(scope="module")
def gallery(data):
    return imported("gallery")


def windows(x, size):
    """(rows, columns, cells of a window) of an array (H, W, 1)."""
    rows, columns = x.shape[0] // size, x.shape[1] // size
    return x.reshape(rows, size, columns, size).swapaxes(1, 2).reshape(rows, columns, size * size)


# ------------------------------------------------------------------------------------------------ real_image
def test_every_pooling_of_windows_is_shown(data):
    """All functions over two axes but the sum, those whose windows are not of a size, and unpooling."""
    shown = {name for name, _, _ in data.poolings(np.zeros((8, 8, 1)), 4).values()}
    others = {"sum_pool2d", "adaptive_max_pool2d", "adaptive_avg_pool2d", "spatial_pyramid_pool2d", "max_unpool2d"}
    assert shown == {name for name in cpool.functional.__all__ if name.endswith("2d")} - others


def test_photograph_is_bundled_and_pooled(data):
    x = data.photograph(64, top=160, left=180)
    assert x.shape == (64, 64, 3)
    assert 0 <= x.min() < 0.1 < 0.9 < x.max() <= 1
    pooled = data.pooled(x, 8)
    cells = x.reshape(8, 8, 8, 8, 3)
    assert np.array_equal(pooled["max"], cells.max(axis=(1, 3)))
    assert np.array_equal(pooled["min"], cells.min(axis=(1, 3)))
    np.testing.assert_allclose(pooled["average"], cells.mean(axis=(1, 3)), rtol=1e-5)
    for title in (
        "Lp, p = 2, normalized",
        "GeM, p = 6",
        "log-sum-exp, r = 10",
        "soft, beta = 5",
        "mixed, half and half",
        "ordinal",
    ):
        assert (pooled[title] <= pooled["max"] + 1e-5).all(), title
        assert (pooled[title] >= pooled["average"] - 1e-5).all(), title
    assert {image.shape for title, image in pooled.items() if "fractional" not in title} == {(8, 8, 3)}
    assert all(np.isfinite(image).all() for image in pooled.values())


# ------------------------------------------------------------------------------------------------ example_5x5
@pytest.mark.parametrize("stride", [1, 2])
def test_five_by_five(data, stride):
    x = data.example_5x5()
    assert sorted(x.flat) == list(range(1, 26))
    top, mean, (rows, columns) = data.windows_of(x, stride)
    found = np.lib.stride_tricks.sliding_window_view(x[0], (3, 3))[::stride, ::stride]
    assert np.array_equal(top, found.max(axis=(2, 3)))
    np.testing.assert_allclose(mean, found.mean(axis=(2, 3)), rtol=1e-12)
    assert np.array_equal(x[0][rows, columns], top)
    starts = stride * np.arange(len(top))
    assert ((rows >= starts[:, None]) & (rows < starts[:, None] + 3)).all()
    assert ((columns >= starts) & (columns < starts + 3)).all()


# ------------------------------------------------------------------------------------------------ max_against_average
def test_strokes_texture_and_noise(data):
    size, window = 64, 4
    subjects = data.subjects(size)
    (bright, _), (dark, _), (leaves, _), (noise, _) = subjects.values()
    assert np.array_equal(bright, 1 - dark)
    results = [[y for y, _ in panels] for panels in data.max_against_average(size, window).values()]

    kept = [[data.contrast(x, y, ground, window) for y in results[i][1:]] for i, (x, ground) in enumerate([(bright, 0), (dark, 1)])]
    assert kept[0][0] > 0.9  # max keeps bright strokes,
    assert kept[1][0] < 0.02  # and loses dark ones;
    assert kept[0][1] == pytest.approx(kept[1][1])  # the average does not tell them apart,
    assert 0.2 < kept[0][1] < 0.4  # and fades both

    for x, (_, top, mean) in zip((leaves, noise), results[2:], strict=True):
        assert mean.mean() == pytest.approx(x.mean(), rel=1e-5)
        assert top.mean() > x.mean() + x.std()
    assert results[3][2].std() == pytest.approx(noise.std() / window, rel=0.15)  # of independent noise: by sqrt(16)
    assert results[2][2].std() > 1.5 * leaves.std() / window  # neighbours in a texture are alike


# ------------------------------------------------------------------------------------------------ gradient_paths
@pytest.fixture(scope="module")
def paths(data):
    x = np.random.default_rng(2).random((12, 12, 1))
    return x, data.gradient_paths(x, 4)


@pytest.mark.parametrize(("title", "cells"), [("max", 1), ("min", 1), ("median", 2), ("rank, upper quarter", 4), ("average", 16)])
def test_gradient_goes_to_so_many_cells(paths, title, cells):
    """In equal shares."""
    found = windows(paths[1][title], 4)
    assert (np.count_nonzero(found, axis=2) == cells).all()
    np.testing.assert_allclose(found[found != 0], 1 / cells, rtol=1e-6)


def test_gradient_goes_to_the_winner(paths):
    x, found = paths
    for title, winner in (("max", np.argmax), ("min", np.argmin)):
        assert np.array_equal(windows(found[title], 4).argmax(axis=2), winner(windows(x, 4), axis=2))
    mixed = 0.5 * found["max"] + 0.5 * found["average"]
    np.testing.assert_allclose(found["mixed, half and half"], mixed, rtol=1e-6)


# What is added to all cells of the window is added to the result.
@pytest.mark.parametrize(
    "title", ["log-sum-exp, r = 10", "soft, beta = 5", "softmax of detail", "ordinal", "stochastic", "detail-preserving"]
)
def test_gradients_of_a_window_add_up_to_one(paths, title):
    np.testing.assert_allclose(windows(paths[1][title], 4).sum(axis=2), 1, rtol=1e-5)


def test_gradients_of_all_windows_add_up(paths):
    """Where windows overlap, or lie by chance, one for each output all the same."""
    outputs = {"S3, stochastic": 9, "blur": 9, "max and blur": 9, "polyphase": 9, "fractional max": 25, "fractional average": 25}
    for title, count in outputs.items():
        assert paths[1][title].sum() == pytest.approx(count), title
    assert min(grad.min() for grad in paths[1].values()) < 0  # which is why the colours go both ways


# ------------------------------------------------------------------------------------------------ receptive_field
def sizes(stack):
    """Each layer of kernel k adds k - 1 steps, of as many pixels as the strides before it multiply to."""
    field, step, found = 1, 1, []
    for layer in stack:
        kernel, stride = (3, 1) if layer == "conv" else (2, 2)
        field, step = field + (kernel - 1) * step, step * stride
        found.append(field)
    return found


def test_receptive_fields_are_those_of_the_formula(data):
    assert sizes(data.STACK) == [3, 5, 6, 10, 14, 16, 24]
    x = np.random.default_rng(0).standard_normal((64, 1, 28, 28))
    for pool, images in ((data.average, x[:1]), (data.maximum, x)):
        fields = data.receptive_fields(pool, images)
        assert [data.extent(field)[2:] for field in fields] == [(size, size) for size in sizes(data.STACK)]
        np.testing.assert_allclose([field.sum() for field in fields], 1)  # no gradient leaves the image or is lost
    alone = data.receptive_fields(data.convolution, x[:1])
    assert [data.extent(field)[2] for field in alone] == [3, 5, 7, 9, 11, 13, 15]
    one = data.receptive_fields(data.maximum, x[:1])  # of one input it is a part
    assert all(((field == 0) | (union > 0)).all() for field, union in zip(one, fields, strict=True))
    assert np.count_nonzero(one[2]) < np.count_nonzero(fields[2])


# ------------------------------------------------------------------------------------------------ the drawing
SMALL = {
    "real_image": ({"size": 32, "window": 4}, 25), "example_5x5": ({}, 7 + 9 + 4), "max_against_average": ({"size": 32}, 12),
    "gradient_paths": ({}, 25), "receptive_field": ({"images": 2}, 28),
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_drawn(gallery, tmp_path, name):
    """As many panels as there should be, and a picture that is not empty."""
    arguments, panels = SMALL[name]
    figure = gallery.PICTURES[name](**arguments)
    axes = [at for axes in figure.axes for at in (axes, *axes.child_axes)]
    assert sum(bool(at.images) for at in axes) == panels
    gallery.save(figure, tmp_path / "picture.png", dpi=30)
    pixels = gallery.plt.imread(tmp_path / "picture.png")
    assert pixels.shape[1] == 30 * gallery.WIDTH
    assert pixels[..., :3].std() > 0.05
    assert figure.number not in gallery.plt.get_fignums()  # others are those of other tests


def test_command_line(gallery, tmp_path, capsys):
    assert list(gallery.PICTURES) == list(SMALL)
    assert gallery.main(["--out", str(tmp_path / "new"), "--only", "example_5x5"]) == 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["example_5x5.png"]
    assert "1/1" in capsys.readouterr().err  # the progress bar
    with pytest.raises(SystemExit):
        gallery.main(["--only", "nothing"])


def test_pictures_of_the_clone(gallery):
    folder = ROOT / "docs" / "pictures"
    if not folder.exists():
        pytest.skip("the tests are apart from the documents")
    sizes = {path.stem: path.stat().st_size for path in folder.glob("*.png")}
    assert set(SMALL) <= set(sizes)
    assert max(sizes.values()) < 250_000
