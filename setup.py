"""Where the packages lie: passes/ and runtime/ stand beside irad/ in the checkout and install inside it."""

from setuptools import find_packages, setup

HOMES = {"irad": "irad", "irad.passes": "passes", "irad.runtime": "runtime"}

setup(
    package_dir=HOMES,
    packages=[*HOMES, *(f"{name}.{package}" for name, home in HOMES.items() for package in find_packages(home))],
)
