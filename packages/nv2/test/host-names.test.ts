import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCertificate, parseCertificates } from '@sealwright/x509'
import { expect, it, onTestFinished } from 'vitest'
import { issue } from '../../cli/test/openssl.ts'
import { isForHost } from '../src/host-names.ts'

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
])('a certificate for %s with %s is for %s and not for %s', (subject, extensions, good, bad) => {
  const home = mkdtempSync(join(tmpdir(), 'sealwright-host-names-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  issue(home, 'host', { subject, extensions })
  const [certificate] = parseCertificates(readFileSync(join(home, 'host.crt')), 'host.crt')
  const parsed = parseCertificate(certificate!.der)
  expect([...good, ...bad].filter(host => isForHost(parsed, host))).toEqual(good)
})
