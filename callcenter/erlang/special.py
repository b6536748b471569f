"""The special functions we borrow from scipy, with types: the only place here that names scipy."""

from typing import cast

from scipy import special as _scipy

from callcenter.erlang.array_types import Floats


def gamma_above(shape: Floats, x: Floats) -> Floats:
    """Return the regularised upper incomplete gamma function Q(shape, x)."""
    return cast(Floats, _scipy.gammaincc(shape, x))


def gamma_below(shape: Floats, x: Floats) -> Floats:
    """Return the regularised lower incomplete gamma function P(shape, x)."""
    return cast(Floats, _scipy.gammainc(shape, x))


def log_gamma(x: Floats) -> Floats:
    """Return log Γ(x)."""
    return cast(Floats, _scipy.gammaln(x))


def beta_below(a: Floats, b: Floats, x: Floats) -> Floats:
    """Return the regularised incomplete beta function I_x(a, b)."""
    return cast(Floats, _scipy.betainc(a, b, x))


def normal_below(x: Floats) -> Floats:
    """Return the standard normal distribution function."""
    return cast(Floats, _scipy.ndtr(x))


def normal_quantile(p: Floats) -> Floats:
    """Return the standard normal quantile."""
    return cast(Floats, _scipy.ndtri(p))


def scaled_erfc(x: Floats) -> Floats:
    """Return exp(x²) erfc(x), which does not underflow."""
    return cast(Floats, _scipy.erfcx(x))
