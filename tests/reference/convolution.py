"""Convolution and pooling of one image by loops over every pixel, to compare layers with."""

import numpy as np


def padding_of(n, kernel, stride, dilation, padding):
    """Return how many outputs an axis has, and how many zeros lie before it."""
    reach = (kernel - 1) * dilation + 1
    if padding == "valid":
        return (n - reach) // stride + 1, 0
    out = int(np.ceil(n / stride))
    return out, max(0, (out - 1) * stride + reach - n) // 2


def convolve(x, W, b, strides, dilation, padding):
    """Return y (OH, OW, F) of x (H, W, C) and kernels W (KH, KW, C, F)."""
    axes = [padding_of(x.shape[a], W.shape[a], strides[a], dilation[a], padding) for a in (0, 1)]
    y = np.zeros((axes[0][0], axes[1][0], W.shape[3]))
    for place, pixel, tap in _meetings(x, W, strides, dilation, axes):
        for c in range(x.shape[2]):
            for f in range(W.shape[3]):
                y[*place, f] += x[*pixel, c] * W[*tap, c, f]
    return y + b


def convolve_backward(x, W, dy, strides, dilation, padding):
    """Return dx, dW and db."""
    axes = [padding_of(x.shape[a], W.shape[a], strides[a], dilation[a], padding) for a in (0, 1)]
    dx, dW = np.zeros(x.shape), np.zeros(W.shape)
    for place, pixel, tap in _meetings(x, W, strides, dilation, axes):
        for c in range(x.shape[2]):
            for f in range(W.shape[3]):
                dx[*pixel, c] += dy[*place, f] * W[*tap, c, f]
                dW[*tap, c, f] += dy[*place, f] * x[*pixel, c]
    return dx, dW, dy.sum(axis=(0, 1))


def _meetings(x, W, strides, dilation, axes):
    """Yield every output, and the pixel that each entry of the kernel meets for it."""
    for i in range(axes[0][0]):
        for j in range(axes[1][0]):
            for k in range(W.shape[0]):
                for m in range(W.shape[1]):
                    row = i * strides[0] + k * dilation[0] - axes[0][1]
                    column = j * strides[1] + m * dilation[1] - axes[1][1]
                    if 0 <= row < x.shape[0] and 0 <= column < x.shape[1]:
                        yield (i, j), (row, column), (k, m)


def pool(x, size, function):
    """Return `function` of each window of x (H, W, C)."""
    height, width = (min(n, step) for n, step in zip(x.shape, size, strict=False))
    y = np.zeros((x.shape[0] // height, x.shape[1] // width, x.shape[2]))
    for i, j, c in np.ndindex(y.shape):
        window = x[i * height : (i + 1) * height, j * width : (j + 1) * width, c]
        y[i, j, c] = function(window)
    return y
