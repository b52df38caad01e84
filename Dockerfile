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
FROM python:3.11-slim AS base

WORKDIR /app
COPY . .
ENV PIP_NO_CACHE_DIR=1
RUN python3 -m venv .venv
RUN .venv/bin/pip install .

ENV NRENDER_CACHE_DIR=/var/cache/nrender
RUN mkdir -p -m 1777 /var/cache/nrender
ENV PATH=/app/.venv/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1
CMD ["sh", "-c", "nrender example square && nrender render square.yaml -o target.exr --spp 256 --set shapes.square.transform.rotate=0,0,0 && nrender optimize square.yaml target.exr -o fit"]

# CUDA's libraries are wheels, the driver is the host's. Kernels are compiled for the GPU that first runs it: keep the
# cache with -v nrender-cache:/var/cache/nrender.
FROM base AS cuda
RUN .venv/bin/pip install '.[cuda]'
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
WORKDIR /out
VOLUME ["/out"]

# Kernels for the CPU that builds the image; another one's are added when it first runs, so any user may write there.
FROM base AS cpu
RUN .venv/bin/nrender info --warm
RUN chmod -R a+rwX /var/cache/nrender
WORKDIR /out
VOLUME ["/out"]
