# The sandbox in a container; deploy/compose.yaml and deploy/kubernetes run it. docs/deployment.md tells the rest.
#   docker build --tag data-sandbox .
#   docker run --rm --shm-size=2g --security-opt seccomp=deploy/seccomp.json data-sandbox doctor
# Pin the base by its digest in your own build: --build-arg BASE=debian:12-slim@sha256:…
ARG BASE=debian:12-slim

FROM ${BASE} AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY sandbox sandbox
COPY connectors connectors
COPY policies policies
RUN python3 -m venv /opt/sandbox \
 && /opt/sandbox/bin/pip install --no-cache-dir ".[postgresql]" \
 && /opt/sandbox/bin/pip uninstall --yes setuptools pip

FROM ${BASE}
LABEL org.opencontainers.image.title="Data Sandbox 数据沙箱" \
      org.opencontainers.image.description="SQL in, noisy aggregates out, every disclosure on a log" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 bubblewrap \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 sandbox \
 && install --directory --owner=sandbox --group=sandbox --mode=0700 /home/sandbox/data
COPY --from=build /opt/sandbox /opt/sandbox
COPY deploy/healthcheck.py /opt/sandbox/healthcheck.py
ENV PATH=/opt/sandbox/bin:$PATH SANDBOX_HOME=/home/sandbox/data PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /home/sandbox
VOLUME /home/sandbox/data
EXPOSE 8470
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python3", "-I", "/opt/sandbox/healthcheck.py"]
ENTRYPOINT ["sandbox"]
CMD ["serve"]
