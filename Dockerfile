# driftd as an image: built in one stage, run in another that holds the program and nothing to build with.
#
#   docker build -t driftd .
#   docker run --rm driftd --help

FROM rust:1.95-slim-bookworm AS build
# librdkafka and OpenSSL are built from source and linked statically: OpenSSL's configuration needs all of perl.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ gcc libc6-dev make perl \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The caches outlive the layer, so that a changed line does not compile the Parquet engine again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package driftd \
    && cp target/release/driftd /usr/local/bin/driftd

FROM debian:bookworm-slim
# Certificates of the public authorities, for brokers, databases and receivers that are reached over TLS.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --home-dir /var/lib/driftd driftd \
    && install --directory --owner=driftd --group=driftd /var/lib/driftd /etc/driftd
COPY --from=build /usr/local/bin/driftd /usr/local/bin/driftd
USER driftd
# A SQLite store with a relative path lands here.
WORKDIR /var/lib/driftd
VOLUME /var/lib/driftd
STOPSIGNAL SIGTERM
# Of no use to containers that run another command than the daemon, which end before it is asked.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=6 \
    CMD ["driftd", "ready", "--config", "/etc/driftd/driftd.toml"]
ENTRYPOINT ["driftd"]
CMD ["run", "--config", "/etc/driftd/driftd.toml"]
