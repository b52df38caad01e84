# The square example, from a checkout to its report, on the CPU:
#
#   docker build -t inverse-renderer .
#   mkdir -p out
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD/out:/out" inverse-renderer
#
# leaves square.yaml, target.exr and the fit with its report.html in ./out, owned by you.
# Any other command runs in the same way: … inverse-renderer nrender info
#
# On a GPU, with NVIDIA's container toolkit:
#
#   docker build --target cuda -t inverse-renderer-cuda .
#   docker run --rm --gpus all --user … -v "$PWD/out:/out" inverse-renderer-cuda
#
# The steps are those of the README's "Run it"; tests/test_packaging.py compares them.
FROM python:3.11-slim-bookworm AS build

WORKDIR /app
COPY . .
# Known versions: constraints.txt.
ENV PIP_NO_CACHE_DIR=1 PIP_CONSTRAINT=/app/constraints.txt
RUN python3 -m venv .venv
RUN .venv/bin/pip install .

# CUDA's libraries are wheels, the driver is the host's.
FROM build AS build-cuda
RUN .venv/bin/pip install '.[cuda]'

# What is installed, without what it was built from.
FROM python:3.11-slim-bookworm AS base
LABEL org.opencontainers.image.title="nrender" \
      org.opencontainers.image.description="A differentiable path tracer: scene parameters from images" \
      org.opencontainers.image.licenses="MIT"
# Any user may write there: `docker run --user` says which, and without it, it is one who isn't root.
RUN mkdir -p -m 1777 /var/cache/nrender /out
ENV NRENDER_CACHE_DIR=/var/cache/nrender
ENV PATH=/app/.venv/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1
CMD ["sh", "-c", "nrender example square && nrender render square.yaml -o target.exr --spp 256 --set shapes.square.transform.rotate=0,0,0 && nrender optimize square.yaml target.exr -o fit"]

# Kernels are compiled for the GPU that first runs it: keep the cache with -v nrender-cache:/var/cache/nrender.
FROM base AS cuda
COPY --from=build-cuda /app/.venv /app/.venv
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
WORKDIR /out
VOLUME ["/out"]
USER 1000:1000

# Kernels for the CPU that builds the image; another one's are added when it first runs.
FROM base AS cpu
WORKDIR /app
COPY --from=build /app/.venv /app/.venv
RUN umask 0 && .venv/bin/nrender info --warm
WORKDIR /out
VOLUME ["/out"]
USER 1000:1000
