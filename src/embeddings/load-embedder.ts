import type { Clock } from '../kernel/clock.ts'
import { systemClock } from '../kernel/clock.ts'
import { LockstepError } from '../kernel/errors.ts'
import { fromAiSdk } from './ai-sdk.ts'
import { createCohereEmbedder } from './cohere.ts'
import type { EmbedderConfig, EmbeddersConfig } from './embedder-config.ts'
import type { Embedder, EmbeddingLimits, EmbeddingTerms } from './embedder.ts'
import { createGeminiEmbedder } from './gemini.ts'
import { createLocalEmbedder } from './local-embedder.ts'
import { createOllamaEmbedder } from './ollama.ts'
import { createOpenAiEmbedder } from './openai.ts'
import { createPace } from './pace.ts'
import type { BucketKeeper, EmbeddingPace } from './pace.ts'
import type { ProviderOptions } from './provider-embedder.ts'
import { findKnownModel, knownProviders, providersCheckedOn } from './providers.ts'
import type { KnownProviderName } from './providers.ts'
import { createVoyageEmbedder } from './voyage.ts'

export interface EmbedderContext {
  readonly env: NodeJS.ProcessEnv
  /** Where an account's rate limits are kept; left out, calls are not paced. */
  readonly keeperFor?: ((account: string) => BucketKeeper) | undefined
  readonly clock?: Clock | undefined
}

type Of<Provider extends EmbedderConfig['provider']> = Extract<EmbedderConfig, { readonly provider: Provider }>
type OverHttp = Of<'openai' | 'azure' | 'openai-compatible' | 'cohere' | 'voyage' | 'gemini' | 'ollama'>

/** The embedder of that name. Throws LS-1008 for one that is not configured, lacks its key, or asks what its model has not. */
export function loadEmbedder(embedders: EmbeddersConfig | undefined, name: string, context: EmbedderContext): Embedder {
  const config = Object.hasOwn(embedders ?? {}, name) ? embedders?.[name] : undefined
  if (config === undefined) {
    const names = Object.keys(embedders ?? {})
    throw unusable(name, 'is not configured', {
      hint: names.length === 0 ? 'add a section embedders to lockstep.config.ts' : `use one of: ${names.join(', ')}`,
    })
  }
  return build(config, name, context)
}

function build(config: EmbedderConfig, name: string, context: EmbedderContext): Embedder {
  switch (config.provider) {
    case 'custom':
      return config.embedder
    case 'local':
      return createLocalEmbedder({
        dimensions: config.dimensions,
        ...(config.model === undefined ? {} : { model: config.model }),
      })
    case 'ai-sdk':
      return loadAiSdk(config, context)
    case 'openai':
    case 'azure':
    case 'openai-compatible': {
      const sendsDimensions = 'sendsDimensions' in config ? config.sendsDimensions : undefined
      const apiVersion = 'apiVersion' in config ? config.apiVersion : undefined
      return createOpenAiEmbedder({ ...httpOptions(config, name, context), sendsDimensions, apiVersion })
    }
    case 'cohere':
      return createCohereEmbedder(httpOptions(config, name, context))
    case 'voyage':
      return createVoyageEmbedder(httpOptions(config, name, context))
    case 'gemini':
      return createGeminiEmbedder(httpOptions(config, name, context))
    case 'ollama':
      return createOllamaEmbedder(httpOptions(config, name, context))
  }
}

function loadAiSdk({ model, ...config }: Of<'ai-sdk'>, context: EmbedderContext): Embedder {
  const limits = { itemsPerCall: 96, tokensPerCall: 100_000, ...definedOf(config.limits) }
  return fromAiSdk(model, {
    ...config,
    limits: definedOf(config.limits),
    timeout: milliseconds(config.timeoutSeconds),
    pace: paceFor(`${model.provider} ${model.modelId}`, limits, context),
    clock: context.clock,
  })
}

/** What the dated table knows of the provider; Azure sells OpenAI's models. */
function knownName({ provider }: OverHttp): KnownProviderName | undefined {
  if (provider === 'openai-compatible') return undefined
  return provider === 'azure' ? 'openai' : provider
}

function httpOptions(config: OverHttp, name: string, context: EmbedderContext): ProviderOptions {
  const { provider, model, dimensions, normalise, callsAtOnce } = config
  const known = knownName(config)
  const table = known === undefined ? undefined : knownProviders[known]
  checkDimensions(config, name)
  const baseUrl = resolve(config.baseUrl ?? table?.baseUrl, name, context)?.replace(/\/+$/, '') ?? ''
  const apiKey = keyOf(config, name, context)
  const terms = termsOf(config)
  const makes = normalise ?? table?.normalised === false
  const task = 'task' in config ? config.task : undefined
  return {
    provider,
    model,
    dimensions,
    baseUrl,
    apiKey,
    terms,
    callsAtOnce,
    normalise: makes,
    normalised: makes || table?.normalised === true,
    exactTokens: known === 'openai',
    task: task ?? (table !== undefined && 'task' in table ? table.task : undefined),
    timeout: milliseconds(config.timeoutSeconds),
    pace: paceFor(`${provider} ${model} ${hostOf(baseUrl, name)}`, terms.limits, context),
    clock: context.clock,
  }
}

function keyOf({ provider, apiKey }: OverHttp, name: string, context: EmbedderContext): string | undefined {
  const found = resolve(apiKey, name, context)
  if (found !== undefined || provider === 'ollama' || provider === 'openai-compatible') return found
  throw unusable(name, 'has no key', {
    hint: `set apiKey: { env: 'NAME' }, the variable that holds the key of ${provider}`,
  })
}

/** Limits and price of the dated table, and over them those of the configuration. */
function termsOf(config: OverHttp): EmbeddingTerms {
  const name = knownName(config)
  const model = name === undefined ? undefined : findKnownModel(name, config.model)
  const base: EmbeddingLimits =
    name === undefined ? { itemsPerCall: 128, tokensPerCall: 64_000 } : knownProviders[name].limits
  const free = config.provider === 'ollama' ? 0 : undefined
  return {
    limits: { ...base, ...definedOf(model?.limits), ...definedOf(config.limits) },
    usdPerMillionTokens: config.price ?? model?.usdPerMillionTokens ?? free,
    pricedOn: config.price === undefined && model !== undefined ? providersCheckedOn : undefined,
  }
}

function checkDimensions(config: OverHttp, name: string): void {
  const known = knownName(config)
  const model = known === undefined || config.provider === 'azure' ? undefined : findKnownModel(known, config.model)
  if (model === undefined || config.dimensions === model.dimensions) return
  if (model.shortens && config.dimensions < model.dimensions) return
  if (model.shortens && known === 'voyage' && config.dimensions === 2_048) return
  throw unusable(name, `asks ${config.model} for ${config.dimensions} dimensions`, {
    hint: `${config.model} gives ${model.dimensions}${model.shortens ? ' or fewer' : ' and no other number'}`,
  })
}

function paceFor(
  account: string,
  limits: EmbeddingLimits,
  { keeperFor, clock }: EmbedderContext,
): EmbeddingPace | undefined {
  if (keeperFor === undefined) return undefined
  return createPace({ limits, keeper: keeperFor(`embeddings ${account}`), clock: clock ?? systemClock })
}

function resolve(value: OverHttp['apiKey'], name: string, { env }: EmbedderContext): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  const found = env[value.env]
  if (found !== undefined && found !== '') return found
  throw unusable(name, `needs the variable ${value.env}, which is not set`, { hint: `export ${value.env}=…` })
}

function hostOf(baseUrl: string, name: string): string {
  if (!URL.canParse(baseUrl) || !/^https?:/.test(baseUrl))
    throw unusable(name, 'has a baseUrl that is no http address', { hint: "write it as 'https://host/v1'" })
  return new URL(baseUrl).host
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000
}

function definedOf(
  limits: { readonly [Key in keyof EmbeddingLimits]?: EmbeddingLimits[Key] | undefined } | undefined,
): Partial<EmbeddingLimits> {
  return Object.fromEntries(Object.entries(limits ?? {}).filter(([, value]) => value !== undefined))
}

function unusable(name: string, what: string, details: { readonly hint: string }): LockstepError {
  return new LockstepError('LS-1008', `embedder "${name}" ${what}`, {
    where: { name: `embedders.${name}` },
    ...details,
  })
}
