import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { VerifiedTarget } from '../../packages/cli/src/verification/document.ts'
import { reportPage } from '../../packages/cli/src/verification/report-page.ts'
import {
  DENIED,
  hostileTarget,
  UNKNOWN,
  UNSIGNED,
  VERIFIED,
} from '../../packages/cli/test/verification/reports.ts'
import { type Chromium, startChromium } from '../services/chromium.ts'
import { npmFile } from '../services/npm-file.ts'
import { run } from '../services/run.ts'
import { scratch } from '../services/scratch.ts'
import { shared } from '../services/shared.ts'
import { need } from '../services/tool.ts'

const timeout = 300_000 // the first run installs the browser

const chromium = shared(startChromium)

const SETS: Readonly<Record<string, readonly VerifiedTarget[]>> = {
  verified: [VERIFIED],
  denied: [DENIED],
  unknown: [UNKNOWN],
  several: [VERIFIED, DENIED, UNKNOWN, UNSIGNED],
  hostile: [
    hostileTarget(
      '"\'><script>document.title="pwned"</script><img src=x onerror=alert(1)><a href=http://x.invalid/>\u202e\u0007',
    ),
    hostileTarget('n'.repeat(1_000_000)),
    hostileTarget('\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627'),
    hostileTarget(`Z${'\u0335\u0489\u0361'.repeat(600)}`),
  ],
}

/** Writes a page where the shots of this run go: to `SEALWRIGHT_SHOTS`, to be looked at, or nowhere that stays. */
async function pageFile(name: string): Promise<string> {
  const file = join(process.env.SEALWRIGHT_SHOTS ?? (await scratch('report')), `${name}.html`)
  await writeFile(file, Buffer.concat([...reportPage(SETS[name]!, { at: new Date(), version: '1.2.3' })]))
  return file
}

async function resize({ call }: Chromium, width: number, scheme: 'light' | 'dark' = 'light'): Promise<void> {
  const mobile = width < 600
  await call('Emulation.setDeviceMetricsOverride', { width, height: 800, deviceScaleFactor: 1, mobile })
  await call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
}

async function evaluated({ call }: Chromium, expression: string): Promise<unknown> {
  const { result, exceptionDetails } = await call('Runtime.evaluate', {
    expression,
    returnByValue: true,
    awaitPromise: true,
  })
  if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description)
  return result.value
}

describe.for(Object.keys(SETS))('the page of a target: %s', { timeout }, name => {
  test('is valid HTML', async context => {
    const validator = need(
      context,
      await npmFile('html-validate', '11.21.1', join('html-validate', 'bin', 'html-validate.mjs')),
    )
    const rules = { extends: ['html-validate:standard', 'html-validate:a11y'] }
    const config = join(await scratch('html-validate'), 'config.json')
    await writeFile(config, JSON.stringify({ root: true, ...rules }))
    const { code, stdout, stderr } = await run(process.execPath, [
      validator,
      '--config',
      config,
      await pageFile(name),
    ])
    expect(stdout + stderr).toBe('')
    expect(code).toBe(0)
  })

  test.for([1280, 400])('fits into %i pixels', async (width, context) => {
    const browser = await chromium(context)
    await resize(browser, width)
    await browser.open(pathToFileURL(await pageFile(name)).href)
    expect(await evaluated(browser, 'document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    await shoot(browser, `${name}-${width}`)
  })

  test.for(['light', 'dark'] as const)(
    'has nothing that axe finds fault with, %s',
    async (scheme, context) => {
      const browser = await chromium(context)
      const axe = need(context, await npmFile('axe-core', '4.14.1', join('axe-core', 'axe.min.js')))
      await resize(browser, 1280, scheme)
      await browser.open(pathToFileURL(await pageFile(name)).href)
      await evaluated(browser, 'document.querySelectorAll("details").forEach(one => { one.open = true })')
      await evaluated(browser, await readFile(axe, 'utf8'))
      const found = await evaluated(
        browser,
        `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].failureSummary))`,
      )
      expect(found).toEqual([])
      if (scheme === 'dark') await shoot(browser, `${name}-dark`)
    },
  )

  test('is printed with all that is folded on the screen', async context => {
    const browser = await chromium(context)
    await resize(browser, 1280)
    await browser.open(pathToFileURL(await pageFile(name)).href)
    const hidden = `[...document.querySelectorAll('details dt, details td')].filter(one => one.getClientRects().length === 0 || !one.checkVisibility({ contentVisibilityAuto: true })).length`
    await browser.call('Emulation.setEmulatedMedia', { media: 'print' })
    expect(await evaluated(browser, 'document.querySelectorAll("details dt, details td").length')).not.toBe(0)
    expect(await evaluated(browser, hidden)).toBe(0)
    const { data } = await browser.call('Page.printToPDF', { preferCSSPageSize: true, printBackground: true })
    const pdf = Buffer.from(data, 'base64')
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    if (process.env.SEALWRIGHT_SHOTS) await writeFile(join(process.env.SEALWRIGHT_SHOTS, `${name}.pdf`), pdf)
  })

  test('sends no request, and runs no script', async context => {
    const browser = await chromium(context)
    const page = await readFile(await pageFile(name))
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url!)
      response.setHeader('content-type', 'text/html; charset=utf-8').end(page)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const began = browser.events.length
      await browser.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/report`)
      const since = browser.events.slice(began)
      const requests = since.filter(({ method }) => method === 'Network.requestWillBeSent')
      expect(requests.map(({ params }) => (params as { request: { url: string } }).request.url)).toEqual([
        expect.stringMatching(/\/report$/),
      ])
      expect(asked).toEqual(['/report'])
      // A violation of the page's policy, or an error, would be logged.
      expect(
        since.filter(({ method }) => /^Log\.entryAdded|exceptionThrown|javascriptDialog/.test(method)),
      ).toEqual([])
      expect(await evaluated(browser, 'document.title')).toMatch(/^Verification report: /)
      expect(await evaluated(browser, 'document.scripts.length + document.images.length')).toBe(0)
      expect(
        await evaluated(
          browser,
          '[...document.links].every(({ hash, href }) => href === location.href.split("#")[0] + hash)',
        ),
      ).toBe(true)
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })
})

test('the policy of the page stops a script that got into it', { timeout }, async context => {
  const browser = await chromium(context)
  const file = await pageFile('verified')
  const page = (await readFile(file, 'utf8')).replace(
    '<main>',
    '<main><script>document.title = "pwned"</script><img src="http://127.0.0.1:9/x" onerror="document.title = \'pwned\'">',
  )
  await writeFile(file, page)
  const began = browser.events.length
  await browser.open(pathToFileURL(file).href)
  expect(await evaluated(browser, 'document.title')).toMatch(/^Verification report: /)
  const blocked = browser.events.slice(began).filter(({ method }) => method === 'Log.entryAdded')
  expect(JSON.stringify(blocked)).toContain('Content Security Policy')
})

/** As much of the page as a picture can have. */
async function shoot(browser: Chromium, name: string): Promise<void> {
  if (process.env.SEALWRIGHT_SHOTS === undefined) return
  const { cssContentSize } = await browser.call('Page.getLayoutMetrics')
  const clip = { ...cssContentSize, height: Math.min(cssContentSize.height, 8000), scale: 1 }
  const { data } = await browser.call('Page.captureScreenshot', { captureBeyondViewport: true, clip })
  await writeFile(join(process.env.SEALWRIGHT_SHOTS, `${name}.png`), Buffer.from(data, 'base64'))
}
