# The sandbox in a container. Its engines need room for unsealed data in memory, and a jail:
#   docker build -t data-sandbox .
#   docker run --rm --shm-size=2g data-sandbox demo
# Under a container engine's default profile namespaces are barred and tier B of the jail is used;
# `docker run --rm data-sandbox doctor` tells. Keys and sealed files are in /home/sandbox/data: mount a volume.

FROM debian:13-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY sandbox sandbox
COPY connectors connectors
COPY policies policies
RUN python3 -m venv /opt/sandbox \
 && /opt/sandbox/bin/pip install --no-cache-dir . \
 && /opt/sandbox/bin/pip uninstall --yes pip

FROM debian:13-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 bubblewrap \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 sandbox \
 && install --directory --owner=sandbox --group=sandbox --mode=0700 /home/sandbox/data
COPY --from=build /opt/sandbox /opt/sandbox
ENV PATH=/opt/sandbox/bin:$PATH SANDBOX_HOME=/home/sandbox/data PYTHONDONTWRITEBYTECODE=1
USER sandbox
WORKDIR /home/sandbox
VOLUME /home/sandbox/data
ENTRYPOINT ["sandbox"]
CMD ["--help"]
