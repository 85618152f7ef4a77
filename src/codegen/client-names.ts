/** Names that no other thing in the file has, as given out in order. */
export interface Names {
  take(wish: string): string
}

export function createNames(): Names {
  const taken = new Set<string>()
  return {
    take(wish) {
      let name = wish
      for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${wish}${count}`
      taken.add(name.toLowerCase())
      return name
    },
  }
}

/** `Whatsapp_Data/{uid}/chats/{phone}` → `WhatsappDataChats`: the collections, in one word. */
export function wordOf(pattern: string, ...more: readonly string[]): string {
  const collections = pattern.split('/').filter((segment) => !segment.startsWith('{'))
  const words = [...collections, ...more].flatMap((text) => text.split(/[^A-Za-z0-9]+/)).filter((word) => word !== '')
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return /^[A-Z]/.test(joined) ? joined : `Data${joined}`
}

export function lowerFirst(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1)
}
