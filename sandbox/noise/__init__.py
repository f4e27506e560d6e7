"""The only door to OpenDP: how much noise, what it costs, and the one draw that makes a measurement.

rho_of, epsilon_of      ε ⇄ ρ, once per job
calibrate, price        ρ → scales and thresholds → the exact price; no data
measure                 exact integers → noisy integers
threshold_delta         what discovered keys leak
half_width              95 % half-width of one cell
warm                    import OpenDP ahead of the first query
"""

from sandbox.noise.calibrate import calibrate, price
from sandbox.noise.convert import epsilon_of, rho_of
from sandbox.noise.measure import ExactTableInvalid, measure
from sandbox.noise.primitives import warm
from sandbox.noise.threshold import smallest_threshold, threshold_delta
from sandbox.nouns.noise import Noisy, half_width, quantile_steps

__all__ = [
    "ExactTableInvalid",
    "Noisy",
    "calibrate",
    "epsilon_of",
    "half_width",
    "measure",
    "price",
    "quantile_steps",
    "rho_of",
    "smallest_threshold",
    "threshold_delta",
    "warm",
]
