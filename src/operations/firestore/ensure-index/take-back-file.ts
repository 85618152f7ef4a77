import type { FieldIndex } from '../../../stores/indexes.ts'
import { sameIndexes, takenBack } from './index-entries.ts'
import {
  edited,
  fieldIndexesIn,
  hasList,
  overrideIn,
  parseIndexFile,
  positionIn,
  resembles,
  withOverride,
  withoutEmptyList,
  withoutEntry,
} from './index-file-text.ts'
import type { Wanted } from './index-spec.ts'

/** The file's text before our change, and what we made of it. */
export interface FileImage {
  readonly before: string | undefined
  readonly after: string | undefined
}

export interface TakenBack {
  readonly text: string | undefined
  /** What stays as others left it, in words; undefined where nothing does. */
  readonly kept: string | undefined
}

/**
 * The file without what we added. A file that nobody touched since is as before, to the byte; else only what we added
 * goes, as far as it still is as we wrote it.
 */
export function takeBackFile(now: string | undefined, image: FileImage, file: string, wanted: Wanted): TakenBack {
  if (now === image.after) return { text: image.before, kept: undefined }
  if (now === undefined || now === image.before) return { text: now, kept: undefined }
  const back = wanted.kind === 'composite' ? backOfIndex(now, file, wanted) : backOfField(now, image, file, wanted)
  return { ...back, text: emptied(back.text, image, file) }
}

function backOfIndex(now: string, file: string, wanted: Wanted & { readonly kind: 'composite' }) {
  const parsed = parseIndexFile(now, file)
  const position = positionIn(parsed, wanted)
  if (position >= 0) {
    return { text: edited(now, (body) => withoutEntry(body, file, 'indexes', position)), kept: undefined }
  }
  const kept = resembles(parsed, wanted) ? `others changed the index of ${wanted.index.group}, so it stays` : undefined
  return { text: now, kept }
}

function backOfField(now: string, image: FileImage, file: string, wanted: Wanted & { readonly kind: 'field' }) {
  const found = overrideIn(parseIndexFile(now, file), wanted)
  if (found === undefined) return { text: now, kept: undefined }
  const own = image.before === undefined ? undefined : overrideIn(parseIndexFile(image.before, file), wanted)
  const before = indexesIn(image.before, file, wanted)
  const target = takenBack({ before, after: indexesIn(image.after, file, wanted) }, found.indexes)
  if (own === undefined && !found.more && sameIndexes(target, before)) {
    return { text: edited(now, (body) => withoutEntry(body, file, 'fieldOverrides', found.position)), kept: undefined }
  }
  return {
    text: edited(now, (body) => withOverride(body, file, wanted, target)),
    kept: own === undefined ? `others changed the override of ${wanted.group}.${wanted.path}, so it stays` : undefined,
  }
}

function indexesIn(text: string | undefined, file: string, wanted: Wanted & { readonly kind: 'field' }) {
  const parsed = parseIndexFile(text ?? '{}', file)
  const found: readonly FieldIndex[] = fieldIndexesIn(parsed, wanted)
  return found
}

/** Lists that we made go when they are empty, and the file, where there was none, when it says nothing. */
function emptied(now: string, { before }: FileImage, file: string): string | undefined {
  const parsed = before === undefined ? undefined : parseIndexFile(before, file)
  let text = now
  for (const list of ['indexes', 'fieldOverrides'] as const) {
    if (parsed !== undefined && !hasList(parsed, list))
      text = edited(text, (body) => withoutEmptyList(body, file, list))
  }
  const { document } = parseIndexFile(text, file)
  const says = (document.root.children ?? []).some((property) => (property.children?.[1]?.children ?? []).length > 0)
  return before === undefined && !says ? undefined : text
}
