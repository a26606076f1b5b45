#!/bin/sh
# The gate of a deploy job: sh verify.sh TRUST-DIRECTORY REPOSITORY@DIGEST
# It ends with 0 only if the image is verified, and tries again only what may succeed later. The report is report.json.
set -u
trust=$1 target=$2

for attempt in 1 2 3; do
  code=0
  sealwright verify --trust "$trust" -o json "$target" > report.json || code=$?
  case $code in
    0) echo "$target is verified" && exit 0 ;;
    1) echo "not verified: do not deploy. report.json says why" >&2 ;;
    3) echo "could not find out (attempt $attempt of 3)" >&2 && sleep "${RETRY_SECONDS:-20}" && continue ;;
    4) echo "denied: ask the owner of the policy in $trust" >&2 ;;
    5) echo "no access to the registry: check its login" >&2 ;;
    *) echo "the call, the policy or the configuration is wrong: report.json says what" >&2 ;;
  esac
  exit "$code"
done
exit 3
