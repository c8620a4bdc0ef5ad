# syntax=docker/dockerfile:1

# Two images from one build: `docker build --target api .` and `docker build --target worker .`. They differ only in what
# they start. docs/operations/deploy.md says how to run them. tools/test/deploy/image.long.test.ts takes the same steps
# without Docker, so RUN uses relative paths only.

ARG NODE_VERSION=20

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /build
ENV CI=true
COPY . .
# Without the workspace `tools`: neither the embedded Postgres nor the fakes come into any layer.
RUN npm ci --include-workspace-root --workspace=@currents/api --workspace=@currents/worker --workspace=@currents/cli --workspace=@currents/console
RUN npm run build -- --exclude=@currents/tools
RUN npm ci --omit=dev --workspace=@currents/api --workspace=@currents/worker --workspace=@currents/cli
RUN mkdir ../production && cp -a --parents package.json $(ls -d node_modules packages/*/package.json packages/*/dist packages/*/migrations packages/*/node_modules apps/api/package.json apps/api/dist apps/api/node_modules apps/worker/package.json apps/worker/dist apps/worker/node_modules apps/cli/package.json apps/cli/bin apps/cli/dist apps/cli/node_modules apps/console/dist 2>/dev/null) ../production
# What is in the image, for scanners. npm lists all of it only where no development dependency is expected.
RUN cd ../production && npm pkg delete devDependencies --workspaces --include-workspace-root && npm sbom --omit=dev --sbom-format=cyclonedx > sbom.cdx.json

FROM node:${NODE_VERSION}-bookworm-slim AS production
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Currents" \
      org.opencontainers.image.description="A self-hosted hub between a messaging platform and product analytics" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production API_HOST=0.0.0.0 API_PORT=4000 WORKER_HOST=0.0.0.0 WORKER_PORT=4001
WORKDIR /hub
COPY --from=build /production ./
# A number, so that Kubernetes can check that it is not root.
USER 1000:1000
STOPSIGNAL SIGTERM

FROM production AS worker
EXPOSE 4001
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WORKER_PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "--min-semi-space-size=16", "--max-semi-space-size=32", "--no-memory-reducer", "--heap-growing-percent=100", "--no-allocation-site-pretenuring", "apps/worker/dist/main.js"]

FROM production AS api
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.API_PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "--min-semi-space-size=16", "--max-semi-space-size=32", "--no-memory-reducer", "--heap-growing-percent=100", "--no-allocation-site-pretenuring", "apps/api/dist/main.js"]
