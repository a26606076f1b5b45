import type { Permission, ReferrerFault, ReferrersState, RegistryAbilities } from '@sealwright/oci-registry'
import { type Check, fault, ok, warning } from './check.ts'

const WORDS: Readonly<Record<ReferrerFault['fault'], string>> = {
  unlisted: 'not listed, so that other programs do not find it',
  gone: 'listed and not there',
  foreign: 'listed, and refers to something else',
  misdescribed: 'listed with what its manifest does not say',
}

/**
 * What was found out about the list that clients keep of the referrers of a manifest.
 *
 * @param options.whose - Which manifest, ` of sha256:…`, if it is not the target itself.
 * @param options.fix - Whether it was tried to mend it.
 */
export function referrersCheck(
  state: ReferrersState,
  { whose, fix }: { readonly whose: string; readonly fix: boolean },
): Check {
  const { tag, referrers, faults, damage, taken, repaired } = state
  const count = `${referrers} found`
  if (taken) {
    return referrers === 0
      ? ok('list', `no list${whose} can be kept here: the registry answers for its tag with the image`)
      : warning(
          'list',
          `${count}${whose}; no list can be kept here, and other programs find none: the registry answers for its tag with the image`,
          'copy the artifact to a registry that lists referrers',
        )
  }
  if (damage === undefined && faults.length === 0)
    return ok('list', `${count}${whose}, and listed as they are`)
  const wrong = [
    ...(damage === undefined ? [] : [`the list under ${tag} cannot be used: ${damage}`]),
    ...said(faults),
  ]
  const found = `${count}${whose}; ${wrong.join('; ')}`
  if (repaired) return ok('list', `mended: ${found}`)
  if (!fix) return fault('list', found, 'run it with --fix')
  return fault(
    'list',
    `not mended: ${found}`,
    damage === undefined
      ? 'run it again when no other process signs'
      : `look at what stands under ${tag}: it is not replaced`,
  )
}

function said(faults: readonly ReferrerFault[]): string[] {
  return Object.entries(WORDS).flatMap(([name, words]) => {
    const of = faults.filter(each => each.fault === name)
    const first = of[0]?.digest
    if (first === undefined) return []
    return [
      `${of.length === 1 ? first : `${of.length} (${first}, …)`} ${of.length === 1 ? 'is' : 'are'} ${words}`,
    ]
  })
}

/** What a registry offers, and to whom. */
export function abilityChecks(abilities: RegistryAbilities): readonly Check[] {
  return [
    ok('login', abilities.login),
    pushCheck(abilities.push),
    referrersByCheck(abilities),
    deleteCheck(abilities.delete),
  ]
}

function pushCheck(push: Permission): Check {
  if (push === 'allowed') return ok('push', 'signatures can be stored')
  return push === 'denied'
    ? warning(
        'push',
        'signatures cannot be stored: the registry denies pushes',
        'log in as a user who may push',
      )
    : warning('push', 'signatures cannot be stored: the registry does not accept uploads')
}

function referrersByCheck({ referrers, listTags }: RegistryAbilities): Check {
  if (referrers === 'api') return ok('referrers', 'listed by the registry (referrers API)')
  const tag = 'listed under a tag that clients keep (no referrers API)'
  return listTags === 'allowed'
    ? ok('referrers', tag)
    : warning(
        'referrers',
        `${tag}, and the tags of the repository are not listed: a signature that another client wrote over is not found`,
        'allow the listing of tags, or sign one at a time',
      )
}

function deleteCheck(permission: Permission): Check {
  switch (permission) {
    case 'allowed':
      return ok('delete', 'signatures can be deleted')
    case 'denied':
      return ok('delete', 'signatures cannot be deleted by us')
    case 'unsupported':
      return ok('delete', 'nothing can be deleted from this registry')
  }
}
