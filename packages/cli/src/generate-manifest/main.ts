import { runProcess } from '../program/run.ts'
import { dockerWords, generateManifest } from './program.ts'

/** Runs `docker-generatemanifest` in this process: as Docker calls it, or by itself. */
export function main(): Promise<void> {
  const { docker, words } = dockerWords(process.argv.slice(2))
  return runProcess(generateManifest(docker), words)
}
