/** How many tokens a text has, as OpenAI's embedding models count; never an error, whatever the text. */
export type CountTokens = (text: string) => number

/** Longer runs without a break cost the square of their length. */
const longRun = /\S{256}|\s{256}/

/** Loads the tokenizer's table (about 90 ms) when it is first needed. Texts with long unbroken runs count up to 1 % high. */
export async function loadTokenCounter(): Promise<CountTokens> {
  const { countTokens } = await import('gpt-tokenizer/encoding/cl100k_base')
  const options = { disallowedSpecial: new Set<string>() }
  return (text) => {
    if (!longRun.test(text)) return countTokens(text, options)
    let sum = 0
    for (let at = 0; at < text.length; at += 256) sum += countTokens(text.slice(at, at + 256), options)
    return sum
  }
}
