// graphile-worker, tuned for throughput as https://worker.graphile.org/docs/performance has it: a local queue, and
// completions in batches.
import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import pg from 'pg'
import { given, hear, say, url, workOne } from './work.mjs'

// Jobs that are made with one call of add_jobs.
const CHUNK = 10000

const starts = []
const tasks = {
  // First thing, so that nothing of what follows counts.
  bench_latency: ({ n }) => { starts.push([n, Math.round((performance.timeOrigin + performance.now()) * 1000)]) },
  bench_work: ({ n }, { withPgClient }) => withPgClient((client) => workOne(client, n))
}

const pool = new pg.Pool({ connectionString: url, max: given.worker.maxPoolSize, pipeline: given.pipeline })
const fail = (error) => { console.error(error); process.exit(1) }
pool.on('error', fail)
pool.on('connect', (client) => client.on('error', fail))

const options = {
  pgPool: pool,
  logger: new Logger(() => (level, message) => { if (level === 'error') console.error(message) }),
  noHandleSignals: true
}

const utils = await makeWorkerUtils({ pgPool: pool, logger: options.logger })
await utils.migrate()
for (let first = 1; first <= given.jobs; first += CHUNK) {
  const last = Math.min(first + CHUNK - 1, given.jobs)
  await utils.addJobs(Array.from({ length: last - first + 1 }, (_, i) => ({ identifier: 'bench_work', payload: { n: first + i } })))
}
await utils.release()

say('ready')
await hear('go')
const runner = await run({ ...options, preset: { worker: given.worker }, taskList: tasks })
say('going')
await hear('stop')
await runner.stop()
say(starts)
process.exit(0)
