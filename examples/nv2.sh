#!/bin/sh
# The walk of the Notary v2 overview, by the prototype's own commands: from a fresh key to the signature as an artifact in a
# registry, and back.
#
#   sh nv2.sh oci:image:v1 localhost:5000/net-monitor:v1
#
# The image may be wherever docker-generatemanifest finds it; nothing is asked of the registry before the manifest is signed.
set -eu
image=$1 target=$2
name=registry.wabbit-networks.com/net-monitor:v1

# Wabbit Networks makes a key, and a certificate for the name of its registry.
openssl req -x509 -sha256 -nodes -newkey rsa:2048 -days 365 \
  -subj "/CN=registry.wabbit-networks.com/O=wabbit-networks inc/C=US/ST=Washington/L=Seattle" \
  -keyout wabbit-networks.key -out wabbit-networks.crt 2> openssl.log

# It signs the manifest with no registry in sight. As Docker's plug-in: docker generatemanifest "$image"
docker-generatemanifest "$image" > net-monitor_v1-manifest.json
nv2 sign --method x509 -k wabbit-networks.key -r "$name" -o net-monitor.signature.json \
  file:net-monitor_v1-manifest.json
nv2 verify -f net-monitor.signature.json -c wabbit-networks.crt file:net-monitor_v1-manifest.json

# The image goes to a registry, and the signature after it: tag and digest of the image stay as they are.
sealwright copy "$image" "$target" >&2
nv2 push -f net-monitor.signature.json "oci://$target"

# Whoever has the certificate finds the signature beside the image, and verifies it.
nv2 pull -o pulled "oci://$target"
for signature in pulled/*.nv2; do
  nv2 verify -f "$signature" -c wabbit-networks.crt "oci://$target"
done
