# The square example, from a checkout to its report, on the CPU:
#
#   docker build -t inverse-renderer .
#   mkdir -p out
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD/out:/out" inverse-renderer
#
# leaves square.yaml, target.exr and the fit with its report.html in ./out, owned by you.
# Any other command runs in the same way: … inverse-renderer nrender info
#
# The steps are those of the README's "Run it"; tests/test_packaging.py compares them.
FROM python:3.11-slim

WORKDIR /app
COPY . .
ENV PIP_NO_CACHE_DIR=1
RUN python3 -m venv .venv
RUN .venv/bin/pip install .

# Kernels for the CPU that builds the image; another one's are added when it first runs, so any user may write there.
ENV NRENDER_CACHE_DIR=/var/cache/nrender
RUN mkdir -p -m 1777 /var/cache/nrender
RUN .venv/bin/nrender info --warm
RUN chmod -R a+rwX /var/cache/nrender

ENV PATH=/app/.venv/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1
WORKDIR /out
VOLUME ["/out"]
CMD ["sh", "-c", "nrender example square && nrender render square.yaml -o target.exr --spp 256 --set shapes.square.transform.rotate=0,0,0 && nrender optimize square.yaml target.exr -o fit"]
