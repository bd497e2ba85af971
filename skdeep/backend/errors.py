"""Errors of devices."""


class DeviceError(ValueError):
    """``device=`` names what is not there.

    A ValueError, as scikit-learn raises for any parameter whose value cannot be honoured.
    """


class DeviceMemoryError(MemoryError):
    """The device's memory ran out."""
