/**
 * Bad input: the page's code, a finding or a panic; and nothing half done.
 *
 * So it is in rule book `contract`. A kernel may take what it should refuse, and lose what it took;
 * what it may not do either is end in an error of ours.
 */
import { describe, expect, it } from 'vitest';
import { modelLaboratory, modelSystems } from '../../src/conformance/model.js';
import type { Sut } from '../../src/conformance/sut.js';
import { discard } from '../../src/sys/result.js';
import { badAccessCases } from './bad-access.js';
import { badDmaCases } from './bad-dma.js';
import { badFamilyCases } from './bad-families.js';
import { badIoCases } from './bad-io.js';
import { stageOf, type BadCase, type Stage } from './bad-values.js';

const badCases = [...badDmaCases, ...badAccessCases, ...badFamilyCases, ...badIoCases];

/** Codes each call can fail with, from its page. */
const bindCodes = ['INUSE', 'NORESOURCES', 'NOMAPPING', 'TOOBIG'].map((code) => `DDI_DMA_${code}`);
const pageCodes: Readonly<Record<string, readonly string[]>> = {
  ddi_dma_alloc_handle: ['DDI_DMA_BADATTR', 'DDI_DMA_NORESOURCES'],
  ddi_dma_mem_alloc: ['DDI_FAILURE'],
  ddi_dma_addr_bind_handle: bindCodes,
  ddi_dma_buf_bind_handle: bindCodes,
  ddi_dma_numwin: ['DDI_FAILURE'],
  ddi_dma_getwin: ['DDI_FAILURE'],
  ddi_umem_lock: ['EFAULT', 'EACCES', 'ENOMEM', 'EINVAL'],
  umem_lockmemory: ['EFAULT', 'EACCES', 'ENOMEM', 'EINVAL'],
  ddi_dma_unbind_handle: ['DDI_FAILURE'],
  ddi_dma_sync: ['DDI_FAILURE'],
  ddi_regs_map_setup: ['DDI_FAILURE', 'DDI_ME_RNUMBER_RANGE', 'DDI_REGS_ACC_CONFLICT'],
  ddi_map_regs: ['DDI_FAILURE', 'DDI_ME_RNUMBER_RANGE'],
  ddi_dev_regsize: ['DDI_FAILURE'],
  ddi_device_zero: ['DDI_FAILURE'],
  ddi_device_copy: ['DDI_FAILURE'],
  ddi_peek32: ['DDI_FAILURE'],
  ddi_poke32: ['DDI_FAILURE'],
  ddi_add_intr: ['DDI_FAILURE', 'DDI_INTR_NOTFOUND'],
};

interface ResultLike {
  isErr(): boolean;
  readonly error?: { readonly name: string };
}

function isResult(value: unknown): value is ResultLike {
  return typeof value === 'object' && value !== null && 'isErr' in value;
}

/** Gives back what a call allocated that was reported and yet succeeded: an unknown flag, say. */
function undo(sut: Sut, stage: Stage, value: unknown): void {
  const made = isResult(value) && !value.isErr() && 'value' in value ? value.value : undefined;
  if (typeof made !== 'object' || made === null) return;
  if ('kaddr' in made && 'handle' in made) sut.ddi.ddi_dma_mem_free(made.handle as never);
  else if ('ccount' in made) discard(sut.ddi.ddi_dma_unbind_handle(stage.handle));
  else if ('addr' in made && 'handle' in made) sut.ddi.ddi_regs_map_free(made.handle as never);
  else if ('handle' in made) sut.ddi.ddi_dma_free_handle(made.handle as never);
}

async function answered(sut: Sut, bad: BadCase): Promise<void> {
  const stage = stageOf(sut);
  const before = sut.live();
  const reported = sut.findings().length;
  expect(reported, 'findings while the stage was set').toBe(0);
  if (bad.trap === true) {
    await expect(sut.attempt(() => bad.call(sut, stage))).rejects.toThrow(TypeError);
    expect(sut.live(), 'what is alive afterwards').toEqual(before);
    return;
  }
  const { value, panic, findings } = await sut.attempt(() => bad.call(sut, stage));
  const code = isResult(value) && value.isErr() ? value.error?.name : undefined;
  const name = bad.title.split(' ')[0] ?? '';
  if (code !== undefined) expect(pageCodes[name], `codes of ${name}`).toContain(code);
  const provided = 'answer' in bad && value === bad.answer && panic === undefined;
  const said = code !== undefined || panic !== undefined || findings.length > 0 || provided;
  const strict = sut.system.kernel === 'contract' && bad.lawful !== true;
  if (strict) expect(said, 'a code, a finding, a panic, or the value the page provides').toBe(true);
  // What a kernel did half before it stopped is not looked at: nothing runs there any more.
  if (panic !== undefined && !strict) return;
  if (panic === undefined) undo(sut, stage, value);
  const alive = sut.live().filter((o) => strict || !o.startsWith('leaked '));
  if (strict) expect(alive.slice(0, before.length), 'what was alive before').toEqual(before);
  const more = alive.length - before.length;
  expect(more, 'what is alive besides').toBeLessThanOrEqual(bad.leaves ?? 0);
}

for (const system of modelSystems) {
  describe(`${system.platform} ${system.kernel}`, () => {
    const laboratory = modelLaboratory(system);
    for (const bad of badCases) {
      it(bad.title, async () => {
        await laboratory.run({}, (sut) => answered(sut, bad));
      });
    }
  });
}

it('no two cases have one title', () => {
  expect(new Set(badCases.map((c) => c.title)).size).toBe(badCases.length);
});
