// pg-boss: each job in a transaction of its own, or a whole batch in one with set-based statements.
import { PgBoss } from 'pg-boss'
import pg from 'pg'
import { given, hear, say, url, workMany, workOne, workWithin } from './work.mjs'

const QUEUE = 'bench_work'
// Jobs that are made with one call of insert.
const CHUNK = 10000

const pool = new pg.Pool({ connectionString: url, max: given.connections, pipeline: given.pipeline })
pool.on('error', (error) => { console.error(error); process.exit(1) })
const withClient = async (work) => {
  const client = await pool.connect()
  try { return await work(client) } finally { client.release() }
}

const handlers = {
  // perJobResults has each job acknowledged by itself, as one that fails must be.
  each: (jobs) => Promise.all(jobs.map(async ({ id, data }) => {
    await withClient((client) => workOne(client, data.n))
    return { id, status: 'completed' }
  })),
  set: (jobs) => withClient((client) => workMany(client, jobs.map(({ data }) => data.n))),
  // The job is completed in the transaction of its work.
  within: (jobs, db) => workWithin(db, jobs.map(({ data }) => data.n))
}

// No schedules and no maintenance: nothing but the queue shall run while the clock does.
const boss = new PgBoss({ connectionString: url, max: given.bossConnections, schedule: false, supervise: false })
boss.on('error', (error) => { console.error(error); process.exit(1) })
await boss.start()
await boss.createQueue(QUEUE, given.queue)
for (let first = 1; first <= given.jobs; first += CHUNK) {
  const last = Math.min(first + CHUNK - 1, given.jobs)
  await boss.insert(QUEUE, Array.from({ length: last - first + 1 }, (_, i) => ({ data: { n: first + i } })))
}

say('ready')
await hear('go')
await boss.work(QUEUE, given.work, handlers[given.handler])
say('going')
await hear('stop')
await boss.stop()
await pool.end()
say([])
process.exit(0)
