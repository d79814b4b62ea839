// One psql session that stays open, as a person at a terminal has it.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const END = '--answer-ends--';

export class Psql {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(url: string) {
    this.child = spawn('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', url], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /** Runs statements, each committed by itself, and returns the lines that they print. */
  async run(sql: string): Promise<string[]> {
    this.child.stdin!.write(`${sql};\n\\echo ${END}\n`);
    const answer: string[] = [];
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) throw new Error(`psql has ended in: ${sql}`);
      if (value === END) return answer;
      answer.push(value);
    }
  }

  async number(sql: string): Promise<number> {
    return Number((await this.run(sql))[0]);
  }

  close(): void {
    this.child.stdin!.end();
  }
}
