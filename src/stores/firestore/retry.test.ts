import { describe, expect, it } from 'vitest'
import { grpcError } from '../../../test/stores/fake-connection.ts'
import { createPatience } from './retry.ts'

describe('createPatience', () => {
  it('gives up after eight failures in a row, with the error itself', async () => {
    const patience = createPatience(0)
    const error = grpcError(14)
    for (let failure = 1; failure < 8; failure++) await patience.wait(error, undefined)
    await expect(patience.wait(error, undefined)).rejects.toBe(error)
  })

  it('starts anew with each progress', async () => {
    const patience = createPatience(0)
    for (let failure = 0; failure < 30; failure++) {
      patience.progress()
      await expect(patience.wait(grpcError(14), undefined)).resolves.toBeUndefined()
    }
  })

  it('does not repeat what will not get better, nor a defect of our own', async () => {
    for (const error of [grpcError(3), grpcError(5), grpcError(7), grpcError(9), new TypeError('x')]) {
      await expect(createPatience(0).wait(error, undefined)).rejects.toBe(error)
    }
  })

  it('stops waiting when it is aborted', async () => {
    const controller = new AbortController()
    const waiting = createPatience(1e9).wait(grpcError(14), controller.signal)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })
})
