export type {
  ChangingKey,
  Damage,
  FaultHooks,
  HarnessKey,
  ProviderHarness,
  Redirection,
  Restore,
  SignFaultHooks,
  Spelling,
  WrongPin,
} from './harness.ts'
export type { ProviderCase } from './provider-case.ts'
export { providerCases } from './provider-cases.ts'
