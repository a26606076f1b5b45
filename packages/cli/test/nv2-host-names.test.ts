import { readFileSync } from 'node:fs'
import { parseCertificate, parseCertificates } from '@sealwright/x509'
import { expect, it } from 'vitest'
import { isForHost } from '../src/nv2/host-names.ts'
import { issue } from './openssl.ts'
import { program } from './program.ts'

/** Verdicts of Go 1.14's `VerifyHostname`, the last one that knew common names. */
it.each([
  [
    '/CN=registry.example',
    [],
    ['registry.example', 'REGISTRY.example', 'registry.example.'],
    ['example', 'a.registry.example'],
  ],
  ['/CN=*.example', [], ['registry.example'], ['a.registry.example', 'example']],
  ['/CN=localhost:5000', [], ['localhost:5000'], ['localhost', 'localhost:5001']],
  ['/CN=not a host', [], [], ['not a host']],
  ['/CN=a.example/CN=b.example', [], [], ['a.example', 'b.example']],
  ['/CN=127.0.0.1', [], [], ['127.0.0.1']],
  ['/CN=registry.example', ['subjectAltName=DNS:other.example'], ['other.example'], ['registry.example']],
  ['/CN=registry.example', ['subjectAltName=email:a@example'], [], ['registry.example']],
  [
    '/O=x',
    ['subjectAltName=DNS:*.example,DNS:localhost'],
    ['a.example', 'localhost'],
    ['b.a.example', '.example'],
  ],
  [
    '/O=x',
    ['subjectAltName=IP:127.0.0.1,IP:::1'],
    ['127.0.0.1', '[::1]'],
    ['127.0.0.1:5000', '127.0.0.2', '::2'],
  ],
])('a certificate for %s with %s is for %s and not for %s', async (subject, extensions, good, bad) => {
  const { home, path } = await program()
  issue(home, 'host', { subject, extensions })
  const [certificate] = parseCertificates(readFileSync(path('host.crt')), 'host.crt')
  const parsed = parseCertificate(certificate!.der)
  expect([...good, ...bad].filter(host => isForHost(parsed, host))).toEqual(good)
})
