# The command line with the key stores that are services: Node, JavaScript, and nothing else to run.
#   docker build --tag sealwright .
#   docker run --rm --read-only --volume "$PWD/trust:/trust:ro" sealwright verify --trust /trust registry.example/app:v1

FROM node:24-bookworm-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df AS build
WORKDIR /src
COPY . .
# Installed as from the registry; PKCS#11 tokens need a library of their maker, and so an image of their own. The Node is the
# one that the lockfile names and the tests ran on.
RUN npm run pack && npm install --prefix /app --no-audit --no-fund --ignore-scripts \
  ./tarballs/sealwright-[0-9]*.tgz \
  ./tarballs/sealwright-core-*.tgz \
  ./tarballs/sealwright-provider-aws-kms-*.tgz \
  ./tarballs/sealwright-provider-azure-key-vault-*.tgz \
  ./tarballs/sealwright-provider-gcp-kms-*.tgz \
  ./tarballs/sealwright-provider-hashicorp-vault-*.tgz \
  && cp "$(readlink -f node_modules/node/bin/node)" /app/node

FROM gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f
COPY --from=build /app /app
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/app/node", "/app/node_modules/sealwright/bin/sealwright.js"]
CMD ["help"]
