"""Arrays and devices: the only package that knows which library computes."""

from skdeep.backend.base import Array, Backend
from skdeep.backend.compute import compute
from skdeep.backend.devices import device_of, get_backend, is_device_array
from skdeep.backend.errors import DeviceError, DeviceMemoryError
from skdeep.backend.inputs import validate_device_array

__all__ = [
    "Array",
    "Backend",
    "DeviceError",
    "DeviceMemoryError",
    "compute",
    "device_of",
    "get_backend",
    "is_device_array",
    "validate_device_array",
]
