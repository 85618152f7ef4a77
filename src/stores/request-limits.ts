/** What one request of writes holds. Production takes 10 MiB, the emulator's gRPC server 4; headers and framing have room. */
export const requestLimits = Object.freeze({ writes: 500, production: 9.5 * 1024 * 1024, emulator: 3.5 * 1024 * 1024 })
