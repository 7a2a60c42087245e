import { describe, expect, it, test, vi } from 'vitest';
import { ReplayChooser } from '../../src/machine/choose.js';
import * as ddi from '../../src/index.js';
import { boot, copyEngine, type BootOptions } from '../../src/platforms/index.js';
import * as testing from '../../src/testing/vitest.js';
import { describeRun, expectNoFindings, expectQuiescent } from '../../src/testing/vitest.js';
import { anyAttr } from '../support/attr.js';

function machineWith(options: BootOptions = {}) {
  const machine = boot({ devices: [{ at: 'copy@1', model: copyEngine() }], ...options });
  return { machine, dip: machine.devinfo('copy@1') };
}

function handleOn(dip: ddi.dev_info_t): ddi.ddi_dma_handle_t {
  return ddi.must(ddi.ddi_dma_alloc_handle(dip, anyAttr(), ddi.DDI_DMA_DONTWAIT)).handle;
}

/** What a function throws, as text. */
function complaint(fn: () => void): string {
  try {
    fn();
  } catch (error) {
    expect(error).toBeInstanceOf(testing.MachineExpectation);
    return (error as Error).message;
  }
  return expect.unreachable('nothing was thrown');
}

describe('expectNoFindings', () => {
  it('is content with a machine that found nothing', () => {
    const { machine, dip } = machineWith();
    ddi.ddi_dma_free_handle(handleOn(dip));
    expectNoFindings(machine);
  });

  it('names every finding, its clause, the call and the thread', () => {
    const { machine, dip } = machineWith({ seed: 11 });
    const handle = handleOn(dip);
    ddi.ddi_dma_free_handle(handle);
    ddi.ddi_dma_free_handle(handle);
    const text = complaint(() => {
      expectNoFindings(machine);
    });
    expect(text).toMatch(/^expected no findings, found 1:\n {2}DOUBLE_FREE/);
    expect(text).toContain('(ddi_dma_free_handle.9f/');
    expect(text).toContain('in ddi_dma_free_handle: ');
    expect(text).toContain('[boot, 0 ns]');
    expect(text).toContain('platform i86pc, rule book contract, seed 11');
  });

  it('lets pass what the test tolerates, and nothing else', () => {
    const { machine, dip } = machineWith();
    const handle = handleOn(dip);
    ddi.ddi_dma_free_handle(handle);
    ddi.ddi_dma_free_handle(handle);
    expectNoFindings(machine, { rules: ['DOUBLE_FREE'] });
    complaint(() => {
      expectNoFindings(machine, { rules: ['USE_AFTER_FREE'] });
    });
  });
});

describe('expectQuiescent', () => {
  it('names what is alive and whose it is', () => {
    const { machine, dip } = machineWith();
    const handle = handleOn(dip);
    const text = complaint(() => {
      expectQuiescent(machine);
    });
    expect(text).toMatch(/^expected nothing to be left, there is:\n {2}dma handle/);
    expect(text).toContain('of /pci@0/copy@1: unbound');
    ddi.ddi_dma_free_handle(handle);
    expectQuiescent(machine);
  });

  it('names a thread that has not ended, and not the one that asks', async () => {
    const { machine } = machineWith();
    await machine.run(async () => {
      expectQuiescent(machine);
      const { done } = machine.thread('laggard', async () => {
        await machine.kernel.delay(5);
      });
      const text = complaint(() => {
        expectQuiescent(machine);
      });
      expect(text).toContain('thread "laggard" is ready');
      await done;
      expectQuiescent(machine);
    });
  });

  it('names a callback that nobody has answered', () => {
    const { machine, dip } = machineWith({ budgets: { 'dma handles': 0 } });
    const later = (): number => ddi.DDI_DMA_CALLBACK_DONE;
    expect(ddi.ddi_dma_alloc_handle(dip, anyAttr(), later, null).isErr()).toBe(true);
    expect(
      complaint(() => {
        expectQuiescent(machine);
      }),
    ).toContain('dma handles: 1 waiting');
  });
});

describe('the description of a run', () => {
  it('gives what to boot', () => {
    const quirks = { 'toobig-loses-copybuf': false } as const;
    const { machine } = machineWith({ kernel: 'production', quirks, seed: 3 });
    const lines = describeRun(machine).split('\n');
    expect(lines[0]).toBe('platform i86pc, rule book production, seed 3');
    expect(lines[1]).toBe('quirks toobig-loses-copybuf: false');
    expect(lines.at(-1)).toBe('choices: none');
  });

  it('shows quirks that were added', () => {
    const { machine } = machineWith({ quirks: { 'cookie-type-marks-bounce': true } });
    expect(describeRun(machine)).toContain('quirks cookie-type-marks-bounce: true');
  });

  it('shows the choices, the latest of many', () => {
    const { machine } = machineWith({ seed: 5 });
    const first = machine.choose('colour', 3);
    expect(describeRun(machine)).toContain(`choices: 1:\n  colour ${first} of 3`);
    for (let i = 0; i < 99; i++) machine.choose('number', 10);
    const text = describeRun(machine);
    expect(text).toContain('choices: 100, the last 60:');
    expect(text).not.toContain('colour');
  });

  it('says when there is no seed and no log', () => {
    const { machine } = machineWith({ chooser: new ReplayChooser([]) });
    expect(describeRun(machine)).toContain('choices not from a seed');
    expect(describeRun(machine)).toContain('the chooser keeps no log');
  });

  it('is the same for the same run', () => {
    const run = (): string => {
      const { machine, dip } = machineWith({ seed: 9 });
      const handle = handleOn(dip);
      const acc = { devacc_attr_version: 1, devacc_attr_endian_flags: 0, devacc_attr_dataorder: 0 };
      ddi.must(ddi.ddi_dma_mem_alloc(handle, 9000, acc, 0x10, ddi.DDI_DMA_DONTWAIT));
      return describeRun(machine);
    };
    expect(run()).toBe(run());
  });
});

test('a failing test prints its run', async () => {
  const hooks: (() => void)[] = [];
  vi.doMock('vitest', () => ({
    onTestFailed: (hook: () => void) => {
      hooks.push(hook);
    },
  }));
  vi.resetModules();
  const { describeOnFailure } = await import('../../src/testing/vitest.js');
  const { machine } = machineWith({ seed: 21 });
  expect(describeOnFailure(machine)).toBe(machine);
  const print = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  for (const hook of hooks) hook();
  expect(print).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('seed 21'));
  print.mockRestore();
  vi.doUnmock('vitest');
});
