import { isAbsolute, relative, sep } from 'node:path'

/** With `/` between its parts, relative to `folder` where it lies in it. */
export function fromRoot(file: string, folder: string): string {
  const path = relative(folder, file)
  return path.startsWith('..') || isAbsolute(path) ? file : path.split(sep).join('/')
}
