import { runProcess } from '../frame/run-process.ts'
import { parseTool } from '../tool/parse-tool.ts'
import { dockerWords } from './docker-words.ts'
import { generateManifestTool } from './tool.ts'

/** Runs `docker-generatemanifest` in this process: as Docker calls it, or by itself. */
export function main(): Promise<void> {
  return runProcess((argv, io) => {
    const { docker, words } = dockerWords(argv)
    return parseTool(generateManifestTool(docker), words, io)
  })
}
