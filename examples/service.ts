// A signing service with several tenants, on loopback: `node examples/service.ts TENANTS IMAGES [PORT]`.
//
// TENANTS has one folder per tenant, as `sealwright init release` makes it with SEALWRIGHT_CONFIG=TENANTS/NAME/config.json and
// SEALWRIGHT_TRUST=TENANTS/NAME/trust, with passphrase.txt and token.txt beside. IMAGES has one image layout per tenant.
// Each tenant is a child container with its own keys, policy and images. Stdout is the audit log.
import 'reflect-metadata'
import { timingSafeEqual } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { type AuditRecord, isSealwrightError, seal } from '@sealwright/core'
import { parseKeyLock } from '@sealwright/keyring'
import { keyringToken, registerKeyring } from '@sealwright/keyring/tsyringe'
import { createVerifier, notaryJws, signArtifact, trustDirectory, type Verifier } from '@sealwright/notary'
import { type ArtifactStore, layoutDirectory } from '@sealwright/oci'
import { fileKeys } from '@sealwright/provider-file'
import { parseCertificates } from '@sealwright/x509'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { container, type DependencyContainer, type InjectionToken } from 'tsyringe'

const artifactsToken: InjectionToken<ArtifactStore> = Symbol('artifacts')
const certificatesToken: InjectionToken<readonly Uint8Array[]> = Symbol('certificates')
const verifierToken: InjectionToken<Verifier> = Symbol('verifier')
const auditToken: InjectionToken<(record: AuditRecord) => Promise<void>> = Symbol('audit')

async function tenantOf(name: string, folder: string, images: string): Promise<DependencyContainer> {
  const tenant = container.createChildContainer()
  registerKeyring(tenant, {
    providers: [
      fileKeys({
        passphrase: async () => (await readFile(join(folder, 'passphrase.txt'), 'utf8')).trimEnd(),
      }),
    ],
    keys: parseKeyLock(await readFile(join(folder, 'keys.lock.json'))),
  })
  const chain = join(folder, 'keys', 'release.crt')
  const certificates = parseCertificates(await readFile(chain), chain).map(({ der }) => der)
  const verifier = await createVerifier({ trust: await trustDirectory(join(folder, 'trust')) })
  tenant.registerInstance(certificatesToken, certificates)
  tenant.registerInstance(verifierToken, verifier)
  tenant.registerInstance(artifactsToken, layoutDirectory(join(images, name)))
  // What is not on record is not released: an audit hook that throws withholds the signature.
  tenant.registerInstance(auditToken, async ({ reference, fingerprint, signature }) => {
    const { requestId } = signature
    console.log(
      JSON.stringify({ time: new Date().toISOString(), tenant: name, reference, fingerprint, requestId }),
    )
  })
  return tenant
}

async function sign(tenant: DependencyContainer, reference: string) {
  const signer = await tenant
    .resolve(keyringToken)
    .signer('release', { algorithm: notaryJws.envelope.algorithmFor, audit: tenant.resolve(auditToken) })
  try {
    const certificates = tenant.resolve(certificatesToken)
    const { subject, signature } = await signArtifact(
      { artifacts: tenant.resolve(artifactsToken) },
      reference,
      notaryJws,
      content =>
        seal(notaryJws.envelope, content, signer, { attributes: { signingTime: new Date() }, certificates }),
    )
    return { subject: subject.digest, signature: signature.digest }
  } finally {
    await signer[Symbol.asyncDispose]()
  }
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const [tenantsFolder = 'tenants', images = 'images', port = '8080'] = process.argv.slice(2)
const tenants = new Map<string, { readonly token: string; readonly container: DependencyContainer }>()
for (const name of await readdir(tenantsFolder)) {
  const folder = join(tenantsFolder, name)
  const token = (await readFile(join(folder, 'token.txt'), 'utf8')).trim()
  if (token.length < 16) throw new Error(`${folder}/token.txt needs at least 16 characters`)
  tenants.set(name, { token, container: await tenantOf(name, folder, images) })
}

/** The tenant of a request, when its token is the tenant's. */
function authorized(context: Context): DependencyContainer | undefined {
  const tenant = tenants.get(context.req.param('tenant') ?? '')
  const given = context.req.header('authorization')?.replace(/^Bearer /, '') ?? ''
  return tenant !== undefined && isEqual(given, tenant.token) ? tenant.container : undefined
}

async function close(): Promise<void> {
  for (const { container } of tenants.values()) await container.resolve(keyringToken)[Symbol.asyncDispose]()
}

const app = new Hono()
app.use(bodyLimit({ maxSize: 4096, onError: context => context.json({ error: 'VALIDATION' }, 413) }))
app.onError((error, context) => {
  if (!isSealwrightError(error)) return context.json({ error: 'INTERNAL' }, 500)
  const { code, message, why, fix } = error
  return context.json({ error: code, message, why, fix }, error.retryable ? 503 : 422)
})
app.post('/:tenant/sign', async context => {
  const tenant = authorized(context)
  if (tenant === undefined) return context.json({ error: 'UNAUTHENTICATED' }, 401)
  return context.json(await sign(tenant, await context.req.text()))
})
app.post('/:tenant/verify', async context => {
  const tenant = authorized(context)
  if (tenant === undefined) return context.json({ error: 'UNAUTHENTICATED' }, 401)
  const request = {
    artifacts: tenant.resolve<ArtifactStore>(artifactsToken),
    reference: await context.req.text(),
    scope: `registry.example/${context.req.param('tenant')}/app`,
  }
  const { verdict, resolved, reason } = await tenant
    .resolve<Verifier>(verifierToken)
    .verify(request, { timeoutMs: 8_000 })
  return context.json({ verdict, resolved, reason })
})

const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(port) }, ({ port }) => {
  console.error(`listening on http://127.0.0.1:${port}`)
})
process.once('SIGTERM', () => server.close(close))
