import type { Permission, RegistryAbilities } from '@sealwright/oci-registry'
import { type Check, ok, warning } from './check.ts'

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
        'signatures cannot be stored: the registry does not let us',
        'log in as somebody who may',
      )
    : warning('push', 'signatures cannot be stored: the registry takes no uploads')
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
