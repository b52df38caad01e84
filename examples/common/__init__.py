"""What the examples with a network share: the network and how it takes a picture, the teapot, and views of it."""
