#!/bin/sh
# What the workspace has once it is made: a built Sealwright, a SoftHSM token, a transit engine.
set -eu
sudo apt-get update
sudo apt-get install --yes --no-install-recommends softhsm2
mkdir -p "$HOME/softhsm"
printf 'directories.tokendir = %s\n' "$HOME/softhsm" > "$HOME/softhsm2.conf"
export SOFTHSM2_CONF="$HOME/softhsm2.conf"
echo "export SOFTHSM2_CONF=$SOFTHSM2_CONF" >> "$HOME/.profile"
softhsm2-util --init-token --free --label development --so-pin 12345678 --pin 1234
npm start
curl --fail --silent --show-error --retry 10 --retry-connrefused --header "X-Vault-Token: $VAULT_TOKEN" \
  --data '{"type":"transit"}' "$VAULT_ADDR/v1/sys/mounts/transit"

cat <<'END'
Ready. For instance:
  npx sealwright key create "pkcs11:token=development;object=release" --name token --type EC-P256
  npx sealwright key create hashivault://release --name vault --type EC-P256
  npx sealwright copy oci:image:v1 127.0.0.1:5000/app:v1
END
