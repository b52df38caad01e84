"""Example scenes, installed as the package nrender_scenes so that `nrender example` finds them."""
