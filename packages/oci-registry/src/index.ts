export { checkLogin } from './auth/check-login.ts'
export {
  type Credential,
  type CredentialRequest,
  type CredentialSource,
  credentialFor,
} from './credentials/credential.ts'
export { type DockerCredentialsOptions, dockerCredentials } from './credentials/docker-credentials.ts'
export {
  type DockerLoginOptions,
  forgetDockerLogin,
  type KeptLogin,
  keepDockerLogin,
} from './credentials/docker-login.ts'
export { helperEnvironment } from './credentials/helper-environment.ts'
export { programPath } from './credentials/program-path.ts'
export {
  type ExaminableStore,
  examineRegistry,
  isExaminable,
  type Permission,
  type RegistryAbilities,
} from './examine-registry.ts'
export { httpFetch } from './http/http-fetch.ts'
export type { HttpFetchOptions, TlsSettings } from './http/send-by-http.ts'
export { listedSubjects } from './referrers/listed-subjects.ts'
export type { ReferrerFault, ReferrersState, RepairOptions } from './referrers/referrers-repair.ts'
export { isRepairable, type RepairableStore, repairReferrers } from './referrers/repair-referrers.ts'
export { type RegistryOptions, registry } from './registry.ts'
