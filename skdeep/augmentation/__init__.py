"""Random changes of images in training, with their targets: what ``augment=`` takes."""

from skdeep.augmentation._erase import Erase
from skdeep.augmentation._flip import Flip
from skdeep.augmentation._pixels import Brightness, Contrast, Noise
from skdeep.augmentation._places import Rotate, Scale, Shift

__all__ = ["Brightness", "Contrast", "Erase", "Flip", "Noise", "Rotate", "Scale", "Shift"]
