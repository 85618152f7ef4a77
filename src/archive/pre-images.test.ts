import { promisify } from 'node:util'
import { brotliCompress } from 'node:zlib'
import { expect, it } from 'vitest'
import { valuesByKind } from '../../test/stores/values-by-kind.ts'
import type { PreImage } from '../operations/operation.ts'
import type { Value } from '../stores/documents.ts'
import { packPreImages, unpackPreImages } from './pre-images.ts'

function imageOf(value: Value): PreImage {
  return { name: 'Users/a', before: { values: [[['a'], value]] }, after: [[['a'], value]] }
}

it('keeps a value of each kind, whatever JSON has no word for', async () => {
  const images = Object.values(valuesByKind).map(imageOf)
  const { payload, count } = await packPreImages(images)
  expect(count).toBe(images.length)
  expect(await unpackPreImages(payload)).toEqual(images)
})

it('reads what earlier versions packed, which lost the minus of a zero degree', async () => {
  const image = imageOf({ geoPointValue: { latitude: 0, longitude: -13.4 } })
  expect(await unpackPreImages(await promisify(brotliCompress)(JSON.stringify(image)))).toEqual([image])
})
