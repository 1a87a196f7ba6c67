# driftd as an image: built in one stage, and run from nothing but the program, the libraries it is linked with, and the
# certificates of the public authorities. No shell, no package manager.
#
#   docker build -t driftd .
#   docker run --rm driftd --help
#
# The compiler is named by digest, so that the same sources give the same program; docs/supply.md says how it moves.

ARG RUST=rust:1.95-slim-bookworm@sha256:d7482085ff5b415f84dba5647ae71606650bdef00db7aeb69f4b3d170c3e4082
FROM ${RUST} AS build
# librdkafka and OpenSSL are built from source and linked statically: OpenSSL's configuration needs all of perl.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates g++ gcc libc6-dev make perl \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The caches outlive the layer, so that a changed line does not compile the Parquet engine again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --profile dist --locked --package driftd \
    && cp target/dist/driftd /usr/local/bin/driftd
RUN bash deploy/image-root /usr/local/bin/driftd /root-of-image

FROM scratch
COPY --from=build /root-of-image/ /
USER 10001:10001
# A SQLite store with a relative path lands here.
WORKDIR /var/lib/driftd
VOLUME /var/lib/driftd
STOPSIGNAL SIGTERM
# Of no use to containers that run another command than the daemon, which end before it is asked.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=6 \
    CMD ["driftd", "ready", "--config", "/etc/driftd/driftd.toml"]
ENTRYPOINT ["driftd"]
CMD ["run", "--config", "/etc/driftd/driftd.toml"]
