/** Where calls of fault management belong: attach(9E) and detach(9E). */
import type { DevInfo } from '../nexus/tree.js';

/** Whether a driver is where it may do this; reports it when it is not. */
export function inEntryPoint(
  rdip: DevInfo,
  call: string,
  phases: readonly ('attach' | 'detach')[],
  clause: string,
): boolean {
  const { current } = rdip.machine.sched;
  const interrupt = current.kind === 'interrupt';
  if (!interrupt && rdip.phase !== null && phases.includes(rdip.phase)) return true;
  const where = phases.map((p) => `${p}(9E)`).join(' or ');
  rdip.machine.report({
    rule: 'CONTEXT',
    clause,
    message: `called ${interrupt ? 'in interrupt context' : 'elsewhere'}; it belongs in ${where}`,
    call,
    values: { dip: rdip.path, level: current.level },
  });
  return false;
}
