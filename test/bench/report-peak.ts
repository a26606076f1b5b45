import { writeFileSync } from 'node:fs'

// Loaded before the program: when it ends, writes the peak of its resident memory, in bytes, where PEAK_FILE says.
process.once('exit', () => {
  writeFileSync(process.env.PEAK_FILE!, String(process.resourceUsage().maxRSS * 1024))
})
