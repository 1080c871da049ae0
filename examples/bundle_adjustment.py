"""Bundle adjustment: the sparse Jacobian of reprojection errors, by two reverse sweeps for each observation inside a compiled loop."""

import os
from math import cos, sin, sqrt
from pathlib import Path

import numpy as np

import irad

COLUMNS = 15  # of a row's block: 11 of the camera, 3 of the point, and the weight


def reprojection(camera, point, weight, measured, axis):
    """Return one coordinate of a weighted reprojection error.

    ``camera`` holds a rotation vector, the centre, focal length, principal point, and two coefficients of radial distortion.
    """
    x = point[0] - camera[3]
    y = point[1] - camera[4]
    z = point[2] - camera[5]
    square = camera[0] * camera[0] + camera[1] * camera[1] + camera[2] * camera[2]
    if square != 0.0:
        angle = sqrt(square)
        c = cos(angle)
        s = sin(angle)
        a = camera[0] / angle
        b = camera[1] / angle
        d = camera[2] / angle
        along = (a * x + b * y + d * z) * (1.0 - c)
        turned_x = x * c + (b * z - d * y) * s + a * along
        turned_y = y * c + (d * x - a * z) * s + b * along
        turned_z = z * c + (a * y - b * x) * s + d * along
    else:
        turned_x = x + camera[1] * z - camera[2] * y
        turned_y = y + camera[2] * x - camera[0] * z
        turned_z = z + camera[0] * y - camera[1] * x
    u = turned_x / turned_z
    v = turned_y / turned_z
    radius = u * u + v * v
    distortion = 1.0 + camera[9] * radius + camera[10] * radius * radius
    direction = u if axis == 0 else v
    return weight * (camera[6] * direction * distortion + camera[7 + axis] - measured[axis])


def residuals(cameras, points, weights, seen_by, seen, measured):
    """Return half the sum of the squared errors, those of the weights included."""
    total = 0.0
    for i in range(len(weights)):
        for axis in irad.unroll(range(2)):
            error = reprojection(cameras[seen_by[i]], points[seen[i]], weights[i], measured[i], axis)
            total += error * error
        total += (1.0 - weights[i] * weights[i]) ** 2
    return 0.5 * total


def jacobian(cameras, points, weights, seen_by, seen, measured, errors, blocks, by_weight):
    """Write the errors, the derivatives of each by its own camera, point and weight, and the derivatives of the weight terms."""
    blocks[...] = 0.0
    for i in range(len(weights)):
        camera = cameras[seen_by[i]]
        point = points[seen[i]]
        for axis in irad.unroll(range(2)):
            row = blocks[i, axis]
            derivatives, errors[i, axis] = irad.autodiff(
                irad.ReverseWithPrimal,
                reprojection,
                irad.Active,
                irad.Duplicated(camera, row[:11]),
                irad.Duplicated(point, row[11:14]),
                irad.Active(weights[i]),
                irad.Const(measured[i]),
                irad.Const(axis),
            )
            row[14] = derivatives[2]
        by_weight[i] = -2.0 * weights[i]


def make(cameras=49, points=7776, observations=31843, seed=0):
    """Return arguments of `residuals`: ADBench's camera, point and feature, with noise."""
    camera, point, weight, feature = instance()
    rng = np.random.default_rng(seed)
    seen_by, seen = np.arange(observations) % cameras, np.arange(observations) % points
    return (
        camera * (1.0 + 0.05 * rng.standard_normal((cameras, 11))),
        point * (1.0 + 0.05 * rng.standard_normal((points, 3))),
        weight * (1.0 + 0.1 * rng.standard_normal(observations)),
        seen_by.astype(np.int32),
        seen.astype(np.int32),
        feature + rng.standard_normal((observations, 2)),
    )


def instance():
    """Return one camera, point, weight and feature: those of ADBench's first file if $IRAD_DATA names the folder, else the same numbers."""
    if "IRAD_DATA" in os.environ:
        lines = Path(os.environ["IRAD_DATA"], "adbench", "ba1_n49_m7776_p31843.txt").read_text().splitlines()
        camera, point, weight, feature = (np.array(line.split(), dtype=float) for line in lines[1:5])
        return camera, point, weight[0], feature
    camera = [-0.758453, -1.109613, -0.845551, 34.556073, 39.676747, 53.881673, 419.194514, 5.864426, -8.518870, 0.087812, 0.002739]
    return np.array(camera), np.array([7.203245, 0.001144, 3.023326]), 0.417022, np.array([271.760969, 834.209256])


def outputs(observations):
    """Return memory for what `jacobian` writes."""
    return np.zeros((observations, 2)), np.zeros((observations, 2, COLUMNS)), np.zeros(observations)


def main():
    """Print the cost, and the norms of the errors and of the Jacobian's values."""
    args = make()
    errors, blocks, by_weight = outputs(len(args[2]))
    irad.jit(jacobian)(*args, errors, blocks, by_weight)
    cost = irad.jit(residuals)(*args)
    print(f"cost {cost:.12g}, errors {np.linalg.norm(errors):.12g}, Jacobian {np.linalg.norm(blocks):.12g}, {blocks.size} values")


if __name__ == "__main__":
    main()
