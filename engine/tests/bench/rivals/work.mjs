// The work of a job, the same in every arm, and how the bench talks with a rival: it prints lines of JSON, and is told
// on its standard input.
import { createInterface } from 'node:readline'

const [connectionString, settings] = process.argv.slice(2)

export const url = connectionString
export const given = JSON.parse(settings)

export const say = (line) => process.stdout.write(JSON.stringify(line) + '\n')

const told = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

// Waits for this word. The end of the input is the end of the bench.
export async function hear(word) {
  const { value, done } = await told.next()
  if (done) process.exit(0)
  if (value !== word) throw new Error(`heard ${value} and not ${word}`)
}

// Statements with a name are parsed once on each connection.
const ONE = [
  { name: 'company', text: "UPDATE bench.companies SET state = 'worked', touched = touched + 1 WHERE id = $1::BIGINT" },
  { name: 'contact', text: "INSERT INTO bench.contacts (company_id, email) VALUES ($1::BIGINT, 'office@' || $1::BIGINT || '.example')" },
  { name: 'audit', text: "INSERT INTO bench.audit (company_id, action) VALUES ($1::BIGINT, 'worked')" }
]

const MANY = [
  { name: 'companies', text: "UPDATE bench.companies SET state = 'worked', touched = touched + 1 WHERE id = ANY($1::BIGINT[])" },
  { name: 'contacts', text: "INSERT INTO bench.contacts (company_id, email) SELECT n, 'office@' || n || '.example' FROM unnest($1::BIGINT[]) AS n" },
  { name: 'audits', text: "INSERT INTO bench.audit (company_id, action) SELECT n, 'worked' FROM unnest($1::BIGINT[]) AS n" }
]

const transaction = async (client, statements, value) => {
  await client.query('BEGIN')
  try {
    for (const statement of statements) await client.query({ ...statement, values: [value] })
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}

// A transaction sent at once, its answers awaited together: on a connection with pg's option `pipeline`.
const pipelined = async (client, statements, value) => {
  await Promise.all([
    client.query('BEGIN'),
    ...statements.map((statement) => client.query({ ...statement, values: [value] })),
    client.query('COMMIT')
  ])
}

const run = given.pipeline ? pipelined : transaction
export const workOne = (client, n) => run(client, ONE, n)
export const workMany = (client, ns) => run(client, MANY, ns)

// The same in a transaction that the rival has begun and will commit.
export const workWithin = async (db, ns) => {
  const [statements, value] = ns.length === 1 ? [ONE, ns[0]] : [MANY, ns]
  for (const { text } of statements) await db.executeSql(text, [value])
}
