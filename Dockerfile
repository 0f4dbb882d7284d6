# The images of Tenon: `operator` and `runner`. `npm run images` prepares what is copied here, and builds both.
# Nothing runs while they are built, and nothing that is copied depends on the processor.

# Any image with Node 26 on its PATH (or where distroless has it). It needs no shell, no npm, no CA certificates.
ARG NODE_IMAGE=docker.io/library/node:26-bookworm-slim

FROM ${NODE_IMAGE} AS base
ENV PATH=/usr/local/bin:/nodejs/bin:/usr/bin:/bin NODE_ENV=production
WORKDIR /
USER 65532:65532
STOPSIGNAL SIGTERM
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.vendor="Tenon" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"

FROM base AS operator
LABEL org.opencontainers.image.title="tenon-operator" \
      org.opencontainers.image.description="Wires WebAssembly components into one, and runs it on Kubernetes"
COPY .cache/images/context/operator /opt/tenon
EXPOSE 8080 8443
ENTRYPOINT ["node", "/opt/tenon/operator/main.js"]
CMD []

FROM base AS runner
LABEL org.opencontainers.image.title="tenon-runner" \
      org.opencontainers.image.description="Serves one composition of WebAssembly components"
COPY .cache/images/context/runner /opt/tenon
EXPOSE 8080 9090
ENTRYPOINT ["node", "/opt/tenon/runner/main.js"]
CMD []
