import { expect, test } from 'vitest'
import { isLoopback } from '../../src/adapter/index.ts'

test.each([
  'localhost',
  'localhost.',
  'app.localhost',
  'a.b.localhost.',
  '127.0.0.1',
  '127.255.1.2',
  '127.1',
  '2130706433',
  '0.0.0.0',
  '0',
  '[::1]',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f12:3456]',
  '[::ffff:0.0.0.0]',
])('%s is this machine', host => {
  expect(isLoopback(new URL(`https://${host}:8443/`))).toBe(true)
})

test.each([
  'localhost.example',
  'notlocalhost',
  '126.0.0.1',
  '128.0.0.1',
  '[::2]',
  '[::ffff:126.0.0.1]',
  '[2001:db8::1]',
  'registry.example',
])('%s is not', host => {
  expect(isLoopback(new URL(`https://${host}:8443/`))).toBe(false)
})
