/**
 * Runs instrumented examples, one after the other, in a process of their own:
 * `tsx test/doc-examples-child.ts JOB.json`. JOB.json.out gets a line for each.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { format } from 'node:util';
import { pathToFileURL } from 'node:url';
import { agrees, shown } from './doc-examples-compare.js';
import { guard } from './guard.js';

/** What the parent wants run. */
export interface Job {
  readonly guarded: readonly string[];
  readonly examples: readonly {
    readonly path: string;
    readonly claims: readonly string[];
  }[];
}

/** What is wrong with one claim of one example; `claim` is missing when it is the whole example. */
export interface Complaint {
  readonly claim?: number;
  readonly message: string;
}

/** An error and the frames of the project, without those that brought it here. */
function brief(e: Error): string {
  const frames = (e.stack ?? '').split('\n').filter((l) => /^ +at .*\/(src|\.cache)\//.test(l));
  return [String(e), ...frames].join('\n');
}

const jobFile = process.argv[2];
if (jobFile === undefined) throw new Error('usage: doc-examples-child.ts JOB.json');
const job = JSON.parse(readFileSync(jobFile, 'utf8')) as Job;
guard(job.guarded);

for (const { path, claims } of job.examples) {
  const complaints: Complaint[] = [];
  const seen = new Set<number>();
  const judge = (claim: number, agree: boolean, value: () => string): void => {
    seen.add(claim);
    if (agree) return;
    complaints.push({
      claim,
      message: `says ${claims[claim] ?? ''}, is ${value()}`,
    });
  };
  Object.assign(globalThis, {
    __show(n: number, value: unknown) {
      judge(n, agrees(claims[n] ?? '', value), () => shown(value));
    },
    __log(n: number) {
      return (...args: unknown[]) => {
        const text = format(...args);
        judge(n, text === claims[n], () => text);
      };
    },
  });
  try {
    await import(pathToFileURL(path).href);
  } catch (e) {
    complaints.push({ message: `throws ${e instanceof Error ? brief(e) : shown(e)}` });
  }
  claims.forEach((_, claim) => {
    // Behind a throw the rest did not run, of course.
    if (seen.has(claim) || complaints.some((c) => c.claim === undefined)) return;
    complaints.push({ claim, message: 'this line never ran' });
  });
  appendFileSync(`${jobFile}.out`, `${JSON.stringify(complaints)}\n`);
}
// An example may leave a timer behind; nobody waits for it.
process.exit(0);
