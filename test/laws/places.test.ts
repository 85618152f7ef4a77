import { tryLaws } from './laws.ts'

await tryLaws('places')
