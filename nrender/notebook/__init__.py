"""What a notebook shows: pictures of images and scenes, and plots of fits (the extra `plot`)."""

from .picture import Picture, show
from .plots import plot_derivative, plot_history, plot_image, plot_parameters
from .scenes import scene_html

__all__ = ["Picture", "plot_derivative", "plot_history", "plot_image", "plot_parameters", "scene_html", "show"]
