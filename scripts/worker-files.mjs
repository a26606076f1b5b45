// A plugin of rolldown: a thread that is started from `new URL('./name.ts', import.meta.url)` gets a file of its own,
// `chunks/name.js`, with what it imports, and the URL then leads there from wherever the code that starts it ends up.
import { basename, dirname, join } from 'node:path'

const URL_OF_SOURCE = /new URL\('(\.\/[\w-]+-worker\.ts)', import\.meta\.url\)/g

export const workerFiles = {
  name: 'worker-files',
  transform(code, id) {
    if (!code.includes('-worker.ts')) return undefined
    const replaced = code.replace(URL_OF_SOURCE, (_, source) => {
      const file = join(dirname(id), source)
      const fileName = `chunks/${basename(source, '.ts')}.js`
      const reference = this.emitFile({ type: 'chunk', id: file, fileName })
      return `new URL(import.meta.ROLLUP_FILE_URL_${reference})`
    })
    return replaced === code ? undefined : { code: replaced }
  },
}
