import { cString, int32, serverMessage } from '../../stores/pglite/server-messages.ts'

/** What a client asks for before it may speak the ordinary protocol. */
export type Opening =
  /** TLS or GSSAPI encryption, which a loopback server does not offer. */
  | { readonly kind: 'encryption' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'startup'; readonly minor: number; readonly parameters: ReadonlyMap<string, string> }

const sslRequest = 80877103
const gssRequest = 80877104
const cancelRequest = 80877102

/** Reads a message without type byte. */
export function parseOpening(bytes: Buffer): Opening {
  if (bytes.length < 8) return { kind: 'unknown' }
  const code = bytes.readInt32BE(4)
  if (code === sslRequest || code === gssRequest) return { kind: 'encryption' }
  if (code === cancelRequest) return { kind: 'cancel' }
  if (code >> 16 !== 3) return { kind: 'unknown' }
  const texts = bytes.toString('utf8', 8).split('\0')
  const parameters = new Map<string, string>()
  for (let at = 0; texts[at] !== undefined && texts[at] !== ''; at += 2)
    parameters.set(texts[at] ?? '', texts[at + 1] ?? '')
  return { kind: 'startup', minor: code & 0xffff, parameters }
}

/** Says that we speak protocol 3.0, to a client that asked for more. */
export function negotiateVersion(parameters: ReadonlyMap<string, string>): Buffer {
  const unknown = [...parameters.keys()].filter((name) => name.startsWith('_pq_.'))
  return serverMessage('v', int32(3 << 16), int32(unknown.length), ...unknown.map(cString))
}

/** The settings among the startup parameters, those given as `-c name=value` or `--name=value` in `options` included. */
export function startupSettings(parameters: ReadonlyMap<string, string>): Map<string, string> {
  const settings = new Map<string, string>()
  const words = (parameters.get('options') ?? '').match(/(?:\\.|[^\s\\])+/g) ?? []
  words.forEach((word, at) => {
    const text = word.replace(/\\(.)/g, '$1')
    const option = words[at - 1] === '-c' ? text : /^(?:-c|--)(?=\w)/.test(text) ? text.replace(/^(?:-c|--)/, '') : ''
    const [, name, value] = /^([\w.-]+)=(.*)$/s.exec(option) ?? []
    if (name !== undefined) settings.set(name.replaceAll('-', '_'), value ?? '')
  })
  for (const [name, value] of parameters) {
    if (!['user', 'database', 'options', 'replication'].includes(name) && !name.startsWith('_pq_.'))
      settings.set(name, value)
  }
  return settings
}
