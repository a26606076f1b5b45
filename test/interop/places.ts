import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { type ArtifactStore, layoutDirectory } from '@sealwright/oci'
import { registry } from '@sealwright/oci-registry'
import { type Image, makeImage, pushImage, putIntoLayout } from '../services/image.ts'
import { scratch } from '../services/scratch.ts'
import type { Server } from '../services/server.ts'

/** One image in a place of its own, as both programs name it. */
export interface Place {
  readonly image: Image
  /** What our libraries are given. */
  readonly artifacts: ArtifactStore
  /** What notation is given, by digest. */
  readonly target: string
  /** The repository that trust policies judge it as. */
  readonly scope: string
  readonly signFlags: readonly string[]
  readonly verifyFlags: readonly string[]
}

export interface LayoutPlace extends Place {
  readonly directory: string
}

export async function inLayout(image: Image = makeImage()): Promise<LayoutPlace> {
  const directory = join(await scratch('layout'), 'layout')
  await putIntoLayout(directory, image, 'v1')
  const scope = 'local/app'
  return {
    image,
    directory,
    scope,
    artifacts: await layoutDirectory(directory),
    target: `${directory}@${image.digest}`,
    signFlags: ['--oci-layout'],
    verifyFlags: ['--oci-layout', '--scope', scope],
  }
}

/** `referrersTag`: what notation is told; beside a referrers API its default, the tag, loses signatures in olareg. */
export async function inRegistry(server: Server, referrersTag: boolean): Promise<Place> {
  const image = makeImage()
  const repository = `app-${randomUUID()}`
  await pushImage(server.url, repository, image, 'v1')
  const scope = `${server.host}/${repository}`
  return {
    image,
    scope,
    artifacts: registry(scope),
    target: `${scope}@${image.digest}`,
    signFlags: [`--force-referrers-tag=${referrersTag}`],
    verifyFlags: [],
  }
}
