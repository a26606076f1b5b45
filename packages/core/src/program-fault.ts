/** Codes of Node.js for a module that cannot be loaded; their messages name modules and paths. */
const LOADING: ReadonlySet<unknown> = new Set([
  'ERR_MODULE_NOT_FOUND',
  'MODULE_NOT_FOUND',
  'ERR_PACKAGE_PATH_NOT_EXPORTED',
  'ERR_PACKAGE_IMPORT_NOT_DEFINED',
  'ERR_INVALID_PACKAGE_CONFIG',
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_REQUIRE_ESM',
  'ERR_REQUIRE_ASYNC_MODULE',
  'ERR_DLOPEN_FAILED',
])

/**
 * What engines and bundlers say of code, never of data: each text whole, with nothing but names of modules and identifiers
 * in its holes. A SyntaxError of `JSON.parse`, which repeats its input, is none of them.
 */
const ABOUT_CODE: readonly RegExp[] = [
  /^Dynamic require of "[^"\n]{1,200}" is not supported$/,
  /^Unexpected (?:token '[^'\n]{1,20}'|identifier(?: '[\w$]{1,100}')?|strict mode reserved word|end of input)$/,
  /^(?:Cannot use import statement outside a module|await is only valid in async functions.{0,100})$/,
  /^The requested module '[^'\n]{1,200}' does not provide an export named '[\w$]{1,100}'$/,
  /^Named export '[\w$]{1,100}' not found\. The requested module '[^'\n]{1,200}' is a CommonJS module\b/,
  /^(?:\(intermediate value\)|[\w$]+)(?:\.[\w$]+|\[\.\.\.\]|\(\.\.\.\)){0,8} is not (?:a function|a constructor|defined|iterable)$/,
  /^Cannot (?:read|set) properties of (?:undefined|null) \((?:reading|setting) '[\w$]{1,100}'\)$/,
]

const LONGEST = 300

/**
 * The first line of what an error says, where it is a fault of the program or of its installation: a module that cannot be
 * loaded, code that does not parse, a name that is not there. `undefined` for any other error: its text may hold secrets.
 */
export function programFault(error: Error): string | undefined {
  const line = error.message.split('\n', 1)[0]!.slice(0, LONGEST)
  const isKnown =
    LOADING.has((error as { code?: unknown }).code) || ABOUT_CODE.some(pattern => pattern.test(line))
  return isKnown ? line : undefined
}
