type Environment = Readonly<Record<string, string | undefined>>

/** What programs need to run, to find their files, to reach a keychain, an agent, or the network. */
const COMMON =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|PWD|LANG|LANGUAGE|LC_.*|TZ|TERM|TEMP|TMP(?:DIR)?|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|XDG_.*|DBUS_SESSION_BUS_ADDRESS|SSH_AUTH_SOCK|GNUPGHOME|GPG_TTY|GPG_AGENT_INFO|PASSWORD_STORE_.*|DOCKER_CONFIG|REGISTRY_AUTH_FILE|SSL_CERT_FILE|SSL_CERT_DIR|HTTPS?_PROXY|NO_PROXY|ALL_PROXY|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERNAME|USERDOMAIN|USERPROFILE|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES.*|COMPUTERNAME|WSLENV|WSL_.*)$/i

/** Families of variables that hold somebody's secrets; each goes to its own helpers. */
const FAMILIES: Readonly<Record<string, RegExp>> = {
  aws: /^(?:AWS_|ECR_)/i,
  azure: /^(?:AZURE_|ACR_|ARM_|IDENTITY_|IMDS_|MSI_)/i,
  google: /^(?:GOOGLE_|CLOUDSDK_|GCLOUD_|GCE_|GCP_|GCR_|CLOUD_SDK_)/i,
  github: /^(?:GITHUB_|GH_|ACTIONS_)/i,
  gitlab: /^(?:GITLAB_|CI_)/i,
  vault: /^(?:VAULT_|BAO_)/i,
  others: /^(?:SEALWRIGHT_|NOTATION_|COSIGN_|SIGSTORE_|PKCS11_|TRANSIT_|NPM_|NODE_AUTH_)/i,
}

/** Helpers whose name does not begin with that of a family. */
const OWNERS: readonly (readonly [RegExp, keyof typeof FAMILIES])[] = [
  [/^(?:ecr|aws)/i, 'aws'],
  [/^(?:acr|azure|az)(?:-|$)/i, 'azure'],
  [/^(?:gcr|gcloud|gcp|google|garcr|gar)(?:-|$)/i, 'google'],
  [/^(?:ghcr|github|gh)(?:-|$)/i, 'github'],
  [/^gitlab(?:-|$)/i, 'gitlab'],
  [/^(?:vault|bao)(?:-|$)/i, 'vault'],
]

/** These keep secrets on this machine, and need nothing from the environment but to find it. */
const KEYCHAINS = /^(?:desktop|osxkeychain|wincred|secretservice|pass|keychain)(?:\.exe)?$/i

const SECRET =
  /PASS(?:WORD|PHRASE|WD)|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|(?:^|_)(?:PIN|KEY|AUTH|JWT|PAT)(?:_|$)/i

/**
 * Returns the variables that a credential helper, or another program of that name, is started with. Keychains get what every program needs. A cloud's helper
 * (`ecr-login`, `gcr`, `gcloud`, `acr-env`, …) gets its cloud's variables as well. Any other helper gets those whose names
 * begin with its own, and all that are nobody's secret: none of ours, of a cloud, or with a name like a secret's.
 */
export function helperEnvironment(name: string, env: Environment = process.env): Record<string, string> {
  const owner = OWNERS.find(([pattern]) => pattern.test(name))?.[1]
  const prefix = `${name.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()}_`
  const passes = (variable: string): boolean => {
    if (COMMON.test(variable)) return true
    if (KEYCHAINS.test(name)) return false
    if (owner !== undefined) return FAMILIES[owner]!.test(variable)
    if (variable.toUpperCase().startsWith(prefix)) return true
    return !SECRET.test(variable) && !Object.values(FAMILIES).some(family => family.test(variable))
  }
  const passed = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && passes(entry[0]),
  )
  return Object.fromEntries(passed)
}
